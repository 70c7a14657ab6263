import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { PolicyBody } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { DeviceState } from '../domain/index.ts'

/** What is kept of a device: its state and its keys. */
export interface KeptDevice {
  readonly state: DeviceState
  readonly key?: Uint8Array
  readonly nextKey?: Uint8Array
}

const VERSION = 1

/** First line of the file. */
const Head = z.object({
  version: z.number(),
  agentId: z.string(),
  devices: z.number().int().nonnegative(),
  bodies: z.number().int().nonnegative(),
})

/** A device's line: bodies are kept once and referred to by their digest. */
interface Line {
  readonly state: DeviceState
  readonly key?: string
  readonly nextKey?: string
}

/** The file of an agent's fleet. It holds private keys and is for its owner only. */
export const snapshotPath = (dir: string, agentId: string): string => join(dir, `fleet-${agentId}.ndjson`)

/** Write the fleet, whole or not at all. */
export function saveFleet(path: string, agentId: string, devices: Iterable<KeptDevice>): void {
  const kept = [...devices]
  const bodies = new Map<string, PolicyBody>()
  for (const { state } of kept) for (const { reference, body } of state.policies) bodies.set(reference.sha256, body)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.${process.pid}.draft`
  const file = openSync(draft, 'w', 0o600)
  const write = (value: unknown): void => {
    writeSync(file, `${JSON.stringify(value)}\n`)
  }
  write({ version: VERSION, agentId, devices: kept.length, bodies: bodies.size })
  for (const [sha256, body] of bodies) write({ sha256, body })
  for (const { state, key, nextKey } of kept) {
    const policies = state.policies.map(({ body: _, ...policy }) => policy)
    write({
      state: { ...state, policies },
      ...(key ? { key: base64(key) } : {}),
      ...(nextKey ? { nextKey: base64(nextKey) } : {}),
    })
  }
  fsyncSync(file)
  closeSync(file)
  renameSync(draft, path)
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

/**
 * Read a fleet back; `undefined` when there is none.
 * @throws CodedError `fleet/snapshot-damaged`, `fleet/snapshot-newer`
 */
export function loadFleet(path: string, agentId: string): readonly KeptDevice[] | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
  const damaged = (why: string): CodedError =>
    new CodedError('fleet/snapshot-damaged', `${path}: ${why}. Remove it to start with new devices`)
  const lines = text.split('\n').filter((line) => line !== '')
  const read = (line: string | undefined): unknown => {
    try {
      return JSON.parse(line ?? '')
    } catch {
      throw damaged('a line is not JSON')
    }
  }
  const head = Head.safeParse(read(lines[0]))
  if (!head.success) throw damaged('the first line is not that of a fleet')
  if (head.data.version > VERSION)
    throw new CodedError(
      'fleet/snapshot-newer',
      `${path} was written by a newer Muster: use that one, or another --data directory`,
    )
  if (head.data.agentId !== agentId) throw damaged(`it is the fleet of ${head.data.agentId}`)
  if (lines.length !== 1 + head.data.bodies + head.data.devices) throw damaged('it is incomplete')
  const bodies = new Map<string, PolicyBody>()
  for (const line of lines.slice(1, 1 + head.data.bodies)) {
    const entry = z.object({ sha256: z.string(), body: PolicyBody }).safeParse(read(line))
    if (!entry.success) throw damaged('a policy body cannot be read')
    bodies.set(entry.data.sha256, entry.data.body)
  }
  return lines.slice(1 + head.data.bodies).map((line) => deviceOf(read(line), bodies, damaged))
}

/** Enough of a state's shape to tell that the line is one; the file is the agent's own. */
const LineShape = z.object({
  state: z.looseObject({
    key: z.string(),
    platform: z.string(),
    phase: z.string(),
    policies: z.array(z.looseObject({ reference: z.looseObject({ sha256: z.string() }) })),
  }),
  key: z.string().optional(),
  nextKey: z.string().optional(),
})

function deviceOf(
  value: unknown,
  bodies: ReadonlyMap<string, PolicyBody>,
  damaged: (why: string) => CodedError,
): KeptDevice {
  if (!LineShape.safeParse(value).success) throw damaged('a device cannot be read')
  const { state, key, nextKey } = value as Line
  const policies = state.policies.map((policy) => {
    const body = bodies.get(policy.reference.sha256)
    if (!body) throw damaged(`the policy body ${policy.reference.sha256} is missing`)
    return { ...policy, body }
  })
  // A check-in that was under way will get no answer any more.
  const { conversation, ...rest } = state
  const agenda = conversation
    ? [...state.agenda, { what: 'check-in', atMs: 0, cause: 'reconnect' } as const]
    : state.agenda
  return {
    state: { ...rest, policies, agenda },
    ...(key === undefined ? {} : { key: Uint8Array.from(Buffer.from(key, 'base64')) }),
    ...(nextKey === undefined ? {} : { nextKey: Uint8Array.from(Buffer.from(nextKey, 'base64')) }),
  }
}

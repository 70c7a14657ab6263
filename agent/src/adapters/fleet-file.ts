import { randomUUID } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { PolicyBody } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import { BodyLine, deviceOf, type KeptDevice, lineOf } from './device-line.ts'

/**
 * An agent's fleet on disk: a snapshot of all devices, and a journal of what has become of single devices since. What a
 * device tells the service is in the journal before, so that an agent that is killed comes back with the same identities,
 * keys and report numbers. Both files hold private keys and are for their owner only.
 */
export interface FleetFile {
  /** The devices as they were found. */
  readonly devices: readonly KeptDevice[]
  /** Secrets of enrolment tokens, by `platform/mode`. */
  readonly tokens: Readonly<Record<string, string>>
  keepTokens(tokens: Readonly<Record<string, string>>): void
  /** Write down what has become of a device. Survives the death of the process, not that of the machine. */
  keep(device: KeptDevice): void
  /** Write all devices, whole or not at all, and begin a new journal. */
  save(devices: Iterable<KeptDevice>): void
  close(): void
}

const VERSION = 2

const Tokens = z.record(z.string(), z.string())

/** First line of the snapshot. */
const Head = z.object({
  version: z.number(),
  agentId: z.string(),
  /** Names the journal that belongs to this snapshot; version 1 had none. */
  generation: z.string().optional(),
  devices: z.number().int().nonnegative(),
  bodies: z.number().int().nonnegative(),
  tokens: Tokens.default({}),
})
const TokensLine = z.object({ tokens: Tokens })

const JournalHead = z.object({ generation: z.string() })

export const fleetPath = (dir: string, agentId: string): string => join(dir, `fleet-${agentId}.ndjson`)
const journalPath = (path: string): string => `${path}.journal`

/**
 * Open the fleet kept at `path`, which the caller holds the lock of; an empty one when there is none.
 * @throws CodedError `fleet/snapshot-damaged`, `fleet/snapshot-newer`, `store/disk-full`
 */
export function openFleetFile(path: string, agentId: string): FleetFile {
  const found = read(path, agentId)
  const devices = [...found.devices.values()]
  const { tokens } = found
  /** Digests of the bodies that the files hold by now. */
  let known = new Set<string>()
  let journal: number | undefined
  const save = (all: Iterable<KeptDevice>): void => {
    const generation = randomUUID()
    known = writeSnapshot(path, { agentId, generation, tokens }, [...all])
    if (journal !== undefined) closeSync(journal)
    // Should the process die in between, the journal of before is seen to be of another snapshot.
    journal = openSync(journalPath(path), 'w', 0o600)
    writeLine(journal, { generation })
  }
  translated(path, () => save(devices))
  const open = (): number => {
    if (journal === undefined) throw new Error(`the fleet at ${path} is closed`)
    return journal
  }
  return {
    devices,
    tokens,
    keepTokens: (given) =>
      translated(path, () => {
        Object.assign(tokens, given)
        writeLine(open(), { tokens: given })
      }),
    keep: (device) =>
      translated(path, () => {
        for (const { reference, body } of device.state.policies) {
          if (known.has(reference.sha256)) continue
          writeLine(open(), { sha256: reference.sha256, body })
          known.add(reference.sha256)
        }
        writeLine(open(), lineOf(device))
      }),
    save: (all) => translated(path, () => save(all)),
    close: () => {
      if (journal !== undefined) closeSync(journal)
      journal = undefined
    },
  }
}

/** Answers the digests of the bodies in it. */
function writeSnapshot(path: string, head: object, kept: readonly KeptDevice[]): Set<string> {
  const bodies = new Map<string, PolicyBody>()
  for (const { state } of kept) for (const { reference, body } of state.policies) bodies.set(reference.sha256, body)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const draft = `${path}.draft`
  const file = openSync(draft, 'w', 0o600)
  try {
    writeLine(file, { version: VERSION, ...head, devices: kept.length, bodies: bodies.size })
    for (const [sha256, body] of bodies) writeLine(file, { sha256, body })
    for (const device of kept) writeLine(file, lineOf(device))
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(draft, path)
  return new Set(bodies.keys())
}

function writeLine(file: number, value: object): void {
  writeSync(file, `${JSON.stringify(value)}\n`)
}

function translated<T>(path: string, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOSPC') throw cause
    throw new CodedError('store/disk-full', `the disk that holds ${path} is full: free some space and start again`, {
      cause,
    })
  }
}

interface Found {
  /** By key. */
  readonly devices: Map<string, KeptDevice>
  readonly tokens: Record<string, string>
}

/** What the snapshot has, each thing as the journal has it last. */
function read(path: string, agentId: string): Found {
  const found: Found = { devices: new Map(), tokens: {} }
  const bodies = new Map<string, PolicyBody>()
  const lines = linesOf(path)
  if (!lines) return found
  const damaged = (why: string): CodedError =>
    new CodedError('fleet/snapshot-damaged', `${path}: ${why}. Remove it to start with new devices`)
  const values = lines.map((line) => parse(line) ?? raise(damaged('a line is not JSON')))
  const head = Head.safeParse(values[0])
  if (!head.success) throw damaged('the first line is not that of a fleet')
  if (head.data.version > VERSION)
    throw new CodedError(
      'fleet/snapshot-newer',
      `${path} was written by a newer Muster: use that one, or another --data directory`,
    )
  if (head.data.agentId !== agentId) throw damaged(`it is the fleet of ${head.data.agentId}`)
  if (values.length !== 1 + head.data.bodies + head.data.devices) throw damaged('it is incomplete')
  Object.assign(found.tokens, head.data.tokens)
  for (const value of [...values.slice(1), ...journalOf(path, head.data.generation)]) {
    const body = BodyLine.safeParse(value)
    const tokens = TokensLine.safeParse(value)
    if (body.success) bodies.set(body.data.sha256, body.data.body)
    else if (tokens.success) Object.assign(found.tokens, tokens.data.tokens)
    else {
      const device = deviceOf(value, bodies, damaged)
      found.devices.set(device.state.key, device)
    }
  }
  return found
}

/** The journal of this generation. The last line may have been cut off: what it was about had not been told to anybody. */
function journalOf(path: string, generation: string | undefined): readonly unknown[] {
  const values = (linesOf(journalPath(path)) ?? []).map(parse)
  const head = JournalHead.safeParse(values[0])
  if (!head.success || head.data.generation !== generation) return []
  return values.slice(1).filter((value, index) => value !== undefined || index + 2 < values.length)
}

function linesOf(path: string): string[] | undefined {
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

function raise(error: Error): never {
  throw error
}

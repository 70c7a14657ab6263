import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { WorkerHello } from '@muster/shared/contracts'
import { z } from 'zod'
import type { DeviceInput } from '../domain/index.ts'
import { BodyLine, type KeptDevice, lineOf, restedDeviceOf } from './device-line.ts'

/** A fleet of which nothing is on its way, as it can be put down and taken up again. */
export interface RestingFleet {
  readonly devices: Iterable<KeptDevice>
  /** Secrets of enrolment tokens, by `platform/mode`. */
  readonly tokens: Readonly<Record<string, string>>
  readonly counters: Readonly<WorkerHello['counters']>
  readonly postponed: readonly Postponed[]
}

/** What will happen to a device by an order that was given before. */
export interface Postponed {
  readonly atMs: number
  readonly key: string
  readonly input: InputWithoutTime
}

/** What to feed a device; the moment is added when it comes. */
export type InputWithoutTime = DeviceInput extends infer I ? (I extends DeviceInput ? Omit<I, 'nowMs'> : never) : never

/** First line: all but the bodies and the devices, which follow, a line each. */
const Head = z.object({
  tokens: z.record(z.string(), z.string()),
  counters: WorkerHello.shape.counters,
  /** Inputs are the agent's own, and as it left them. */
  postponed: z.array(z.object({ atMs: z.number(), key: z.string(), input: z.custom<Postponed['input']>() })),
  devices: z.number().int().nonnegative(),
})

/** Lines that are written at once. */
const CHUNK = 256

/** Write a fleet at rest, with the private keys of its devices: for its owner only. */
export function writeRestingFleet(path: string, { devices, tokens, counters, postponed }: RestingFleet): void {
  const kept = [...devices]
  const known = new Set<string>()
  const lines = [JSON.stringify({ tokens, counters, postponed, devices: kept.length })]
  const file = openSync(path, 'wx', 0o600)
  const flush = (): void => void writeSync(file, `${lines.splice(0).join('\n')}\n`)
  try {
    for (const device of kept) {
      for (const { reference, body } of device.state.policies) {
        if (known.has(reference.sha256)) continue
        known.add(reference.sha256)
        lines.push(JSON.stringify({ sha256: reference.sha256, body }))
      }
      lines.push(JSON.stringify(lineOf(device)))
      if (lines.length >= CHUNK) flush()
    }
    if (lines.length > 0) flush()
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

/** Read it back. `damaged` makes the error for a file that is none. */
export function readRestingFleet(path: string, damaged: (why: string) => Error): RestingFleet {
  const devices: KeptDevice[] = []
  const bodies = new Map<string, z.infer<typeof BodyLine>['body']>()
  let head: z.infer<typeof Head> | undefined
  for (const line of linesOf(path)) {
    const value = parse(line)
    if (!head) {
      const parsed = Head.safeParse(value)
      if (!parsed.success) throw damaged('the first line is not that of a fleet')
      head = parsed.data
      continue
    }
    const body = BodyLine.safeParse(value)
    if (body.success) bodies.set(body.data.sha256, body.data.body)
    else devices.push(restedDeviceOf(value, bodies, damaged))
  }
  if (head?.devices !== devices.length) throw damaged('it is incomplete')
  return { ...head, devices }
}

/** A large fleet is longer than the longest string. */
function* linesOf(path: string): Generator<string> {
  const bytes = readFileSync(path)
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from)
    const to = end < 0 ? bytes.length : end
    if (to > from) yield bytes.toString('utf8', from, to)
    from = to + 1
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

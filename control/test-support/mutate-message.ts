import type { BusMessage, Rng } from '@muster/shared/core'

/**
 * Messages as somebody might send them who has those of others before him: one of `known`, changed in one or several ways,
 * under its own subject or another. The same chance gives the same message.
 */
export function mutateMessage(known: readonly BusMessage[], rng: Rng): BusMessage {
  const { subject, payload } = rng.pick(known)
  const other = rng.pick(known)
  const changed = rng.chance(0.7) ? mutateJson(payload, other.payload, rng) : mutateBytes(payload, other.payload, rng)
  return { subject: rng.chance(0.15) ? otherSubject(subject, other.subject, rng) : subject, payload: changed }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function otherSubject(subject: string, other: string, rng: Rng): string {
  const tokens = subject.split('.')
  const at = rng.int(0, tokens.length - 1)
  return rng.pick([
    other,
    tokens.with(at, rng.pick(['agent-2', 'fabrikam', 'constructor', '', 'x'.repeat(300), 'ü'])).join('.'),
  ])
}

function mutateBytes(payload: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  const bytes = Uint8Array.from(payload)
  const [at, until] = [rng.int(0, bytes.length), rng.int(0, bytes.length)].toSorted((a, b) => a - b) as [number, number]
  switch (rng.int(0, 6)) {
    case 0:
      if (bytes.length > 0) bytes[Math.min(at, bytes.length - 1)] = rng.int(0, 255)
      return bytes
    case 1:
      return joined(bytes.subarray(0, at), bytes.subarray(until))
    case 2:
      return bytes.subarray(0, at)
    case 3:
      return joined(bytes.subarray(0, until), bytes.subarray(at))
    case 4:
      return joined(bytes.subarray(0, at), other.subarray(Math.min(at, other.length)))
    case 5:
      return joined(
        bytes.subarray(0, at),
        Uint8Array.from({ length: rng.int(1, 40) }, () => rng.int(0, 255)),
      )
    default:
      return rng.pick([
        new Uint8Array(),
        joined(bytes, bytes),
        encoder.encode('['.repeat(5_000)),
        new Uint8Array(270_000),
      ])
  }
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}

type Json = unknown
type Container = Record<string, Json>

function mutateJson(payload: Uint8Array, other: Uint8Array, rng: Rng): Uint8Array {
  const value = JSON.parse(decoder.decode(payload)) as Json
  const others = JSON.parse(decoder.decode(other)) as Json
  for (let times = rng.pick([1, 1, 1, 2, 3]); times > 0; times--) mutateWithin(value, others, rng)
  return encoder.encode(JSON.stringify(value))
}

/** Change one place of a value, also within what is JSON in a text. */
function mutateWithin(value: Json, others: Json, rng: Rng): void {
  const places = placesIn(value)
  if (places.length === 0) return
  const { parent, key } = rng.pick(places)
  const found = parent[key]
  const inner = typeof found === 'string' && found.startsWith('{') ? parsed(found) : undefined
  if (inner !== undefined && rng.chance(0.8)) {
    const innerOthers = placesIn(others).map((place) => place.parent[place.key])
    const text = rng.pick(innerOthers.length > 0 ? innerOthers : [found])
    mutateWithin(inner, (typeof text === 'string' ? parsed(text) : undefined) ?? inner, rng)
    parent[key] = JSON.stringify(inner)
    return
  }
  switch (rng.int(0, 5)) {
    case 0:
      if (Array.isArray(parent)) parent.splice(Number(key), 1)
      else delete parent[key]
      return
    case 1:
      if (Array.isArray(parent)) parent.push(strangeValue(rng))
      else parent[rng.pick(['constructor', 'toString', 'v', 'agentId', 'outcome', 'acknowledged'])] = strangeValue(rng)
      return
    case 2:
      parent[key] = strangeValue(rng)
      return
    case 3:
      parent[key] = nearValue(found, rng)
      return
    case 4:
      if (Array.isArray(parent))
        parent.push(...Array.from({ length: rng.pick([1, 2, 30]) }, () => structuredClone(found)))
      else parent[key] = structuredClone(rng.pick([found, ...placesIn(others).map((place) => place.parent[place.key])]))
      return
    default: {
      // The same field of another message: its signature, its device, its session.
      const same = placesIn(others).filter((place) => place.key === key)
      parent[key] = same.length > 0 ? structuredClone(rng.pick(same)).parent[key] : strangeValue(rng)
    }
  }
}

const parsed = (text: string): Json => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

interface Place {
  readonly parent: Container
  readonly key: string
}

function placesIn(value: Json): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const parent = value as Container
  return Object.keys(parent).flatMap((key) => [{ parent, key }, ...placesIn(parent[key])])
}

const strangeValue = (rng: Rng): Json =>
  rng.pick<() => Json>([
    () => null,
    () => true,
    () => -1,
    () => 0,
    () => 1.5,
    () => Number.MAX_SAFE_INTEGER,
    () => 1e308,
    () => '',
    () => '__proto__',
    () => '../../etc/passwd',
    () => "' OR 1=1 --",
    () => '\u0000\ud800\u202e',
    () => 'x'.repeat(rng.pick([100, 5_000, 70_000])),
    () => [],
    () => ({}),
    () => ({ constructor: { name: {} } }),
    () => nested(rng.pick([3, 63, 64, 65, 500])),
    () => rng.hex(64),
  ])()

const nested = (depth: number): Json => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)

/** Of the same shape, and not the same. */
function nearValue(value: Json, rng: Rng): Json {
  if (typeof value === 'number') return value + rng.pick([-1, 1, 2, 1_000, 86_400_000])
  if (typeof value === 'boolean') return !value
  if (typeof value !== 'string' || value.length === 0) return strangeValue(rng)
  const at = rng.int(0, value.length - 1)
  const sign = rng.pick([...'0123456789abcdefABCDEF+/=-_. '])
  return rng.pick([
    `${value.slice(0, at)}${sign}${value.slice(at + 1)}`,
    value.slice(0, at),
    `${value}${sign}`,
    value.toUpperCase(),
  ])
}

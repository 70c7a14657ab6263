import type { z } from 'zod'
import type { ErrorCode } from './errors.ts'
import { isDeeperThan, JSON_DEPTH_MAX } from './json-depth.ts'
import { isUnchanged } from './unchanged.ts'

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true })

/** Largest message that a door reads: what an agent's NATS permissions allow it to send. */
export const MESSAGE_BYTES_MAX = 262_144

/** A value as UTF-8 JSON. */
export const encode = (value: unknown): Uint8Array => encoder.encode(JSON.stringify(value))

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false
      readonly refusal: { readonly code: ErrorCode; readonly message: string; readonly at?: string }
    }

/**
 * Bytes to a checked value. Refusals: `message/too-large`, `message/too-deep`, `message/not-json`, `message/invalid` with
 * the JSON path of the first offence in `at`.
 */
export function decode<S extends z.ZodType>(schema: S, payload: Uint8Array): Decoded<z.infer<S>> {
  if (payload.length > MESSAGE_BYTES_MAX) {
    return {
      ok: false,
      refusal: { code: 'message/too-large', message: `${payload.length} bytes, at most ${MESSAGE_BYTES_MAX}` },
    }
  }
  let text: string
  try {
    text = decoder.decode(payload)
  } catch {
    return notJson
  }
  return decodeText(schema, text)
}

const notJson = {
  ok: false,
  refusal: { code: 'message/not-json', message: 'the payload is not JSON in UTF-8' },
} as const

const tooDeep = {
  ok: false,
  refusal: {
    code: 'message/too-deep',
    message: `lists and objects are in each other more than ${JSON_DEPTH_MAX} times`,
  },
} as const

/** A text to a checked value. Refusals: `message/too-deep`, `message/not-json`, `message/invalid`. */
export function decodeText<S extends z.ZodType>(schema: S, text: string): Decoded<z.infer<S>> {
  if (isDeeperThan(text, JSON_DEPTH_MAX)) return tooDeep
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    return notJson
  }
  if (isUnchanged(schema, raw)) return { ok: true, value: raw as z.infer<S> }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return { ok: true, value: parsed.data }
  const issue = parsed.error.issues[0]
  const at = issue?.path.map(String).join('.') ?? ''
  return {
    ok: false,
    refusal: { code: 'message/invalid', message: issue?.message ?? 'the message has another shape', at },
  }
}

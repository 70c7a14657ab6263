import { decode, encode } from '@muster/shared/contracts'
import { type Bus, CodedError } from '@muster/shared/core'
import type { z } from 'zod'

const REQUEST_TIMEOUT_MS = 10_000

/**
 * Ask the service and read its answer.
 * @throws CodedError what `Bus.request` throws, and `message/…` for an answer that cannot be read
 */
export async function ask<S extends z.ZodType>(
  bus: Pick<Bus, 'request'>,
  subject: string,
  message: unknown,
  schema: S,
): Promise<z.infer<S>> {
  const decoded = decode(schema, await bus.request(subject, encode(message), { timeoutMs: REQUEST_TIMEOUT_MS }))
  if (decoded.ok) return decoded.value
  throw new CodedError(decoded.refusal.code, `${subject}: ${decoded.refusal.message}`)
}

import { type ErrorCode, encode, subjects } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'

/** Bytes of a refused payload that are kept. */
const KEPT_BYTES_MAX = 65_536

export interface DeadLetter {
  readonly subject: string
  readonly payload: Uint8Array
  readonly code: ErrorCode | string
  readonly reason: string
  readonly at?: string
}

/** Put what cannot be read on the dead-letter stream with its reason, so that it is neither lost nor tried for ever. */
export async function sendDeadLetter(bus: Pick<Bus, 'append'>, letter: DeadLetter, msgId: string): Promise<void> {
  const { subject, payload, code, reason, at } = letter
  const kept = Buffer.from(payload.subarray(0, KEPT_BYTES_MAX)).toString('base64')
  const body = {
    v: 1,
    subject,
    code,
    reason,
    ...(at === undefined ? {} : { at }),
    bytes: payload.length,
    payload: kept,
  }
  await bus.append(subjects.deadLetter(code.replaceAll('/', '-')), encode(body), { msgId })
}

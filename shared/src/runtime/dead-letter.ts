import { createHash } from 'node:crypto'
import {
  carriesSecrets,
  type DeadLetterMessage,
  type ErrorCode,
  encode,
  MESSAGE_BYTES_MAX,
  subjects,
} from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'

/** Bytes of a refused payload that are kept: all of what a door reads, so that it can be replayed. */
const KEPT_BYTES_MAX = MESSAGE_BYTES_MAX

export interface DeadLetter {
  readonly subject: string
  readonly payload: Uint8Array
  readonly code: ErrorCode | string
  readonly reason: string
  readonly at?: string
}

/**
 * Put what cannot be read on the dead-letter stream with its reason, so that it is neither lost nor tried for ever. Of what
 * carries secrets of enrolment only its length and digest are kept: whoever sent it sends it again.
 */
export async function sendDeadLetter(bus: Pick<Bus, 'append'>, letter: DeadLetter, msgId: string): Promise<void> {
  const { subject, payload, code, reason, at } = letter
  const kept = carriesSecrets(subject)
    ? { payload: '', sha256: createHash('sha256').update(payload).digest('hex') }
    : { payload: Buffer.from(payload.subarray(0, KEPT_BYTES_MAX)).toString('base64') }
  const body: DeadLetterMessage = {
    v: 1,
    subject,
    code,
    reason,
    ...(at === undefined ? {} : { at }),
    bytes: payload.length,
    ...kept,
  }
  await bus.append(subjects.deadLetter(code.replaceAll('/', '-')), encode(body), { msgId })
}

import { z } from 'zod'
import { EpochMs } from './ids.ts'

/** A message that was refused, as it travels to the stream of dead letters. */
export const DeadLetterMessage = z.object({
  v: z.literal(1),
  /** Where it came from. */
  subject: z.string().min(1).max(200),
  /** Of the error catalogue. */
  code: z.string().max(60),
  reason: z.string(),
  /** The place of the offence. */
  at: z.string().optional(),
  /** Length of the payload; what is kept of it may be shorter. */
  bytes: z.number().int().nonnegative(),
  /** Base64. Nothing of what may carry secrets. */
  payload: z.string(),
  /** Of a payload that is not kept: tells one message from another. */
  sha256: z.string().max(64).optional(),
})
export type DeadLetterMessage = z.infer<typeof DeadLetterMessage>

/** A dead letter as the service keeps it. The same message refused for the same reason is one letter. */
export const DeadLetterView = DeadLetterMessage.omit({ v: true, payload: true, sha256: true }).extend({
  id: z.string().regex(/^[0-9a-f]{16}$/),
  firstAtMs: EpochMs,
  lastAtMs: EpochMs,
  /** How often it has come. */
  times: z.number().int().positive(),
  /** When it was given to its door again for the last time, and what came of that: `taken`, or a code. */
  replayedAtMs: EpochMs.optional(),
  replayed: z.string().optional(),
})
export type DeadLetterView = z.infer<typeof DeadLetterView>

/** With the message itself, as text where it is UTF-8. */
export const DeadLetter = DeadLetterView.extend({ payload: z.string(), text: z.string().optional() })
export type DeadLetter = z.infer<typeof DeadLetter>

export const DeadLetterPage = z.object({ letters: z.array(DeadLetterView), next: z.string().optional() })
export type DeadLetterPage = z.infer<typeof DeadLetterPage>

/** What came of a replay: the door took it, or refused it again. */
export const ReplayReply = z.object({ id: z.string(), outcome: z.string() })
export type ReplayReply = z.infer<typeof ReplayReply>

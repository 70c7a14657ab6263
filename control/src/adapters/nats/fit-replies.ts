import { type CheckInBatchReply, type CheckInReply, MESSAGE_BYTES_MAX } from '@muster/shared/contracts'

/** What answers come to at most, characters; they are measured only where that could be too much. */
const CHARS = { reply: 400, policy: 260, command: 2_000, policyId: 40 } as const
/** Room for what is around the answers. */
const FRAME_BYTES = 1_024
const AGAIN_MS = 1_000

/**
 * As many answers, from the first on, as one message carries. Whoever is behind them is told to ask again: what was decided
 * stands, as it does when an answer is lost.
 */
export function fitReplies(batch: CheckInBatchReply): CheckInBatchReply {
  const most = batch.replies.reduce((sum, reply) => sum + charsAtMost(reply), 0)
  if (most <= MESSAGE_BYTES_MAX - FRAME_BYTES) return batch
  let left = MESSAGE_BYTES_MAX - FRAME_BYTES
  const replies = batch.replies.map((reply) => {
    const later: CheckInReply = {
      outcome: 'refused',
      deviceId: reply.deviceId,
      code: 'checkin/answer-later',
      ackedSeq: reply.ackedSeq,
      retryAfterMs: AGAIN_MS,
    }
    const bytes = Buffer.byteLength(JSON.stringify(reply)) + 1
    // Those that come after must have room for being told.
    const fits = bytes <= left - batch.replies.length * CHARS.reply
    left -= fits ? bytes : CHARS.reply
    return fits ? reply : later
  })
  return { ...batch, replies }
}

function charsAtMost(reply: CheckInReply): number {
  if (reply.outcome === 'refused') return CHARS.reply
  const { policySet, commands, reportPolicyIds = [] } = reply
  return (
    CHARS.reply +
    CHARS.policy * (policySet?.policies.length ?? 0) +
    CHARS.command * commands.length +
    CHARS.policyId * reportPolicyIds.length
  )
}

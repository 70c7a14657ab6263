import type { CheckInCause, CheckInReply, PolicyBody } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { crash } from './active-faults.ts'
import { appoint, appointNoLater, hasAppointment } from './agenda.ts'
import { appointPeriodic, backoffAt } from './cadence.ts'
import { perform } from './commands.ts'
import { enrolAnew } from './enrolment.ts'
import { evaluateCompliance, holdSet, markAll } from './policies.ts'
import { reportNews, settleOutbox } from './reports.ts'
import type { Conversation, DeviceState } from './state.ts'
import { deviceNowMs, ownCorrelation, type Turn } from './turn.ts'

/** Begin a check-in, or remember to when one is under way. Offline devices do so when they are back. */
export function startCheckIn(state: DeviceState, turn: Turn, cause: CheckInCause, correlationId?: string): DeviceState {
  const { deviceId, certificate } = state
  if (
    !state.online ||
    deviceId === undefined ||
    !certificate ||
    (state.phase !== 'enrolled' && state.phase !== 'leaving')
  )
    return state
  if (state.conversation) {
    const again = { cause, ...(correlationId === undefined ? {} : { correlationId }) }
    return { ...state, conversation: { ...state.conversation, again } }
  }
  const claimedId = state.faults?.claimedId
  const conversation: Conversation = {
    cause,
    correlationId: correlationId ?? ownCorrelation(state),
    seqAtStart: state.lastSeq,
    ...(claimedId === undefined ? {} : { claimedId }),
  }
  const sequence = state.sequence + 1
  turn.effects.push({
    type: 'check-in',
    checkIn: {
      deviceId: claimedId ?? deviceId,
      cause,
      sentAtMs: deviceNowMs(state, turn),
      correlationId: conversation.correlationId,
      certificateSerial: certificate.serialNumber,
      lastSeq: state.lastSeq,
      sequence,
      ...(state.policySetDigest === undefined ? {} : { policySetDigest: state.policySetDigest }),
    },
  })
  return { ...state, sequence, conversation, agenda: state.agenda.filter(({ what }) => what !== 'check-in') }
}

export function onCheckInAnswer(state: DeviceState, turn: Turn, answer: CheckInReply): DeviceState {
  const { conversation } = state
  if (!conversation || answer.deviceId !== (conversation.claimedId ?? state.deviceId)) return state
  if (conversation.claimedId !== undefined) return onAnswerToAnother(state, turn)
  if (answer.outcome === 'refused' && (answer.code.startsWith('envelope/') || answer.code === ANSWER_LATER))
    return onNotHeard(state, turn, answer)
  const settled = settleOutbox({ ...state, failures: 0 }, turn, answer.ackedSeq, conversation.seqAtStart)
  if (answer.outcome === 'refused') return onRefusal(settled, turn, answer.code, answer.retryAfterMs)
  if (state.phase === 'leaving') return confirmLeaving(settled, turn)
  if (answer.gated) return finish(settled, turn, answer.nextCheckInMs)
  const asked = markAll(settled, answer.reportPolicyIds ?? [])
  const told = perform(asked, turn, answer.commands)
  if (told.phase !== 'enrolled') return endConversation(reportNews(told, turn, answer.commands.at(-1)?.correlationId))
  if (!answer.policySet) return conclude(told, turn, answer.nextCheckInMs)
  const wanting = { ...told, conversation: { ...conversation, ...told.conversation, wanted: answer.policySet } }
  const { applyDuration } = state.temperament
  if (!applyDuration) return fetchWanted(wanting, turn)
  const lastsMs = turn.chance.fork('apply').lognormal(applyDuration.p50Ms, applyDuration.p99Ms)
  return appoint(wanting, { what: 'apply', atMs: turn.nowMs + Math.ceil(lastsMs) })
}

/** Get hold of the bodies of the wanted set, which are carried out when they are there. */
export function fetchWanted(state: DeviceState, turn: Turn): DeviceState {
  const wanted = state.conversation?.wanted
  if (!wanted) return state
  if (!state.online) return onCheckInFailed(state, turn)
  turn.effects.push({ type: 'fetch-bodies', sha256s: wanted.policies.map(({ sha256 }) => sha256) })
  return state
}

export function onBodies(state: DeviceState, turn: Turn, bodies: ReadonlyMap<string, PolicyBody>): DeviceState {
  const wanted = state.conversation?.wanted
  if (!wanted) return state
  const { state: held, died } = holdSet(state, turn, wanted, bodies)
  return died ? crash(held, turn) : conclude(held, turn)
}

/** The set is held: answer the compliance policies, report, and look to the next time. */
function conclude(state: DeviceState, turn: Turn, nextCheckInMs?: number): DeviceState {
  const evaluated = evaluateCompliance(state, turn)
  return finish(reportNews(evaluated, turn, state.conversation?.correlationId), turn, nextCheckInMs)
}

function finish(state: DeviceState, turn: Turn, nextCheckInMs?: number): DeviceState {
  const again = state.conversation?.again
  const ended = endConversation(state)
  if (again) return startCheckIn(ended, turn, again.cause, again.correlationId)
  // A command may have asked for an early one.
  return hasAppointment(ended, 'check-in') ? ended : appointPeriodic(ended, turn, nextCheckInMs)
}

/** What the service says to the device as which this one spoke is none of its business; it tries again later. */
function onAnswerToAnother(state: DeviceState, turn: Turn): DeviceState {
  const again = state.conversation?.again
  const ended = endConversation({ ...state, failures: 0 })
  if (again) return startCheckIn(ended, turn, again.cause, again.correlationId)
  return appoint(ended, { what: 'check-in', atMs: turn.nowMs + 8 * HOUR_MS, cause: 'periodic' })
}

export const endConversation = (state: DeviceState): DeviceState => ({ ...state, conversation: undefined })

function onRefusal(state: DeviceState, turn: Turn, code: string, retryAfterMs: number | undefined): DeviceState {
  const ended = endConversation(state)
  if (code === 'checkin/certificate-expired' && retryAfterMs !== undefined && state.phase === 'enrolled') {
    return enrolAnew(ended, turn, retryAfterMs)
  }
  if (retryAfterMs !== undefined)
    return appoint(ended, { what: 'check-in', atMs: turn.nowMs + retryAfterMs, cause: 'periodic' })
  // Another agent speaks for it, perhaps not for ever; all other refusals are final.
  if (code === 'checkin/other-agent')
    return appoint(ended, { what: 'check-in', atMs: turn.nowMs + 8 * HOUR_MS, cause: 'periodic' })
  return left(ended, turn)
}

/** Its answer did not fit into the message that had those of others. */
const ANSWER_LATER = 'checkin/answer-later'

/** The service did not take it for this device's word, or has not answered it: it says so again, in a way that counts. */
function onNotHeard(
  state: DeviceState,
  turn: Turn,
  { sequence = 0, retryAfterMs = HOUR_MS }: Extract<CheckInReply, { outcome: 'refused' }>,
): DeviceState {
  const { cause = 'reconnect' } = state.conversation?.again ?? state.conversation ?? {}
  // A fleet that was set back to an earlier state has used these numbers before.
  const told = { ...endConversation(state), sequence: Math.max(state.sequence, sequence) }
  return appoint(told, {
    what: 'check-in',
    atMs: turn.nowMs + retryAfterMs,
    // It has not been heard: the maintenance gate must not turn it away.
    cause: cause === 'periodic' ? 'reconnect' : cause,
  })
}

function confirmLeaving(state: DeviceState, turn: Turn): DeviceState {
  const ended = endConversation(state)
  if (state.outbox.length === 0) return left(ended, turn)
  return appoint(ended, { what: 'check-in', atMs: turn.nowMs + MINUTE_MS, cause: 'confirm' })
}

function left(state: DeviceState, turn: Turn): DeviceState {
  turn.effects.push({ type: 'forget-key' })
  return { ...state, phase: 'left', policies: [], settings: {}, agenda: [], outbox: [], answered: [] }
}

/** No answer came, or a body could not be had: the same again after a while. */
export function onCheckInFailed(state: DeviceState, turn: Turn): DeviceState {
  if (!state.conversation) return state
  const { cause, correlationId } = state.conversation.again ?? state.conversation
  const failed = endConversation({ ...state, failures: state.failures + 1 })
  return appointNoLater(failed, {
    what: 'check-in',
    atMs: backoffAt(state.failures, turn),
    // A retry of a periodic check-in must not be turned away by the maintenance gate.
    cause: cause === 'periodic' ? 'reconnect' : cause,
    ...(correlationId === undefined ? {} : { correlationId }),
  })
}

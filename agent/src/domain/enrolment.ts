import type { EnrolmentReply, RenewalReply } from '@muster/shared/contracts'
import { type EpochMs, HOUR_MS } from '@muster/shared/core'
import { appoint } from './agenda.ts'
import { backoffAt } from './cadence.ts'
import { startCheckIn } from './check-in.ts'
import { appointDrift, appointUpdate } from './drift.ts'
import { beginHours } from './hours.ts'
import { presenceOnly } from './presence.ts'
import type { DeviceState } from './state.ts'
import { noMarks } from './state.ts'
import { guidFrom, ownCorrelation, type Turn } from './turn.ts'

/** Ask to be managed; the interpreter makes the key and the CSR. */
export function startEnrolment(state: DeviceState, turn: Turn): DeviceState {
  const begun = { ...state, enrolBeganAtMs: state.enrolBeganAtMs ?? turn.nowMs }
  if (!state.online) return appoint(begun, { what: 'enrol', atMs: backoffAt(state.failures, turn) })
  turn.effects.push({ type: 'enrol', requestId: state.enrolmentRequestId, correlationId: ownCorrelation(state) })
  // The service keeps what the first request said, so that is its account until a report gives another.
  const reportedInventory = state.phase === 'new' ? state.inventory : state.reportedInventory
  return { ...begun, phase: 'enrolling', reportedInventory }
}

export function onEnrolmentAnswer(state: DeviceState, turn: Turn, answer: EnrolmentReply): DeviceState {
  if (state.phase !== 'enrolling' || answer.requestId !== state.enrolmentRequestId) return state
  if (answer.outcome === 'refused') return onRefusal(state, turn, answer.retryAfterMs)
  const { certificate: _, ...certificate } = answer.certificate
  const enrolled: DeviceState = {
    ...state,
    phase: 'enrolled',
    deviceId: answer.deviceId,
    enrolledAtMs: turn.nowMs,
    certificate,
    failures: 0,
    marks: noMarks,
    agenda: presenceOnly(state.agenda),
  }
  const expecting = beginHours(appointRenewal(appointUpdate(appointDrift(enrolled, turn), turn), turn), turn)
  return startCheckIn(expecting, turn, 'enrolment')
}

function onRefusal(state: DeviceState, turn: Turn, retryAfterMs: number | undefined): DeviceState {
  if (retryAfterMs === undefined) return { ...state, phase: 'refused', agenda: [] }
  // A new attempt is a new request, so that it gets an answer of its own.
  const fresh = { ...state, enrolmentRequestId: guidFrom(turn.chance.fork('request')) }
  return appoint(fresh, { what: 'enrol', atMs: turn.nowMs + retryAfterMs })
}

/** Enrol anew: the service does not accept the certificate any more but wants the device back. */
export function enrolAnew(state: DeviceState, turn: Turn, afterMs: number): DeviceState {
  const fresh: DeviceState = {
    ...state,
    conversation: undefined,
    enrolBeganAtMs: undefined,
    phase: 'enrolling',
    enrolmentRequestId: guidFrom(turn.chance.fork('request')),
    agenda: presenceOnly(state.agenda),
  }
  return appoint(fresh, { what: 'enrol', atMs: turn.nowMs + afterMs })
}

/** Devices of one day would renew on one day; each takes its own moment in the hour. */
function appointRenewal(state: DeviceState, { nowMs, chance }: Turn): DeviceState {
  if (!state.certificate) return state
  const atMs = Math.max(nowMs, state.certificate.renewAfterMs) + Math.round(chance.fork('renewal').unit() * HOUR_MS)
  return appoint(state, { what: 'renew', atMs })
}

export function startRenewal(state: DeviceState, turn: Turn): DeviceState {
  if (state.phase !== 'enrolled' || !state.certificate) return state
  if (!state.online) return appoint(state, { what: 'renew', atMs: turn.nowMs + HOUR_MS })
  const sequence = state.sequence + 1
  turn.effects.push({
    type: 'renew',
    requestId: guidFrom(turn.chance.fork('renew')),
    correlationId: ownCorrelation(state),
    sequence,
  })
  return { ...state, sequence }
}

export function onRenewalAnswer(state: DeviceState, turn: Turn, answer: RenewalReply): DeviceState {
  if (state.phase !== 'enrolled') return state
  if (answer.outcome === 'refused') {
    return appoint(state, { what: 'renew', atMs: turn.nowMs + (answer.retryAfterMs ?? HOUR_MS) })
  }
  const { certificate: _, ...certificate } = answer.certificate
  const renewed: DeviceState = { ...state, certificate, marks: { ...state.marks, certificate: true } }
  // Showing the new certificate is what lets the service end the old one.
  return startCheckIn(appointRenewal(renewed, turn), turn, 'confirm')
}

export const certificateState = (
  { certificate, agenda }: DeviceState,
  nowMs: EpochMs,
): 'valid' | 'renewing' | 'expired' => {
  if (certificate && nowMs >= certificate.notAfterMs) return 'expired'
  return certificate &&
    nowMs >= certificate.renewAfterMs &&
    !agenda.some(({ what, atMs }) => what === 'renew' && atMs > nowMs)
    ? 'renewing'
    : 'valid'
}

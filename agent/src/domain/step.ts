import { MINUTE_MS } from '@muster/shared/core'
import { appoint, appointNoLater, takeDue } from './agenda.ts'
import { onRegistrationAnswer, startRegistration } from './app-registration.ts'
import { backoffAt } from './cadence.ts'
import { fetchWanted, onBodies, onCheckInAnswer, onCheckInFailed, startCheckIn } from './check-in.ts'
import { drift, driftTo, mend, updateSystem, withPosture } from './drift.ts'
import { onEnrolmentAnswer, onRenewalAnswer, startEnrolment, startRenewal } from './enrolment.ts'
import { flap, onFault } from './faults.ts'
import { keepHours } from './hours.ts'
import type { DeviceInput, Effect } from './messages.ts'
import { inputNotes, outcomeNotes, withNotes } from './notes.ts'
import type { Platform } from './platform.ts'
import { evaluateCompliance, proceed } from './policies.ts'
import { comeBack, goAway } from './presence.ts'
import { reportNews } from './reports.ts'
import type { Appointment, DeviceState } from './state.ts'
import { modeOf, openTurn, type Turn, viewOf } from './turn.ts'

/**
 * What becomes of a device when something happens to it, and what it wants done. Pure: equal state, input and platform give
 * equal answers, since chance is drawn from the device's seed and the number of the step.
 */
export function step(
  state: DeviceState,
  input: DeviceInput,
  platform: Platform,
): { readonly state: DeviceState; readonly effects: readonly Effect[] } {
  // What has left stays silent.
  if (state.phase === 'left') return { state, effects: [] }
  const turn = openTurn(state, input.nowMs, platform)
  const next = react(state, input, turn)
  // Appointments have told of themselves.
  const outcome = input.type === 'due' ? [] : outcomeNotes(state, next, turn, causeOf(input))
  const after = next === state ? state : { ...next, turn: state.turn + 1 }
  return { state: withNotes(after, turn, [...inputNotes(state, next, input), ...outcome]), effects: turn.effects }
}

/** By what a device is changed when it is changed by this. Appointments have their own causes. */
function causeOf(input: DeviceInput): string {
  switch (input.type) {
    case 'fault':
      return input.active ? `fault ${input.fault.kind}` : `end of fault ${input.fault.kind}`
    case 'ordered-drift':
      return 'drift-step'
    case 'check-in-answer':
      return 'command'
    case 'bodies':
      return 'policy'
    default:
      return input.type
  }
}

function react(state: DeviceState, input: DeviceInput, turn: Turn): DeviceState {
  switch (input.type) {
    case 'born':
      return appoint(state, { what: modeOf(state).managed ? 'enrol' : 'register', atMs: input.enrolAtMs })
    case 'due':
      return keepAppointments(state, turn)
    case 'poke':
      return onPoke(state, turn, input)
    case 'enrolment-answer':
      return onEnrolmentAnswer(state, turn, input.answer)
    case 'check-in-answer':
      return onCheckInAnswer(state, turn, input.answer)
    case 'bodies':
      return onBodies(state, turn, input.bodies)
    case 'renewal-answer':
      return onRenewalAnswer(state, turn, input.answer)
    case 'registration-answer':
      return onRegistrationAnswer(state, turn, input.replies)
    case 'failed':
      return onFailed(state, turn, input.what)
    case 'presence':
      return input.online ? comeBack(state, turn, 'order') : goAway(state, 'order')
    case 'ordered-drift':
      return driftTo(state, turn, input)
    case 'fault':
      return onFault(state, turn, input)
    case 'sync':
      return startCheckIn(state, turn, 'user')
  }
}

function keepAppointments(state: DeviceState, turn: Turn): DeviceState {
  const { due, rest } = takeDue(state, turn.nowMs)
  return due.reduce((before, appointment) => {
    const after = keep(before, turn, appointment)
    const what = appointmentNotes[appointment.what]
    const cause = appointmentCauses[appointment.what] ?? appointment.what
    return withNotes(after, turn, [...(what ? [{ what }] : []), ...outcomeNotes(before, after, turn, cause)])
  }, rest)
}

/** By what a device is changed that keeps an appointment. */
const appointmentCauses: Readonly<Partial<Record<Appointment['what'], string>>> = {
  drift: 'itself',
  mend: 'mended',
  update: 'update',
  'back-up': 'restart',
  'user-acts': 'user',
  installed: 'install',
}

const appointmentNotes: Readonly<Partial<Record<Appointment['what'], 'restarted' | 'user-acted'>>> = {
  'back-up': 'restarted',
  'user-acts': 'user-acted',
}

function keep(state: DeviceState, turn: Turn, appointment: Appointment): DeviceState {
  switch (appointment.what) {
    case 'enrol':
      return startEnrolment(state, turn)
    case 'register':
      return startRegistration(state, turn)
    case 'check-in':
      return startCheckIn(state, turn, appointment.cause, appointment.correlationId)
    case 'renew':
      return startRenewal(state, turn)
    case 'drift':
      return drift(state, turn)
    case 'mend':
      return mend(state, appointment.posture, appointment.osVersion)
    case 'update':
      return updateSystem(state, turn)
    case 'restart':
      return appoint(state, { what: 'back-up', atMs: turn.nowMs + MINUTE_MS })
    case 'back-up':
      return startCheckIn(proceed(state, turn, 'restart'), turn, 'reboot')
    case 'user-acts':
      return userActs(state, turn)
    case 'installed':
      return reportNews(evaluateCompliance(proceed(state, turn, 'install'), turn), turn)
    case 'power-on':
      return comeBack(state, turn, 'power')
    case 'hours':
      return keepHours(state, turn)
    case 'apply':
      return fetchWanted(state, turn)
    case 'flap':
      return flap(state, turn)
  }
}

/** The user is there: unlocks the device, does what policies ask for; and what was put off for that is asked for again. */
function userActs(state: DeviceState, turn: Turn): DeviceState {
  const { postponed } = state
  const rest: DeviceState = postponed ? { ...state, postponed: undefined } : state
  const unlock = turn.platform.unlock?.(viewOf(state))
  const unlocked = unlock ? withPosture(rest, unlock) : rest
  const acted = reportNews(evaluateCompliance(proceed(unlocked, turn, 'user'), turn), turn)
  return postponed ? startCheckIn(acted, turn, 'user') : acted
}

/** Wait a chosen while within the spread, so that the service is not overrun; an earlier appointment stands. */
function onPoke(
  state: DeviceState,
  turn: Turn,
  { spreadMs, correlationId }: { spreadMs: number; correlationId: string },
): DeviceState {
  if (state.phase !== 'enrolled' || !state.online) return state
  const delayMs = spreadMs === 0 ? 0 : Math.floor(turn.chance.fork('poke').unit() * spreadMs)
  if (delayMs === 0) return startCheckIn(state, turn, 'poke', correlationId)
  const at: Appointment = { what: 'check-in', atMs: turn.nowMs + delayMs, cause: 'poke', correlationId }
  if (!state.conversation) return appointNoLater(withoutPeriodic(state, at.atMs), at)
  return { ...state, conversation: { ...state.conversation, again: { cause: 'poke', correlationId } } }
}

/** A periodic check-in about to happen gives way to the poke: it could be turned away by the maintenance gate. */
const withoutPeriodic = (state: DeviceState, beforeMs: number): DeviceState => ({
  ...state,
  agenda: state.agenda.filter(
    (each) => !(each.what === 'check-in' && each.cause === 'periodic' && each.atMs <= beforeMs),
  ),
})

function onFailed(state: DeviceState, turn: Turn, what: 'enrol' | 'check-in' | 'renew' | 'register'): DeviceState {
  if (what === 'check-in') return onCheckInFailed(state, turn)
  // Apps have planned for this when they asked.
  if (what === 'register') return state
  return appoint({ ...state, failures: state.failures + 1 }, { what, atMs: backoffAt(state.failures, turn) })
}

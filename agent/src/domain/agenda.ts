import type { EpochMs } from '@muster/shared/core'
import type { Appointment, DeviceState } from './state.ts'

/** When the device next does something by itself; `undefined`: never again. */
export function nextDueMs({ agenda }: Pick<DeviceState, 'agenda'>): EpochMs | undefined {
  let earliest: EpochMs | undefined
  for (const { atMs } of agenda) if (earliest === undefined || atMs < earliest) earliest = atMs
  return earliest
}

/** Put an appointment in place of another of its kind. Mendings stand beside each other. */
export function appoint(state: DeviceState, appointment: Appointment): DeviceState {
  const others =
    appointment.what === 'mend' ? state.agenda : state.agenda.filter(({ what }) => what !== appointment.what)
  return { ...state, agenda: [...others, appointment] }
}

/** The same, unless there is an earlier one of its kind. */
export function appointNoLater(state: DeviceState, appointment: Appointment): DeviceState {
  const known = state.agenda.find(({ what }) => what === appointment.what)
  return known && known.atMs <= appointment.atMs ? state : appoint(state, appointment)
}

export const hasAppointment = ({ agenda }: DeviceState, what: Appointment['what']): boolean =>
  agenda.some((appointment) => appointment.what === what)

/** What is due, in order of time, and the state without it. */
export function takeDue(
  state: DeviceState,
  nowMs: EpochMs,
): { readonly due: readonly Appointment[]; readonly rest: DeviceState } {
  const due = state.agenda.filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)
  if (due.length === 0) return { due, rest: state }
  return { due, rest: { ...state, agenda: state.agenda.filter(({ atMs }) => atMs > nowMs) } }
}

import { SECOND_MS } from '@muster/shared/core'
import { appointNoLater } from './agenda.ts'
import type { Appointment, Away, DeviceState } from './state.ts'
import type { Turn } from './turn.ts'

/** Out of reach from now on, for one reason more. */
export const goAway = (state: DeviceState, why: Away): DeviceState => ({
  ...state,
  online: false,
  away: [...(state.away ?? []).filter((other) => other !== why), why],
})

/** That reason is gone; when it was the last, the device says that it is back: soon, but not all of a building at once. */
export function comeBack(state: DeviceState, turn: Turn, why: Away): DeviceState {
  const others = (state.away ?? []).filter((other) => other !== why)
  if (others.length > 0) return { ...state, away: others }
  const back: DeviceState = { ...state, away: undefined, online: true }
  if (back.conversation || (back.phase !== 'enrolled' && back.phase !== 'leaving')) return back
  const atMs = turn.nowMs + Math.round(turn.chance.fork('back').unit() * 30 * SECOND_MS)
  return appointNoLater(back, {
    what: 'check-in',
    atMs,
    cause: back.phase === 'leaving' ? 'confirm' : 'reconnect',
  })
}

/** Appointments that have nothing to do with management: they stay when all others fall. */
export const presenceOnly = (agenda: readonly Appointment[]): readonly Appointment[] =>
  agenda.filter(({ what }) => what === 'flap' || what === 'hours')

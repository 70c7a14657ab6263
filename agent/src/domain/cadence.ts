import type { EpochMs } from '@muster/shared/core'
import { appoint } from './agenda.ts'
import type { Cadence } from './platform.ts'
import type { DeviceState } from './state.ts'
import type { Turn } from './turn.ts'

/** The interval that the platform's rhythm has so long after enrolment; `steady` once the quick stretches are over. */
export function intervalAt(
  { afterEnrolment, steadyMs }: Cadence,
  sinceEnrolmentMs: number,
): { everyMs: number; steady: boolean } {
  let endMs = 0
  for (const { everyMs, forMs } of afterEnrolment) {
    endMs += forMs
    if (sinceEnrolmentMs < endMs) return { everyMs, steady: false }
  }
  return { everyMs: steadyMs, steady: true }
}

/** Make the appointment for the next periodic check-in. Steady intervals are jittered, so that a fleet does not march in step. */
export function appointPeriodic(state: DeviceState, turn: Turn, serviceWantsMs?: number): DeviceState {
  const { everyMs, steady } = intervalAt(turn.platform.cadence, turn.nowMs - (state.enrolledAtMs ?? turn.nowMs))
  const { checkInEveryMs, checkInJitter } = state.temperament
  const waitMs =
    serviceWantsMs ?? (steady ? turn.chance.fork('cadence').jitter(checkInEveryMs ?? everyMs, checkInJitter) : everyMs)
  return appoint(state, { what: 'check-in', atMs: turn.nowMs + Math.round(waitMs), cause: 'periodic' })
}

const BACKOFF_FIRST_MS = 5_000
const BACKOFF_MAX_MS = 10 * 60_000

/** When to try again after so many failures in a row: doubling, bounded, jittered by half. */
export function backoffAt(failures: number, { nowMs, chance }: Turn): EpochMs {
  const waitMs = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures, 16))
  return nowMs + Math.round(chance.fork('backoff').jitter(waitMs, 0.5))
}

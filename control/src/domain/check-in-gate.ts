import type { CheckInCause } from '@muster/shared/contracts'
import { type EpochMs, HOUR_MS, MINUTE_MS } from '@muster/shared/core'

/** At most one maintenance check-in in this time, whatever the device's own schedule says. */
export const MAINTENANCE_INTERVAL_MS = 6.5 * HOUR_MS

/** The quick check-ins after enrolment (every 3 minutes, then every 15) are part of enrolling, not maintenance. */
export const ENROLMENT_PERIOD_MS = 2 * HOUR_MS + 15 * MINUTE_MS

/**
 * Whether the maintenance gate turns a check-in away with "nothing to do". Only periodic ones: what a poke, a person, a
 * restart or a return from offline brought about always passes.
 */
export function isGated(
  cause: CheckInCause,
  device: { readonly enrolledAtMs: EpochMs; readonly lastMaintenanceAtMs?: EpochMs | undefined },
  nowMs: EpochMs,
): boolean {
  if (cause !== 'periodic' || device.lastMaintenanceAtMs === undefined) return false
  if (nowMs - device.enrolledAtMs < ENROLMENT_PERIOD_MS) return false
  return nowMs - device.lastMaintenanceAtMs < MAINTENANCE_INTERVAL_MS
}

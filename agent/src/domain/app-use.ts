import { DAY_MS, type EpochMs, HOUR_MS, type Rng } from '@muster/shared/core'

/** People use their phones from seven in the morning to ten in the evening. */
const WAKES_MS = 7 * HOUR_MS
const AWAKE_MS = 15 * HOUR_MS

/** When an app is in the foreground again, at a moment or after it: uses are spread over the waking hours at random. */
export function nextUseMs(fromMs: EpochMs, usesPerDay: number, chance: Rng): EpochMs {
  const day = Math.floor(fromMs / DAY_MS)
  const today = Math.min(AWAKE_MS, Math.max(0, fromMs - day * DAY_MS - WAKES_MS))
  const awakeMs = day * AWAKE_MS + today + Math.ceil(chance.exponential(AWAKE_MS / usesPerDay))
  return Math.floor(awakeMs / AWAKE_MS) * DAY_MS + WAKES_MS + (awakeMs % AWAKE_MS)
}

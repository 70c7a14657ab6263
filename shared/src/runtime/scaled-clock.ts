import type { Clock, EpochMs, Timer } from '@muster/shared/core'

/** One epoch for all processes: simulated time is `originMs` at wall time `originWallMs` and runs `speed` times as fast. */
export interface ClockScale {
  readonly originWallMs: EpochMs
  readonly originMs: EpochMs
  readonly speed: number
}

/** Node's timers hold 31 bits of milliseconds; longer waits are taken in steps. */
const TIMER_MS_MAX = 2_147_000_000

/** Real time. */
export const systemClock = (): Clock => scaledClock({ originWallMs: 0, originMs: 0, speed: 1 })

/** Real time, speeded up by a factor over all processes that are given the same three numbers. */
export function scaledClock({ originWallMs, originMs, speed }: ClockScale): Clock {
  const nowMs = (): EpochMs => Math.floor(originMs + (Date.now() - originWallMs) * speed)
  return {
    nowMs,
    at: (atMs, run): Timer => {
      let handle: NodeJS.Timeout
      const arm = (): void => {
        const waitMs = Math.ceil((atMs - nowMs()) / speed)
        handle = setTimeout(() => (nowMs() >= atMs ? run() : arm()), Math.max(0, Math.min(waitMs, TIMER_MS_MAX)))
      }
      arm()
      return { cancel: () => clearTimeout(handle) }
    },
    soon: (run) => void setImmediate(run),
  }
}

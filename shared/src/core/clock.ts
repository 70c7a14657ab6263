/** A point in time: milliseconds since 1970-01-01T00:00:00Z, as `Date.now()` counts them. */
export type EpochMs = number

/** Handle of a scheduled call. */
export interface Timer {
  /** Forget the call; harmless when it has run already. */
  cancel(): void
}

/**
 * Time as a parameter. Domain code is handed a clock (or just `nowMs`) and never asks the machine.
 *
 * Implementations: `systemClock` and `scaledClock` (runtime, real timers), `manualClock` (core, for tests and
 * in-process worlds: time moves only when told to).
 */
export interface Clock {
  /** The current simulated time. */
  nowMs(): EpochMs
  /** Call `run` once when the simulated time reaches `atMs`; at the next turn when that is past. Never synchronous. */
  at(atMs: EpochMs, run: () => void): Timer
  /** Call `run` at the next turn: after what is under way, before time moves on. */
  soon(run: () => void): void
}

/** Wait for the end of some work, however it ends, but for so much of the clock's time at the most. */
export async function settledWithin(clock: Clock, ms: number, work: Promise<unknown>): Promise<void> {
  const limit = Promise.withResolvers<void>()
  const timer = clock.at(clock.nowMs() + ms, limit.resolve)
  await Promise.race([work.catch(() => undefined), limit.promise])
  timer.cancel()
}

/** Wait for so much of a clock's time. */
export const pause = (clock: Clock, ms: number): Promise<void> =>
  new Promise((resolve) => {
    clock.at(clock.nowMs() + ms, resolve)
  })

/** Milliseconds of a second, a minute, an hour and a day, so that durations read as what they are. */
export const SECOND_MS = 1_000
export const MINUTE_MS = 60 * SECOND_MS
export const HOUR_MS = 60 * MINUTE_MS
export const DAY_MS = 24 * HOUR_MS

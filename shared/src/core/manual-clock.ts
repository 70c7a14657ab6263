import type { Clock, EpochMs } from './clock.ts'

/** A clock that moves only when told to, for tests and for worlds in one process. */
export interface ManualClock extends Clock {
  /** Move on by so much, running what falls due on the way, in order of time and, at one time, in order of asking. */
  advance(ms: number): void
  advanceTo(atMs: EpochMs): void
  /** When the next call is due; `undefined` when none is waiting. */
  nextMs(): EpochMs | undefined
  /** How many calls are waiting. */
  readonly pending: number
}

interface Entry {
  readonly atMs: EpochMs
  readonly order: number
  readonly run: () => void
}

export function manualClock(startMs: EpochMs): ManualClock {
  let nowMs = startMs
  let order = 0
  let entries: Entry[] = []

  const earliest = (): Entry | undefined =>
    entries.reduce<Entry | undefined>(
      (best, entry) =>
        !best || entry.atMs < best.atMs || (entry.atMs === best.atMs && entry.order < best.order) ? entry : best,
      undefined,
    )
  const advanceTo = (atMs: EpochMs): void => {
    for (let next = earliest(); next && next.atMs <= atMs; next = earliest()) {
      const due = next
      entries = entries.filter((entry) => entry !== due)
      nowMs = Math.max(nowMs, due.atMs)
      due.run()
    }
    nowMs = Math.max(nowMs, atMs)
  }

  return {
    nowMs: () => nowMs,
    at: (atMs, run) => {
      const entry = { atMs: Math.max(atMs, nowMs), order: order++, run }
      entries.push(entry)
      return {
        cancel: () => {
          entries = entries.filter((other) => other !== entry)
        },
      }
    },
    advance: (ms) => advanceTo(nowMs + ms),
    advanceTo,
    nextMs: () => earliest()?.atMs,
    get pending() {
      return entries.length
    },
  }
}

import type { Clock } from '@muster/shared/core'

/** A clock on which nothing falls due while it is paused, as for a process that is stopped: it all comes afterwards. */
export interface PausableClock extends Clock {
  pause(): void
  resume(): void
  /** Resolves when it is not paused. */
  running(): Promise<void>
}

export function pausableClock(clock: Clock): PausableClock {
  let missed: (() => void)[] | undefined
  const unlessPaused = (run: () => void) => () => {
    if (missed) missed.push(run)
    else run()
  }
  return {
    nowMs: () => clock.nowMs(),
    at: (atMs, run) => {
      let cancelled = false
      const timer = clock.at(
        atMs,
        unlessPaused(() => {
          if (!cancelled) run()
        }),
      )
      return {
        cancel: () => {
          cancelled = true
          timer.cancel()
        },
      }
    },
    soon: (run) => clock.soon(unlessPaused(run)),
    pause: () => {
      missed ??= []
    },
    resume: () => {
      const late = missed ?? []
      missed = undefined
      for (const run of late) clock.soon(run)
    },
    running: async () => {
      if (missed) await new Promise<void>((resolve) => missed?.push(resolve))
    },
  }
}

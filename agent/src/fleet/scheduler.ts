import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { type Clock, createDueHeap, type Timer } from '@muster/shared/core'

/** Keeps the appointments of all devices with one timer. */
export interface Scheduler<T extends { dueMs?: number | undefined }> {
  /** When this one is due next; replaces what was planned before. `undefined`: never. */
  plan(item: T, atMs: number | undefined): void
  /** Run something else at a time. */
  later(atMs: number, run: () => void): void
  start(): void
  stop(): void
  /** How late appointments were kept, microseconds of the clock's time; reset by the reader. */
  readonly lag: RecordableHistogram
}

/** Appointments that are kept before other work gets its turn. */
const BURST = 200

export function createScheduler<T extends { dueMs?: number | undefined }>(
  clock: Clock,
  onDue: (item: T) => void,
): Scheduler<T> {
  const heap = createDueHeap<T | (() => void)>()
  const lag = createHistogram()
  let timer: Timer | undefined
  let timerMs = Number.POSITIVE_INFINITY
  let yielding = false
  let running = false

  const arm = (): void => {
    const nextMs = heap.peekMs()
    if (!running || yielding || nextMs === undefined || nextMs >= timerMs) return
    timer?.cancel()
    timerMs = nextMs
    timer = clock.at(nextMs, run)
  }

  const run = (): void => {
    timer = undefined
    timerMs = Number.POSITIVE_INFINITY
    if (!running) return
    for (let kept = 0; kept < BURST; ) {
      const nowMs = clock.nowMs()
      const nextMs = heap.peekMs()
      if (nextMs === undefined || nextMs > nowMs) {
        arm()
        return
      }
      const { atMs, item } = heap.pop() as { atMs: number; item: T | (() => void) }
      if (typeof item === 'function') item()
      else if (item.dueMs === atMs) {
        item.dueMs = undefined
        lag.record(Math.max(1, Math.round((nowMs - atMs) * 1_000)))
        onDue(item)
        kept++
      }
    }
    // Let messages in between bursts.
    yielding = true
    clock.soon(() => {
      yielding = false
      run()
    })
  }

  return {
    plan: (item, atMs) => {
      if (item.dueMs === atMs) return
      if (atMs === undefined) item.dueMs = undefined
      else {
        item.dueMs = atMs
        heap.push(atMs, item)
        arm()
      }
    },
    later: (atMs, job) => {
      heap.push(atMs, job)
      arm()
    },
    start: () => {
      running = true
      arm()
    },
    stop: () => {
      running = false
      timer?.cancel()
    },
    lag,
  }
}

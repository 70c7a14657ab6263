import type { Clock, EpochMs } from './clock.ts'
import { createDueHeap } from './due-heap.ts'

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
  run: (() => void) | undefined
}

export function manualClock(startMs: EpochMs): ManualClock {
  const heap = createDueHeap<Entry>()
  let nowMs = startMs
  let pending = 0

  const nextMs = (): EpochMs | undefined => {
    // What was cancelled stands in the heap until its time; a heap that is mostly such entries is never seen.
    while (pending === 0 && heap.size > 0) heap.pop()
    return heap.peekMs()
  }
  const runNext = (): void => {
    const due = heap.pop()
    if (!due) return
    const { run } = due.item
    if (!run) return
    nowMs = Math.max(nowMs, due.atMs)
    due.item.run = undefined
    pending--
    run()
  }
  const advanceTo = (atMs: EpochMs): void => {
    for (let next = nextMs(); next !== undefined && next <= atMs; next = nextMs()) runNext()
    nowMs = Math.max(nowMs, Math.floor(atMs))
  }
  const at: Clock['at'] = (atMs, run) => {
    const entry: Entry = { run }
    // Whole milliseconds, as every clock tells them.
    heap.push(Math.max(Math.ceil(atMs), nowMs), entry)
    pending++
    return {
      cancel: () => {
        if (!entry.run) return
        entry.run = undefined
        pending--
      },
    }
  }

  return {
    nowMs: () => nowMs,
    at,
    soon: (run) => void at(nowMs, run),
    advance: (ms) => advanceTo(nowMs + ms),
    advanceTo,
    nextMs,
    get pending() {
      return pending
    },
  }
}

import type { ManualClock } from '@muster/shared/core'

/**
 * Let a world go on, event by event, until `work` has ended. Everything in a world is made of promises that settle by
 * themselves and of calls on its clock: when the turn of the event loop is over, all that the last moment set off has come
 * to rest, and time moves on to the next.
 * @throws what `work` rejects with; an error when nothing will ever happen again and `work` still waits
 */
export async function drive<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  let ended = false
  const done = (): void => {
    ended = true
  }
  work.then(done, done)
  for (let turn = 0; ; turn++) {
    await (turn % OTHERS_EVERY === 0 ? turnOver() : settled())
    if (ended) return work
    const nextMs = clock.nextMs()
    if (nextMs === undefined) throw new Error('the world stands still: nothing is due, and something is waited for')
    clock.advanceTo(nextMs)
  }
}

/** Moments after which the event loop has its turn: whoever draws, samples or interrupts from outside waits no longer. */
const OTHERS_EVERY = 64

/** All promises that could settle have. A world waits for nothing else, and this costs a fifth of a turn of the event loop. */
const settled = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve))

const turnOver = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

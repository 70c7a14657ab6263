import type { Clock, Timer } from '@muster/shared/core'

/** Collects what many devices want of the service within a moment and sends it as one message. */
export interface Batcher<T> {
  add(item: T): void
  /** Nothing is sent while held; what comes in is kept. */
  hold(): void
  release(): void
  /** Resolves when everything has been sent and answered. */
  idle(): Promise<void>
  readonly waiting: number
  readonly underWay: number
}

export interface BatcherOptions<T> {
  readonly itemsMax: number
  /** Batches that may be under way at once. */
  readonly parallelMax: number
  /** How long to wait for more, milliseconds of `wall`. */
  readonly lingerMs: number
  readonly wall: Clock
  /** Deals with answers and failures of its items itself; must not reject. */
  readonly send: (items: readonly T[]) => Promise<void>
}

export function createBatcher<T>({ itemsMax, parallelMax, lingerMs, wall, send }: BatcherOptions<T>): Batcher<T> {
  let waiting: T[] = []
  let underWay = 0
  let held = false
  let timer: Timer | undefined
  let onIdle: (() => void)[] = []

  const flush = (): void => {
    timer?.cancel()
    timer = undefined
    while (!held && waiting.length > 0 && underWay < parallelMax) {
      const items = waiting.slice(0, itemsMax)
      waiting = waiting.slice(itemsMax)
      underWay++
      void send(items).finally(() => {
        underWay--
        flush()
      })
    }
    if (waiting.length === 0 && underWay === 0) {
      for (const resolve of onIdle) resolve()
      onIdle = []
    }
  }

  return {
    add: (item) => {
      waiting.push(item)
      if (waiting.length >= itemsMax) flush()
      else timer ??= wall.at(wall.nowMs() + lingerMs, flush)
    },
    hold: () => {
      held = true
    },
    release: () => {
      held = false
      flush()
    },
    idle: () =>
      new Promise((resolve) => {
        onIdle.push(resolve)
        flush()
      }),
    get waiting() {
      return waiting.length
    },
    get underWay() {
      return underWay
    },
  }
}

/** A binary heap of (time, item), earliest first and, at one time, in order of pushing: one for all instead of a timer for each. */
export interface DueHeap<T> {
  push(atMs: number, item: T): void
  /** The earliest time, or `undefined` when empty. */
  peekMs(): number | undefined
  pop(): { readonly atMs: number; readonly item: T } | undefined
  readonly size: number
}

export function createDueHeap<T>(): DueHeap<T> {
  const times: number[] = []
  const orders: number[] = []
  const items: T[] = []
  let pushed = 0

  const swap = (a: number, b: number): void => {
    const [time, order, item] = [times[a] as number, orders[a] as number, items[a] as T]
    times[a] = times[b] as number
    orders[a] = orders[b] as number
    items[a] = items[b] as T
    times[b] = time
    orders[b] = order
    items[b] = item
  }
  const before = (a: number, b: number): boolean => {
    const difference = (times[a] as number) - (times[b] as number)
    return difference < 0 || (difference === 0 && (orders[a] as number) < (orders[b] as number))
  }
  const rise = (from: number): void => {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(at, parent)) return
      swap(at, parent)
      at = parent
    }
  }
  const sink = (): void => {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= times.length) return
      const right = left + 1
      const child = right < times.length && before(right, left) ? right : left
      if (!before(child, at)) return
      swap(at, child)
      at = child
    }
  }

  return {
    push: (atMs, item) => {
      times.push(atMs)
      orders.push(pushed++)
      items.push(item)
      rise(times.length - 1)
    },
    peekMs: () => times[0],
    pop: () => {
      if (times.length === 0) return undefined
      swap(0, times.length - 1)
      const atMs = times.pop() as number
      const item = items.pop() as T
      orders.pop()
      sink()
      return { atMs, item }
    },
    get size() {
      return times.length
    },
  }
}

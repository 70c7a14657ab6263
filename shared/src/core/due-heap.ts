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

  /** Whether an entry of this time and order goes before the one that stands at `at`. */
  const goesBefore = (atMs: number, order: number, at: number): boolean => {
    const other = times[at] as number
    return atMs < other || (atMs === other && order < (orders[at] as number))
  }
  const put = (at: number, atMs: number, order: number, item: T): void => {
    times[at] = atMs
    orders[at] = order
    items[at] = item
  }
  const move = (from: number, to: number): void =>
    put(to, times[from] as number, orders[from] as number, items[from] as T)
  /** Find the entry's place on the way up from `hole`, which stands empty. */
  const rise = (hole: number, atMs: number, order: number, item: T): void => {
    let at = hole
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!goesBefore(atMs, order, parent)) break
      move(parent, at)
      at = parent
    }
    put(at, atMs, order, item)
  }
  /** Find the entry's place on the way down from the top, which stands empty. */
  const sink = (atMs: number, order: number, item: T): void => {
    const { length } = times
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= length) break
      const right = left + 1
      const child = right < length && goesBefore(times[right] as number, orders[right] as number, left) ? right : left
      if (goesBefore(atMs, order, child)) break
      move(child, at)
      at = child
    }
    put(at, atMs, order, item)
  }

  return {
    push: (atMs, item) => rise(times.length, atMs, pushed++, item),
    peekMs: () => times[0],
    pop: () => {
      const [atMs, item] = [times[0], items[0] as T]
      if (atMs === undefined) return undefined
      const last = { atMs: times.pop() as number, order: orders.pop() as number, item: items.pop() as T }
      if (times.length > 0) sink(last.atMs, last.order, last.item)
      return { atMs, item }
    },
    get size() {
      return times.length
    },
  }
}

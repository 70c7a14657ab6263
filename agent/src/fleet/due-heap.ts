/** A binary heap of (time, item), earliest first: one for all devices instead of a timer for each. */
export interface DueHeap<T> {
  push(atMs: number, item: T): void
  /** The earliest time, or `undefined` when empty. */
  peekMs(): number | undefined
  pop(): { readonly atMs: number; readonly item: T } | undefined
  readonly size: number
}

export function createDueHeap<T>(): DueHeap<T> {
  const times: number[] = []
  const items: T[] = []

  const swap = (a: number, b: number): void => {
    const time = times[a] as number
    const item = items[a] as T
    times[a] = times[b] as number
    items[a] = items[b] as T
    times[b] = time
    items[b] = item
  }
  const rise = (from: number): void => {
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if ((times[parent] as number) <= (times[at] as number)) return
      swap(parent, at)
      at = parent
    }
  }
  const sink = (): void => {
    let at = 0
    for (;;) {
      const left = 2 * at + 1
      if (left >= times.length) return
      const right = left + 1
      const child = right < times.length && (times[right] as number) < (times[left] as number) ? right : left
      if ((times[at] as number) <= (times[child] as number)) return
      swap(at, child)
      at = child
    }
  }

  return {
    push: (atMs, item) => {
      times.push(atMs)
      items.push(item)
      rise(times.length - 1)
    },
    peekMs: () => times[0],
    pop: () => {
      if (times.length === 0) return undefined
      swap(0, times.length - 1)
      const atMs = times.pop() as number
      const item = items.pop() as T
      sink()
      return { atMs, item }
    },
    get size() {
      return times.length
    },
  }
}

import { dropOldest } from '@muster/shared/core'

/** Entries that a cache holds unless it is told otherwise; those longest known are let go. */
const ENTRIES_MAX = 20_000

/**
 * Rows as the writing connection last saw them. It is the only one that writes, so what is here needs no reading, and of a
 * row that is known only what differs is written.
 */
export interface RowCache<T> {
  get(key: string): T | undefined
  /** Read or written just now. */
  keep(key: string, value: T): void
  /** Changed in a way that only reading tells. */
  forget(key: string): void
  /** A transaction was rolled back: forget everything. */
  clear(): void
}

export function createRowCache<T>(entriesMax = ENTRIES_MAX): RowCache<T> {
  const known = new Map<string, T>()
  return {
    get: (key) => known.get(key),
    keep: (key, value) => {
      known.set(key, value)
      dropOldest(known, entriesMax)
    },
    forget: (key) => void known.delete(key),
    clear: () => known.clear(),
  }
}

/** The lists of these keys: those that the cache lacks are read together. Keys with nothing have an empty list. */
export function listsOf<T>(
  cache: RowCache<readonly T[]> | undefined,
  keys: readonly string[],
  read: (missing: readonly string[]) => ReadonlyMap<string, readonly T[]>,
): ReadonlyMap<string, readonly T[]> {
  const lists = new Map<string, readonly T[]>()
  const missing: string[] = []
  for (const key of keys) {
    const known = cache?.get(key)
    if (known) lists.set(key, known)
    else missing.push(key)
  }
  if (missing.length === 0) return lists
  const found = read(missing)
  for (const key of missing) {
    const own = found.get(key) ?? []
    lists.set(key, own)
    cache?.keep(key, own)
  }
  return lists
}

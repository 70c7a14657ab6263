import type { SQLInputValue } from 'node:sqlite'
import type { Database } from './database.ts'
import type { Columns } from './rows.ts'

/** Entities that the cache holds; those longest unused are let go. */
const ENTITIES_MAX = 20_000

/**
 * Entities as the writing connection last saw them. It is the only one that writes, so what is here needs no reading, and
 * of a row that is known only the columns that differ are written: an untouched index costs nothing.
 */
export interface RowCache<T> {
  get(key: string): T | undefined
  /** Read or written just now. */
  keep(key: string, entity: T): void
  /** A transaction was rolled back: forget everything. */
  clear(): void
}

export function createRowCache<T>(): RowCache<T> {
  const known = new Map<string, T>()
  return {
    get: (key) => known.get(key),
    keep: (key, entity) => {
      known.delete(key)
      known.set(key, entity)
      if (known.size <= ENTITIES_MAX) return
      for (const oldest of known.keys()) {
        known.delete(oldest)
        break
      }
    },
    clear: () => known.clear(),
  }
}

/** Write what differs between two versions of the entity whose key column is `id`. */
export function updateChanged<T extends { readonly id: string }>(
  database: Database,
  table: string,
  columns: Columns<T>,
  before: T,
  after: T,
): void {
  const changed: string[] = []
  const values: SQLInputValue[] = []
  for (const [name, read] of Object.entries(columns)) {
    const value = read(after)
    if (value === read(before)) continue
    changed.push(`${name} = ?`)
    values.push(value)
  }
  database.run(
    `UPDATE ${table} SET ${[...changed, 'body = ?'].join(', ')} WHERE id = ?`,
    ...values,
    JSON.stringify(after),
    after.id,
  )
}

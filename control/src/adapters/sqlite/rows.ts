import type { SQLInputValue } from 'node:sqlite'
import type { Database } from './database.ts'

/** The entities in the `body` columns of rows. */
export const bodies = <T>(rows: readonly Record<string, unknown>[]): readonly T[] =>
  rows.map((row) => JSON.parse(String(row['body'])) as T)

/** `IN (…)` over any number of values, as one parameter. */
export const LISTED = '(SELECT value FROM json_each(?))'

export const list = (values: readonly (string | number)[]): string => JSON.stringify(values)

/** A row's columns beside `body`, from its entity. */
export type Columns<T> = Readonly<Record<string, (entity: T) => SQLInputValue>>

/** Insert-or-replace statement for a table whose `body`, if it has one, holds the entity and whose other columns mirror it. */
export function upsertSql(table: string, columns: readonly string[], key: readonly string[], hasBody = true): string {
  const all = hasBody ? [...columns, 'body'] : columns
  const updates = all.filter((column) => !key.includes(column)).map((column) => `${column} = excluded.${column}`)
  return `INSERT INTO ${table} (${all.join(', ')}) VALUES (${all.map(() => '?').join(', ')})
    ON CONFLICT (${key.join(', ')}) DO UPDATE SET ${updates.join(', ')}`
}

/** Write entities, each as one row. */
export function upsertAll<T>(database: Database, sql: string, columns: Columns<T>, entities: readonly T[]): void {
  const readers = Object.values(columns)
  for (const entity of entities) database.run(sql, ...readers.map((read) => read(entity)), JSON.stringify(entity))
}

/** The columns in which two versions of an entity differ, with the values of the later: an untouched index costs nothing. */
export function changedColumns<T>(
  columns: Columns<T>,
  before: T,
  after: T,
): { readonly names: readonly string[]; readonly values: readonly SQLInputValue[] } {
  const names: string[] = []
  const values: SQLInputValue[] = []
  for (const [name, read] of Object.entries(columns)) {
    const value = read(after)
    if (value === read(before)) continue
    names.push(name)
    values.push(value)
  }
  return { names, values }
}

/** Scope tags as a text: `,1,7,`, so that each is found with its commas. */
export const tagsColumn = (scopeTagIds: readonly string[] | undefined): string | null =>
  scopeTagIds?.length ? `,${scopeTagIds.join(',')},` : null

/** Texts compare without regard to case: columns that are compared hold them in lower case, as Unicode has it. */
export const fold = (text: string): string => text.toLowerCase()

import type { SQLInputValue } from 'node:sqlite'
import type { RowFilter, RowKeys, RowPage, RowQuery } from '../../app/row-query.ts'
import type { Database } from './database.ts'
import { type ColumnsSql, compileFilter, type Sql } from './row-filter.ts'

/** Where rows come from: what stands behind FROM, with the condition that always holds. */
export interface RowsFrom<T, C extends string> {
  readonly from: string
  readonly where: string
  /** Join of the rows of a page, which are called `page`, with what `select` needs beside them. */
  readonly details?: string
  /** Columns that `read` makes entities of. */
  readonly select: string
  readonly read: (rows: readonly Record<string, unknown>[]) => readonly T[]
  readonly columns: ColumnsSql<C>
}

type Found = readonly Record<string, unknown>[]

/**
 * Rows that are found without their order and then put in order. An index with the order is the better way only when it
 * soon meets enough of them: where few rows match, it goes through all, each looked up by itself.
 */
const FEW = 1_000

type Order<C extends string> = RowQuery<C>['orderBy']

/** A page in order; the id comes last, so that every row has its own place and the next page goes on behind it. */
export function queryRows<T, C extends string>(
  database: Database,
  { from, where, details, select, read, columns }: RowsFrom<T, C>,
  query: RowQuery<C>,
): RowPage<T> {
  const order = withId(query.orderBy)
  const expressions = order.map(({ column }) => columns[column].sql)
  const conditions: Sql[] = [{ text: where, values: [] }]
  if (query.filter) conditions.push(compileFilter(query.filter, columns))
  if (query.after) conditions.push(behind(order, expressions, query.after))
  const keys = expressions.map((expression, index) => `${expression} AS key${index}`).join(', ')
  const ordered = (names: readonly string[]): string =>
    names.map((name, index) => `${name}${order[index]?.descending ? ' DESC' : ''}`).join(', ')
  const aliases = ordered(order.map((_, index) => `key${index}`))
  const rows = `SELECT ${columns['id' as C].sql} AS id, ${keys}${details ? '' : `, ${select}`} FROM ${from} WHERE ${conditions.map(({ text }) => text).join(' AND ')}`
  const values = conditions.flatMap((condition) => condition.values)
  const bounds = [query.limit + 1, query.skip ?? 0]
  // What is not shown is not read: a page is found first, and then looked up.
  const shownFrom = (page: string): string =>
    details ? `SELECT ${select}, page.* FROM (${page}) AS page ${details} ORDER BY ${aliases}` : page
  const inOrder = (): Found => {
    const page = `${rows} ORDER BY ${ordered(expressions)} LIMIT ? OFFSET ?`
    return database.all(shownFrom(page), ...values, ...bounds)
  }
  const amongFew = (): Found | undefined => {
    const page = `SELECT *, count(*) OVER () AS few FROM (${rows} LIMIT ${FEW}) ORDER BY ${aliases} LIMIT ? OFFSET ?`
    const some = database.all(shownFrom(page), ...values, ...bounds)
    return Number(some[0]?.['few'] ?? 0) < FEW ? some : undefined
  }
  const hasChoice =
    query.filter !== undefined && !query.skip && columns[order[0]?.column ?? ('id' as C)].indexed === true
  const found = (hasChoice ? amongFew() : undefined) ?? inOrder()
  const shown = found.slice(0, query.limit)
  const keysOf = (row: Record<string, unknown> | undefined): RowKeys =>
    order.map((_, index) => row?.[`key${index}`] as string | number | null)
  return {
    rows: read(shown).map((row, index) => ({ row, keys: keysOf(shown[index]) })),
    more: found.length > query.limit,
  }
}

export function countRows<T, C extends string>(
  database: Database,
  { from, where, columns }: RowsFrom<T, C>,
  filter: RowFilter<C> | undefined,
): number {
  const condition = filter ? compileFilter(filter, columns) : { text: '1', values: [] }
  const sql = `SELECT count(*) AS n FROM ${from} WHERE ${where} AND ${condition.text}`
  return Number(database.get(sql, ...condition.values)?.['n'] ?? 0)
}

/** How many rows that match there are for each combination of some columns, as `devices`. */
export function countRowsBy<T, C extends string, B extends C>(
  database: Database,
  { from, where, columns }: RowsFrom<T, C>,
  by: readonly B[],
  filter: RowFilter<C> | undefined,
): readonly (Readonly<Record<B, string | number | null>> & { readonly devices: number })[] {
  const condition = filter ? compileFilter(filter, columns) : { text: '1', values: [] }
  const keys = by.map((column) => columns[column].sql)
  const shown = by.map((column, index) => `${keys[index]} AS ${column}`).join(', ')
  const sql = `SELECT ${shown}, count(*) AS devices FROM ${from} WHERE ${where} AND ${condition.text} GROUP BY ${keys.join(', ')}`
  return database.all(sql, ...condition.values) as never
}

function withId<C extends string>(orderBy: Order<C>): Order<C> {
  const id = 'id' as C
  return orderBy.some(({ column }) => column === id) ? orderBy : [...orderBy, { column: id, descending: false }]
}

/** Rows behind the one with these keys; an absent value stands before all others. */
function behind<C extends string>(order: Order<C>, expressions: readonly string[], keys: RowKeys): Sql {
  const alternatives = order.map(({ descending }, index): Sql => {
    const equal = expressions.slice(0, index).map((expression) => `${expression} IS ?`)
    const { text, values } = beyond(expressions[index] ?? '', keys[index] ?? null, descending)
    return { text: `(${[...equal, text].join(' AND ')})`, values: [...keys.slice(0, index), ...values] }
  })
  const either: Sql = {
    text: `(${alternatives.map(({ text }) => text).join(' OR ')})`,
    values: alternatives.flatMap(({ values }) => values),
  }
  const bound = seekable(expressions[0] ?? '', keys[0] ?? null, order[0]?.descending ?? false)
  return bound ? { text: `${bound.text} AND ${either.text}`, values: [...bound.values, ...either.values] } : either
}

function beyond(expression: string, key: SQLInputValue, descending: boolean): Sql {
  if (key === null) return { text: descending ? '0' : `${expression} IS NOT NULL`, values: [] }
  return descending
    ? { text: `(${expression} < ? OR ${expression} IS NULL)`, values: [key] }
    : { text: `${expression} > ?`, values: [key] }
}

/** What an index can go to at once, where it says no more than the rest does. */
function seekable(expression: string, key: SQLInputValue, descending: boolean): Sql | undefined {
  return key === null || descending ? undefined : { text: `${expression} >= ?`, values: [key] }
}

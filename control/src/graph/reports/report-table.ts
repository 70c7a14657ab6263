import { CodedError } from '@muster/shared/core'
import type { Tables } from '../../app/ports.ts'
import type { ResourceAction } from '../../domain/intune-roles/actions.ts'
import type { Sight } from '../roles/sight.ts'
import { parseReportFilter, type RowTest } from './report-filter.ts'

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export interface Column {
  readonly name: string
  readonly type: 'String' | 'Int32' | 'Int64' | 'DateTime' | 'Boolean'
  /** How a person reads a value that programs read as a code. */
  readonly localized?: (value: Cell) => string
}

/** A named report: its columns in order, and its rows, made page by page from the store. */
export interface ReportTable {
  readonly name: string
  readonly columns: readonly Column[]
  /** What a role must allow for it. */
  readonly action: ResourceAction
  /** Of what is in sight. */
  rows(tables: Tables, sight: Sight): AsyncGenerator<Row>
}

/** What is asked of a report; names of columns in any case. */
export interface ReportQuery {
  readonly select?: readonly string[]
  readonly filter?: string
  readonly search?: string
  readonly orderBy?: readonly string[]
  readonly skip?: number
  readonly top?: number
}

export interface ReportAnswer {
  readonly columns: readonly Column[]
  readonly rows: readonly Row[]
  /** Of all rows that match, before `skip` and `top`. */
  readonly total: number
}

/**
 * Make a report.
 * @throws CodedError `graph/bad-body` for a column that the report does not have, or a filter that does not parse
 */
export async function makeReport(
  table: ReportTable,
  tables: Tables,
  sight: Sight,
  query: ReportQuery,
): Promise<ReportAnswer> {
  const columns = query.select?.length ? query.select.map((name) => columnOf(table, name, 'select')) : table.columns
  const matches = testOf(table, query)
  const order = orderOf(table, query.orderBy ?? [])
  const found: Row[] = []
  for await (const row of table.rows(tables, sight)) if (matches(row)) found.push(row)
  if (order) found.sort(order)
  const from = query.skip ?? 0
  const rows = found.slice(from, query.top === undefined ? undefined : from + query.top)
  return { columns, rows, total: found.length }
}

function columnOf({ name: report, columns }: ReportTable, name: string, at: string): Column {
  const found = columns.find((column) => column.name.toLowerCase() === name.trim().toLowerCase())
  if (found) return found
  throw new CodedError('graph/bad-body', `the report ${report} has no column ${name}`, { at })
}

function testOf(table: ReportTable, { filter, search }: ReportQuery): RowTest {
  const byFilter = filter?.trim() ? parseReportFilter(filter, table.columns) : () => true
  const wanted = search?.trim().toLowerCase() ?? ''
  if (wanted === '') return byFilter
  return (row) =>
    byFilter(row) &&
    Object.values(row).some((value) => typeof value === 'string' && value.toLowerCase().includes(wanted))
}

function orderOf(table: ReportTable, orderBy: readonly string[]): ((a: Row, b: Row) => number) | undefined {
  if (orderBy.length === 0) return undefined
  const keys = orderBy.map((text) => {
    const [name = '', direction] = text.trim().split(/\s+/)
    return { name: columnOf(table, name, 'orderBy').name, sign: direction?.toLowerCase() === 'desc' ? -1 : 1 }
  })
  return (a, b) => {
    for (const { name, sign } of keys) {
      const order = compare(a[name] ?? null, b[name] ?? null)
      if (order !== 0) return sign * order
    }
    return 0
  }
}

/** Nothing comes first. */
function compare(a: Cell, b: Cell): number {
  if (a === b) return 0
  if (a === null) return -1
  if (b === null) return 1
  return a < b ? -1 : 1
}

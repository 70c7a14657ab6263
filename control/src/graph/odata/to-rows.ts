import type { RowFilter } from '../../app/row-query.ts'
import type { Filter, LiteralValue, Operand } from './expression.ts'
import { fold } from './values.ts'

/** Columns by the path of the property that they hold, in lower case: `assignedto/id`. */
export type ColumnMap<C extends string> = Readonly<Record<string, C>>

/** A filter in two parts: what the store can answer, and what remains to be asked of the entities that it yields. */
export interface SplitFilter<C extends string> {
  readonly rows?: RowFilter<C>
  readonly rest?: Filter
}

/** All that the store can answer goes to the store: of `and` each part by itself, everything else as a whole. */
export function splitFilter<C extends string>(filter: Filter, columns: ColumnMap<C>): SplitFilter<C> {
  const parts = filter.kind === 'and' ? filter.operands : [filter]
  const rows: RowFilter<C>[] = []
  const rest: Filter[] = []
  for (const part of parts) {
    const compiled = toRows(part, columns)
    if (compiled) rows.push(compiled)
    else rest.push(part)
  }
  return {
    ...(rows.length === 0 ? {} : { rows: rows.length === 1 ? (rows[0] as RowFilter<C>) : { op: 'and', of: rows } }),
    ...(rest.length === 0 ? {} : { rest: rest.length === 1 ? (rest[0] as Filter) : { kind: 'and', operands: rest } }),
  }
}

function toRows<C extends string>(filter: Filter, columns: ColumnMap<C>): RowFilter<C> | undefined {
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const parts = filter.operands.map((operand) => toRows(operand, columns))
      const isWhole = parts.every((part) => part !== undefined)
      return isWhole ? { op: filter.kind, of: parts } : undefined
    }
    case 'not': {
      const of = toRows(filter.operand, columns)
      return of && { op: 'not', of }
    }
    case 'comparison':
      return comparisonRows(filter, columns)
    case 'in': {
      const column = columnOf(filter.operand, columns)
      if (column === undefined) return undefined
      const values = filter.values.filter((value) => value !== null).map(stored)
      const isIn: RowFilter<C> = { op: 'in', column, values }
      if (values.length === filter.values.length) return isIn
      return { op: 'or', of: [isIn, { op: 'eq', column, value: null }] }
    }
    case 'text': {
      const column = columnOf(filter.operand, columns)
      if (column === undefined || filter.part.kind !== 'literal') return undefined
      const { value } = filter.part
      return typeof value === 'string' ? { op: filter.test, column, value: fold(value) } : undefined
    }
    case 'truth': {
      const column = columnOf(filter.operand, columns)
      return column === undefined ? undefined : { op: 'eq', column, value: 1 }
    }
    default:
      return undefined
  }
}

const flipped = { eq: 'eq', ne: 'ne', gt: 'lt', ge: 'le', lt: 'gt', le: 'ge' } as const

function comparisonRows<C extends string>(
  { left, right, operator }: Extract<Filter, { kind: 'comparison' }>,
  columns: ColumnMap<C>,
): RowFilter<C> | undefined {
  const isFlipped = left.kind === 'literal'
  const literal = isFlipped ? left : right
  const column = columnOf(isFlipped ? right : left, columns)
  if (column === undefined || literal.kind !== 'literal') return undefined
  const value = literal.value === null ? null : stored(literal.value)
  return { op: isFlipped ? flipped[operator] : operator, column, value }
}

/** A value as columns hold it. */
const stored = (value: Exclude<LiteralValue, null>): string | number =>
  typeof value === 'string' ? fold(value) : Number(value)

/** The column of a path. */
function columnOf<C extends string>(operand: Operand, columns: ColumnMap<C>): C | undefined {
  if (operand.kind !== 'path' || operand.path.from !== 0) return undefined
  const names = operand.path.steps.map((step) => (step.kind === 'property' ? step.name : '?'))
  const name = names.join('/').toLowerCase()
  return Object.hasOwn(columns, name) ? columns[name] : undefined
}

/** The columns of `$orderby`; undefined when one of its paths has none. */
export function orderColumns<C extends string>(
  orderBy: readonly { readonly operand: Operand; readonly descending: boolean }[],
  columns: ColumnMap<C>,
): readonly { readonly column: C; readonly descending: boolean }[] | undefined {
  const keys = orderBy.map(({ operand, descending }) => ({ column: columnOf(operand, columns), descending }))
  return keys.every((key): key is { column: C; descending: boolean } => key.column !== undefined) ? keys : undefined
}

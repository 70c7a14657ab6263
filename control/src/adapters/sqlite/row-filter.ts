import type { SQLInputValue } from 'node:sqlite'
import { CodedError } from '@muster/shared/core'
import type { DeviceColumn, DeviceQuery, RowFilter } from '../../app/ports.ts'
import { LISTED, list } from './rows.ts'

/** A piece of SQL with its parameters. */
export interface Sql {
  readonly text: string
  readonly values: readonly SQLInputValue[]
}

const expressionOf = (column: DeviceColumn): string =>
  column === 'userPrincipalName' ? 'directory_user.principalName' : `device.${column}`

/** Text columns compare without regard to case, as Graph does; times and ids do not need it. */
const isText = (column: DeviceColumn): boolean => !column.endsWith('Ms')

const operators = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' } as const

/** A filter as SQL over the device table joined with its users. */
export function compileFilter(filter: RowFilter): Sql {
  switch (filter.op) {
    case 'and':
    case 'or': {
      const parts = filter.of.map(compileFilter)
      const empty = filter.op === 'and' ? '1' : '0'
      return {
        text: parts.length === 0 ? empty : `(${parts.map(({ text }) => text).join(` ${filter.op.toUpperCase()} `)})`,
        values: parts.flatMap(({ values }) => values),
      }
    }
    case 'not': {
      const { text, values } = compileFilter(filter.of)
      // A comparison with an absent value is neither true nor false in SQL; in OData its negation is true.
      return { text: `NOT coalesce(${text}, 0)`, values }
    }
    case 'in':
      return {
        text: `${expressionOf(filter.column)}${isText(filter.column) ? ' COLLATE NOCASE' : ''} IN ${LISTED}`,
        values: [list(filter.values)],
      }
    default:
      return compileComparison(filter.op, filter.column, filter.value)
  }
}

type Comparison = Exclude<RowFilter, { op: 'and' | 'or' | 'not' | 'in' }>

function compileComparison(op: Comparison['op'], column: DeviceColumn, value: Comparison['value']): Sql {
  const expression = expressionOf(column)
  if (value === null) {
    if (op === 'eq') return { text: `${expression} IS NULL`, values: [] }
    if (op === 'ne') return { text: `${expression} IS NOT NULL`, values: [] }
    return { text: '0', values: [] }
  }
  const collation = isText(column) ? ' COLLATE NOCASE' : ''
  switch (op) {
    case 'startsWith':
      return { text: `lower(substr(${expression}, 1, length(?))) = lower(?)`, values: [value, value] }
    case 'endsWith':
      return { text: `lower(substr(${expression}, -length(?))) = lower(?)`, values: [value, value] }
    case 'contains':
      return { text: `instr(lower(${expression}), lower(?)) > 0`, values: [value] }
    case 'ne':
      return { text: `(${expression} IS NULL OR ${expression} <> ?${collation})`, values: [value] }
    default:
      return { text: `${expression} ${operators[op]} ?${collation}`, values: [value] }
  }
}

type Order = DeviceQuery['orderBy']

/** How rows are ordered and where each stands in that order. An absent value counts as the empty text. */
export function keysetOf(order: Order): {
  readonly select: string
  readonly orderBy: string
  readonly token: (row: Record<string, unknown>) => string
} {
  const expression = (column: DeviceColumn): string => `coalesce(${expressionOf(column)}, '')`
  return {
    select: order.map(({ column }, index) => `${expression(column)} AS key${index}`).join(', '),
    orderBy: order.map(({ column, descending }) => `${expression(column)}${descending ? ' DESC' : ''}`).join(', '),
    token: (row) => Buffer.from(JSON.stringify(order.map((_, index) => row[`key${index}`]))).toString('base64url'),
  }
}

/** Rows behind the one that a token names. Refuses a token of another order with `graph/bad-skiptoken`. */
export function compileKeyset(order: Order, token: string): Sql {
  const keys = readToken(token)
  if (keys?.length !== order.length)
    throw new CodedError('graph/bad-skiptoken', 'the skip token is not one of this query')
  const alternatives = order.map(({ column, descending }, index) => {
    const equal = order.slice(0, index).map((before) => `coalesce(${expressionOf(before.column)}, '') = ?`)
    const beyond = `coalesce(${expressionOf(column)}, '') ${descending ? '<' : '>'} ?`
    return { text: `(${[...equal, beyond].join(' AND ')})`, values: keys.slice(0, index + 1) }
  })
  return {
    text: `(${alternatives.map(({ text }) => text).join(' OR ')})`,
    values: alternatives.flatMap(({ values }) => values),
  }
}

function readToken(token: string): (string | number)[] | undefined {
  try {
    const keys: unknown = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'))
    if (!Array.isArray(keys)) return undefined
    return keys.every((key) => typeof key === 'string' || typeof key === 'number') ? keys : undefined
  } catch {
    return undefined
  }
}

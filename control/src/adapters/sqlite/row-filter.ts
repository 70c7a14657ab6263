import type { SQLInputValue } from 'node:sqlite'
import type { RowFilter } from '../../app/row-query.ts'
import { LISTED, list } from './rows.ts'

/** A piece of SQL with its parameters. */
export interface Sql {
  readonly text: string
  readonly values: readonly SQLInputValue[]
}

/** How a column is written in SQL. Texts in it are folded. */
export interface ColumnSql {
  readonly sql: string
  /** An index has its order. */
  readonly indexed?: true
  /** The column of another table that a key of this row leads to; '' where it leads nowhere. */
  readonly through?: { readonly key: string; readonly table: string; readonly column: string }
}

export type ColumnsSql<C extends string> = Readonly<Record<C, ColumnSql>>

type Leaf<C extends string> = Exclude<RowFilter<C>, { op: 'and' | 'or' | 'not' | 'memberOf' }>

const operators = { eq: '=', gt: '>', ge: '>=', lt: '<', le: '<=' } as const

/** A filter as a condition; it is NULL where a comparison with an absent value leaves it open, which counts as false. */
export function compileFilter<C extends string>(filter: RowFilter<C>, columns: ColumnsSql<C>): Sql {
  switch (filter.op) {
    case 'and':
    case 'or': {
      const parts = filter.of.map((part) => compileFilter(part, columns))
      const empty = filter.op === 'and' ? '1' : '0'
      return {
        text: parts.length === 0 ? empty : `(${parts.map(({ text }) => text).join(` ${filter.op.toUpperCase()} `)})`,
        values: parts.flatMap(({ values }) => values),
      }
    }
    case 'not': {
      const { text, values } = compileFilter(filter.of, columns)
      return { text: `NOT coalesce(${text}, 0)`, values }
    }
    case 'memberOf': {
      const { sql } = columns['id' as C]
      const within = `WITH RECURSIVE within (id) AS (SELECT value FROM json_each(?) UNION
        SELECT memberId FROM group_member JOIN within ON groupId = within.id WHERE type = 'group')`
      const members = `${within} SELECT memberId FROM group_member WHERE groupId IN (SELECT id FROM within)`
      return { text: `${sql} IN (${members})`, values: [list(filter.groupIds)] }
    }
    default: {
      const { sql, through } = columns[filter.column]
      return through ? throughKey(filter, through) : compileLeaf(filter, sql)
    }
  }
}

/** A condition on what a key leads to, which an index on the key can answer. */
function throughKey<C extends string>(leaf: Leaf<C>, { key, table, column }: NonNullable<ColumnSql['through']>): Sql {
  const isEmptyToo = holdsForEmpty(leaf)
  // An index is on the bare column, where an absent value is not the empty text; that matters for few conditions.
  const isBare = !isEmptyToo && leaf.op !== 'ne' && (leaf.op === 'in' || leaf.value !== null)
  const { text, values } = compileLeaf(leaf, isBare ? column : `coalesce(${column}, '')`)
  if (!isEmptyToo) return { text: `${key} IN (SELECT id FROM ${table} WHERE ${text})`, values }
  // A key that leads nowhere counts as well: all but those who fail.
  return {
    text: `(${key} IS NULL OR ${key} NOT IN (SELECT id FROM ${table} WHERE NOT coalesce(${text}, 0)))`,
    values,
  }
}

/** Whether a condition holds for the empty text. */
function holdsForEmpty<C extends string>(leaf: Leaf<C>): boolean {
  if (leaf.op === 'in') return leaf.values.includes('')
  if (leaf.value === null) return leaf.op === 'ne'
  const isEmpty = leaf.value === ''
  return { eq: isEmpty, ne: !isEmpty, gt: false, ge: isEmpty, lt: !isEmpty, le: true }[leaf.op as 'eq'] ?? isEmpty
}

function compileLeaf<C extends string>(leaf: Leaf<C>, sql: string): Sql {
  if (leaf.op === 'in') return { text: `${sql} IN ${LISTED}`, values: [list(leaf.values)] }
  const { op, value } = leaf
  if (value === null) {
    if (op === 'eq') return { text: `${sql} IS NULL`, values: [] }
    return { text: op === 'ne' ? `${sql} IS NOT NULL` : '0', values: [] }
  }
  switch (op) {
    case 'ne':
      return { text: `${sql} IS NOT ?`, values: [value] }
    case 'startsWith':
      // The lower bound is there for an index.
      return { text: `(${sql} >= ? AND instr(${sql}, ?) = 1)`, values: [value, value] }
    case 'contains':
      return { text: `instr(${sql}, ?) > 0`, values: [value] }
    case 'endsWith':
      // In bytes, because SQLite counts characters up to the first NUL only.
      return value === ''
        ? { text: `${sql} IS NOT NULL`, values: [] }
        : {
            text: `substr(CAST(${sql} AS BLOB), -length(CAST(? AS BLOB))) = CAST(? AS BLOB)`,
            values: [value, value],
          }
    default:
      return { text: `${sql} ${operators[op]} ?`, values: [value] }
  }
}

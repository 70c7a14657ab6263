import { compilePath, type Entity } from './evaluate.ts'
import type { Ordering } from './expression.ts'
import { parseValue } from './operands.ts'
import type { OrderKey } from './query.ts'
import type { Shape, Types } from './shape.ts'
import { Tokens } from './tokens.ts'
import { type Comparable, comparable, compareComparables } from './values.ts'

const KEYS_MAX = 10

/**
 * `$orderby`: paths with `asc` or `desc`, with commas between them.
 * @throws CodedError `graph/bad-query`
 */
export function parseOrderBy(text: string | undefined, shape: Shape, types: Types): readonly OrderKey[] {
  if (text === undefined || text.trim() === '') return []
  const tokens = new Tokens(text, '$orderby')
  const keys: OrderKey[] = []
  do {
    const { token } = tokens
    const operand = parseValue(tokens, { types, shape, variables: [] })
    if (operand.kind !== 'path' || operand.type.kind === 'structured' || operand.type.kind === 'collection')
      tokens.refuse('only properties with a simple value can be ordered by', token)
    const descending = tokens.skipWord('desc')
    if (!descending) tokens.skipWord('asc')
    keys.push({ operand, descending })
    if (keys.length > KEYS_MAX) tokens.refuse(`there are more than ${KEYS_MAX} keys`)
  } while (tokens.skip(','))
  tokens.end()
  return keys
}

/** What an entity is ordered by; absent values come first. */
export type SortKey = Comparable | null

/** Reads an entity's sort keys. */
export function sortKeysOf(orderBy: readonly OrderKey[]): (entity: Entity) => readonly SortKey[] {
  const readers = orderBy.map(({ operand }) => {
    const read = operand.kind === 'path' ? compilePath(operand.path) : () => null
    const by: Ordering =
      operand.type.kind === 'enum' ? 'text' : isOrdering(operand.type.kind) ? operand.type.kind : 'unknown'
    return (entity: Entity): SortKey => keyOf(read([entity]), by)
  })
  return (entity) => readers.map((read) => read(entity))
}

const keyOf = (value: unknown, by: Ordering): SortKey =>
  value === null || value === undefined ? null : (comparable(value, by) ?? null)

const isOrdering = (kind: string): kind is Ordering => ['text', 'number', 'boolean', 'time'].includes(kind)

export function compareKeys(
  orderBy: readonly Pick<OrderKey, 'descending'>[],
  one: readonly SortKey[],
  other: readonly SortKey[],
): number {
  for (const [index, { descending }] of orderBy.entries()) {
    const order = compareKey(one[index] ?? null, other[index] ?? null)
    if (order !== 0) return descending ? -order : order
  }
  return 0
}

function compareKey(one: SortKey, other: SortKey): number {
  if (one === null || other === null) return Number(one !== null) - Number(other !== null)
  const order = compareComparables(one, other)
  // Values of different types, which only what the model does not know can have, go by their type.
  return order ?? (typeof one < typeof other ? -1 : 1)
}

import { compileFilter, type Entity, isOf } from './evaluate.ts'
import { compareKeys, type SortKey, sortKeysOf } from './order-by.ts'
import type { Query } from './query.ts'
import { badToken, openToken, sealToken } from './skip-token.ts'
import { compareText } from './values.ts'

/** What is asked of a collection, beside its query. */
export interface Wanted {
  readonly query: Query
  /** Only entities of these types, names in lower case. */
  readonly cast?: ReadonlySet<string>
  /** What entities are that do not say. */
  readonly entityType: string
  readonly pageSize: number
  /** What a skip token goes with. */
  readonly bound: string
}

export interface Page {
  readonly entities: readonly Entity[]
  /** All that match, when the query asks for it. */
  readonly count?: number
  /** Skip token of the next page. */
  readonly next?: string
}

/** Whether an entity is one of those that a query is about. */
export function matcherOf({
  query,
  cast,
  entityType,
}: Omit<Wanted, 'pageSize' | 'bound'>): (entity: Entity) => boolean {
  const tests = [
    ...(cast ? [(entity: Entity) => isOf(entity, cast, entityType)] : []),
    ...(query.filter ? [compileFilter(query.filter, entityType)] : []),
    ...(query.search ? [query.search] : []),
  ]
  return (entity) => tests.every((test) => test(entity))
}

/**
 * A page of a collection that is in memory. Without `$orderby` the collection's own order holds. A token names the last
 * entity of its page, so that what comes and goes meanwhile makes no other entity be repeated or left out.
 */
export function memoryPageOf(all: readonly Entity[], wanted: Wanted): Page {
  const { query, pageSize, bound } = wanted
  const matching = all.filter(matcherOf(wanted))
  const rows = query.orderBy.length === 0 ? matching : ordered(matching, query)
  const from = query.skipToken === undefined ? query.skip : startOf(rows, query, openToken(query.skipToken, bound))
  const entities = rows.slice(from, from + pageSize)
  const last = entities.at(-1)
  const hasMore = last !== undefined && from + entities.length < rows.length
  return {
    entities,
    ...(query.count ? { count: matching.length } : {}),
    ...(hasMore ? { next: sealToken(place(last, from + entities.length, query), bound) } : {}),
  }
}

/** Where a page ended: the keys of its last entity when there is an order, else how many came before. */
interface Place {
  readonly id: string
  readonly at: number
  readonly keys: readonly SortKey[]
}

const isPlace = (token: unknown): token is Place =>
  typeof token === 'object' &&
  token !== null &&
  'id' in token &&
  'at' in token &&
  Number.isInteger(token.at) &&
  'keys' in token &&
  Array.isArray(token.keys)

const idOf = (entity: Entity): string => String(entity['id'] ?? '')

const place = (last: Entity, at: number, { orderBy }: Query): Place => ({
  id: idOf(last),
  at,
  keys: sortKeysOf(orderBy)(last),
})

function ordered(entities: readonly Entity[], { orderBy }: Query): readonly Entity[] {
  const keysOf = sortKeysOf(orderBy)
  return entities
    .map((entity) => ({ entity, keys: keysOf(entity), id: idOf(entity) }))
    .sort((one, other) => compareKeys(orderBy, one.keys, other.keys) || compareText(one.id, other.id))
    .map(({ entity }) => entity)
}

function startOf(rows: readonly Entity[], { orderBy }: Query, token: unknown): number {
  if (!isPlace(token)) return badToken()
  const { id, at, keys } = token
  if (orderBy.length > 0) {
    const keysOf = sortKeysOf(orderBy)
    const isBehind = (row: Entity): boolean =>
      (compareKeys(orderBy, keysOf(row), keys) || compareText(idOf(row), id)) > 0
    const start = rows.findIndex(isBehind)
    return start < 0 ? rows.length : start
  }
  const before = rows[at - 1]
  if (before && idOf(before) === id) return at
  const moved = rows.findIndex((row) => idOf(row) === id)
  return moved < 0 ? at : moved + 1
}

import { CodedError } from '@muster/shared/core'
import type { Queryable, RowFilter, RowKeys, RowQuery } from '../../app/row-query.ts'
import type { Entity } from './evaluate.ts'
import { matcherOf, memoryPageOf, type Page, type Wanted } from './page.ts'
import { badToken, openToken, sealToken } from './skip-token.ts'
import { type ColumnMap, orderColumns, splitFilter } from './to-rows.ts'

/** A collection that is in the store, too large to be read whole. */
export interface RowSource<T, C extends string> extends Queryable<T, C> {
  readonly columns: ColumnMap<C>
  /** In the same order. */
  entities(rows: readonly T[]): Promise<readonly Entity[]>
  /** Order without `$orderby`. @default by id */
  readonly order?: RowQuery<C>['orderBy']
}

/** Of a collection what a condition leaves of it. */
export function within<T, C extends string>(source: RowSource<T, C>, seen: RowFilter<C> | undefined): RowSource<T, C> {
  if (!seen) return source
  const both = (filter: RowFilter<C> | undefined): RowFilter<C> => (filter ? { op: 'and', of: [seen, filter] } : seen)
  return {
    ...source,
    query: (query) => source.query({ ...query, filter: both(query.filter) }),
    count: (filter) => source.count(both(filter)),
  }
}

/** Rows that are read at once while entities are looked through. */
const BATCH = 1_000
/** Rows that are looked through for one page; then the page ends early, and its link goes on. */
const SCAN_MAX = 20_000
/** Rows that are read to order by what has no column, or to count by it. */
const MEMORY_MAX = 20_000

/**
 * A page of what is in the store. What columns can answer, they do; the rest of the filter is asked of the entities, a
 * bounded number of them for each page.
 * @throws CodedError `graph/bad-query` for an order that no column has, when there are too many rows to put in order here
 */
export async function rowPageOf<T, C extends string>(source: RowSource<T, C>, wanted: Wanted): Promise<Page> {
  const { query, pageSize, bound } = wanted
  const { rows: filter, rest } = query.filter ? splitFilter(query.filter, source.columns) : {}
  const order = query.orderBy.length === 0 ? (source.order ?? []) : orderColumns(query.orderBy, source.columns)
  if (!order) return memoryPageOf(await all(source, filter, '$orderby'), wanted)
  const matches = restOf(wanted, rest)
  const count = query.count ? await countOf(source, filter, matches) : undefined
  const after = query.skipToken === undefined ? undefined : keysIn(openToken(query.skipToken, bound), order)
  const start = { ...(filter ? { filter } : {}), orderBy: order }
  const skip = after ? 0 : query.skip
  const { entities, next } = matches
    ? await scan(source, start, { after, skip, pageSize, matches })
    : await read(source, start, { after, skip, pageSize })
  return {
    entities,
    ...(count === undefined ? {} : { count }),
    ...(next ? { next: sealToken(next, bound) } : {}),
  }
}

/** The keys of a token: one for each column, and the id. */
function keysIn(token: unknown, order: readonly unknown[]): RowKeys {
  const isKey = (key: unknown): boolean => key === null || typeof key === 'string' || typeof key === 'number'
  const isOfOrder = Array.isArray(token) && Math.abs(token.length - order.length) <= 1 && token.every(isKey)
  return isOfOrder ? (token as RowKeys) : badToken()
}

type Start<C extends string> = Pick<RowQuery<C>, 'filter' | 'orderBy'>
type Matches = (entity: Entity) => boolean
interface Place {
  readonly after: RowKeys | undefined
  readonly skip: number
  readonly pageSize: number
}

/** The test that remains to be made of entities; undefined when the store has made all of them. */
function restOf(wanted: Wanted, rest: Wanted['query']['filter']): Matches | undefined {
  const { query, cast, entityType } = wanted
  if (!rest && !query.search && !cast) return undefined
  const { filter: _, ...others } = query
  return matcherOf({ query: { ...others, ...(rest ? { filter: rest } : {}) }, entityType, ...(cast ? { cast } : {}) })
}

async function read<T, C extends string>(
  source: RowSource<T, C>,
  start: Start<C>,
  { after, skip, pageSize }: Place,
): Promise<{ entities: readonly Entity[]; next?: RowKeys | undefined }> {
  if (pageSize === 0) return { entities: [] }
  const { rows, more } = await source.query({ ...start, limit: pageSize, skip, ...(after ? { after } : {}) })
  const entities = await source.entities(rows.map(({ row }) => row))
  return { entities, next: more ? rows.at(-1)?.keys : undefined }
}

async function scan<T, C extends string>(
  source: RowSource<T, C>,
  start: Start<C>,
  { after, skip, pageSize, matches }: Place & { readonly matches: Matches },
): Promise<{ entities: readonly Entity[]; next?: RowKeys | undefined }> {
  const found: Entity[] = []
  let toSkip = skip
  let at = after
  // Entities that are skipped must be looked through as well, however many there are.
  for (let scanned = 0; pageSize > 0 && (scanned < SCAN_MAX || toSkip > 0); scanned += BATCH) {
    const { rows, more } = await source.query({ ...start, limit: BATCH, ...(at ? { after: at } : {}) })
    const entities = await source.entities(rows.map(({ row }) => row))
    for (const [index, entity] of entities.entries()) {
      at = rows[index]?.keys ?? at
      if (!matches(entity)) continue
      if (toSkip > 0) {
        toSkip--
        continue
      }
      found.push(entity)
      if (found.length === pageSize) return { entities: found, next: more || index < rows.length - 1 ? at : undefined }
    }
    if (!more) return { entities: found }
  }
  return { entities: found, next: at }
}

async function countOf<T, C extends string>(
  source: RowSource<T, C>,
  filter: RowFilter<C> | undefined,
  matches: Matches | undefined,
): Promise<number> {
  if (!matches) return source.count(filter)
  return (await all(source, filter, '$count')).filter(matches).length
}

/** Everything that the store finds, if it is not too much. */
async function all<T, C extends string>(
  source: RowSource<T, C>,
  filter: RowFilter<C> | undefined,
  option: string,
): Promise<readonly Entity[]> {
  if ((await source.count(filter)) > MEMORY_MAX) {
    const message = `${option} asks for what has no column here, of more than ${MEMORY_MAX} entities: narrow it with a $filter.`
    throw new CodedError('graph/bad-query', message, { at: option })
  }
  const found: Entity[] = []
  for (let after: RowKeys | undefined; ; ) {
    const { rows, more } = await source.query({
      ...(filter ? { filter } : {}),
      orderBy: [],
      limit: BATCH,
      ...(after ? { after } : {}),
    })
    found.push(...(await source.entities(rows.map(({ row }) => row))))
    after = rows.at(-1)?.keys
    if (!more) return found
  }
}

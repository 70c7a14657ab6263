import { CodedError } from '@muster/shared/core'
import { parseExpand } from './expand.ts'
import type { Filter, Operand } from './expression.ts'
import { parseFilter } from './filter.ts'
import type { Options } from './options.ts'
import { parseOrderBy } from './order-by.ts'
import { parseSearch, type Search } from './search.ts'
import { parseSelect } from './select.ts'
import type { Shape, Types } from './shape.ts'

/** What a request asks of a collection or of an entity, names and types checked. */
export interface Query {
  readonly filter?: Filter
  /** Names in lower case; empty for all properties. */
  readonly select: ReadonlySet<string>
  readonly expand: readonly Expansion[]
  readonly orderBy: readonly OrderKey[]
  readonly search?: Search
  readonly top?: number
  readonly skip: number
  readonly skipToken?: string
  readonly deltaToken?: string
  readonly count: boolean
  /** As given, for links and for what a resource reads by itself. */
  readonly options: Options
}

/** A navigation property that is to be shown with each entity, and what is asked of it. */
export interface Expansion {
  readonly name: string
  /** Only members of these types, names in lower case. */
  readonly cast?: ReadonlySet<string>
  readonly query: Query
}

export interface OrderKey {
  readonly operand: Operand
  readonly descending: boolean
}

/** A query that asks for nothing in particular. */
export const EMPTY_QUERY: Query = {
  select: new Set(),
  expand: [],
  orderBy: [],
  skip: 0,
  count: false,
  options: new Map(),
}

/**
 * Read query options against what rows look like. `depth` is how deep an expansion stands.
 * @throws CodedError `graph/bad-query`
 */
export function parseQuery(options: Options, shape: Shape, types: Types, depth = 0): Query {
  const filter = options.get('filter')
  const search = options.get('search')
  const top = options.get('top')
  const skipToken = options.get('skiptoken')
  const deltaToken = options.get('deltatoken')
  return {
    ...(filter === undefined ? {} : { filter: parseFilter(filter, shape, types) }),
    select: parseSelect(options.get('select'), shape, types),
    expand: parseExpand(options.get('expand'), shape, types, depth),
    orderBy: parseOrderBy(options.get('orderby'), shape, types),
    ...(search === undefined ? {} : { search: parseSearch(search, shape) }),
    ...(top === undefined ? {} : { top: wholeNumber(top, '$top') }),
    skip: wholeNumber(options.get('skip') ?? '0', '$skip'),
    ...(skipToken === undefined ? {} : { skipToken }),
    ...(deltaToken === undefined ? {} : { deltaToken }),
    count: truth(options.get('count')),
    options,
  }
}

const WHOLE_MAX = 2 ** 31 - 1

function wholeNumber(text: string, option: string): number {
  const value = Number(text)
  if (/^\d{1,10}$/.test(text.trim()) && value <= WHOLE_MAX) return value
  throw new CodedError(
    'graph/bad-query',
    `Invalid value '${text.slice(0, 32)}' for ${option} query option found. The ${option} query option requires a non-negative integer value.`,
    { at: option },
  )
}

function truth(text: string | undefined): boolean {
  const word = text?.trim().toLowerCase() ?? 'false'
  if (word === 'true' || word === 'false') return word === 'true'
  throw new CodedError(
    'graph/bad-query',
    `Invalid value '${word.slice(0, 32)}' for $count query option found. Valid values are 'true' or 'false'.`,
    { at: '$count' },
  )
}

import { CodedError } from '@muster/shared/core'
import { parseODataFilter } from '../domain/rules/index.ts'
import { type GraphAnswer, type GraphRequest, orRefuse } from './graph-request.ts'

type Entity = Readonly<Record<string, unknown>>

/** Page size without `$top`, and the largest that is served. */
const TOP_DEFAULT = 100
export const TOP_MAX = 1_000

export function topOf({ query }: GraphRequest): number {
  if (query['top'] === undefined) return TOP_DEFAULT
  const top = Number(query['top'])
  if (!Number.isInteger(top) || top < 0)
    throw new CodedError('graph/bad-query', '$top must be a whole number', { at: '$top' })
  return Math.min(top, TOP_MAX)
}

/** `$select` on one entity. */
export function selected(entity: Entity, { query }: GraphRequest): Entity {
  const names = query['select']
    ?.split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '*')
  if (!names?.length) return entity
  const wanted = new Set(['id', '@odata.type', ...names].map((name) => name.toLowerCase()))
  return Object.fromEntries(Object.entries(entity).filter(([name]) => wanted.has(name.toLowerCase())))
}

export const contextOf = ({ root }: GraphRequest, set: string): string => `${root}/$metadata#${set}`

export function entityAnswer(request: GraphRequest, set: string, entity: Entity, status = 200): GraphAnswer {
  return { status, body: { '@odata.context': contextOf(request, `${set}/$entity`), ...selected(entity, request) } }
}

/** A page that the store has filtered and ordered already. */
export function pageAnswer(
  request: GraphRequest,
  set: string,
  page: { readonly entities: readonly Entity[]; readonly count?: number; readonly next?: string },
): GraphAnswer {
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(request, set),
      ...(page.count === undefined ? {} : { '@odata.count': page.count }),
      ...(page.next === undefined ? {} : { '@odata.nextLink': nextLink(request, page.next) }),
      value: page.entities.map((entity) => selected(entity, request)),
    },
  }
}

function nextLink({ root, path, query }: GraphRequest, token: string): string {
  const options = Object.entries({ ...query, skiptoken: token }).filter(([name]) => name !== 'skip')
  return `${root}${path}?${options.map(([name, value]) => `$${name}=${encodeURIComponent(value)}`).join('&')}`
}

/** A collection that is small enough to be filtered, ordered and paged in memory. */
export function memoryPage(request: GraphRequest, set: string, all: readonly Entity[]): GraphAnswer {
  const { query } = request
  const filter = query['filter'] === undefined ? undefined : orRefuse(parseODataFilter(query['filter']))
  const matching = filter ? all.filter((entity) => filter.matches(entity as never)) : all
  const ordered = query['orderby'] === undefined ? matching : [...matching].sort(orderBy(query['orderby']))
  const from = skipOf(query['skiptoken'] ?? query['skip'])
  const top = topOf(request)
  const hasMore = from + top < ordered.length
  return pageAnswer(request, set, {
    entities: ordered.slice(from, from + top),
    ...(query['count'] === 'true' ? { count: matching.length } : {}),
    ...(hasMore && top > 0 ? { next: String(from + top) } : {}),
  })
}

function skipOf(text: string | undefined): number {
  const skip = Number(text ?? 0)
  if (!Number.isInteger(skip) || skip < 0)
    throw new CodedError('graph/bad-skiptoken', 'the skip token is not one of this query')
  return skip
}

function orderBy(text: string): (a: Entity, b: Entity) => number {
  const keys = text.split(',').map((part) => {
    const [name = '', direction] = part.trim().split(/\s+/)
    return { name, sign: direction?.toLowerCase() === 'desc' ? -1 : 1 }
  })
  return (a, b) => {
    for (const { name, sign } of keys) {
      const left = String(a[name] ?? '')
      const right = String(b[name] ?? '')
      if (left !== right) return (left < right ? -1 : 1) * sign
    }
    return 0
  }
}

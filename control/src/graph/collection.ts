import type { GraphAnswer, GraphRequest } from './graph-request.ts'
import type { Entity } from './odata/evaluate.ts'
import { memoryPageOf, type Page, type Wanted } from './odata/page.ts'
import { selected } from './odata/select.ts'
import { reachesEntity } from './roles/reach.ts'

export const contextOf = ({ root }: GraphRequest, set: string): string => `${root}/$metadata#${set}`

export function entityAnswer(request: GraphRequest, set: string, entity: Entity, status = 200): GraphAnswer {
  const shown = selected(entity, shownOf(request))
  return { status, body: { '@odata.context': contextOf(request, `${set}/$entity`), ...shown } }
}

/** Names that are selected, and those that are expanded; none for all. */
function shownOf({ query: { select, expand } }: GraphRequest): ReadonlySet<string> {
  return select.size === 0 ? select : new Set([...select, ...expand.map(({ name }) => name.toLowerCase())])
}

/** A page that has been filtered and ordered already. */
export function pageAnswer(request: GraphRequest, set: string, { entities, count, next }: Page): GraphAnswer {
  return {
    status: 200,
    body: {
      '@odata.context': contextOf(request, set),
      ...(count === undefined ? {} : { '@odata.count': count }),
      ...(next === undefined ? {} : { '@odata.nextLink': linkWith(request, 'skiptoken', next) }),
      value: entities.map((entity) => selected(entity, shownOf(request))),
    },
  }
}

/** The request's own address, to go on with a token. */
export function linkWith({ root, path, query }: GraphRequest, name: 'skiptoken' | 'deltatoken', token: string): string {
  const kept = [...query.options].filter(([option]) => !['skip', 'skiptoken', 'deltatoken'].includes(option))
  const text = [...kept, [name, token]]
    .map(([option, value]) => `$${option}=${encodeURIComponent(value ?? '')}`)
    .join('&')
  return `${root}${path}?${text}`
}

/** What a request wants of a collection. */
export function wantedOf({ query, cast, yields, pageSize, path, tenantId }: GraphRequest): Wanted {
  const bound = [tenantId, path.toLowerCase(), ...boundOptions.map((name) => query.options.get(name) ?? '')].join('\n')
  return { query, ...(cast ? { cast } : {}), entityType: yields.type ?? '', pageSize, bound }
}

/** Options that decide which entities come in which order. */
const boundOptions = ['filter', 'search', 'orderby'] as const

/** A collection that is small enough to be filtered, ordered and paged in memory: of it what the sender may see. */
export function memoryPage(request: GraphRequest, set: string, all: readonly Entity[]): GraphAnswer {
  const seen = request.reach.access ? all.filter((entity) => reachesEntity(request.reach, entity)) : all
  return pageAnswer(request, set, memoryPageOf(seen, wantedOf(request)))
}

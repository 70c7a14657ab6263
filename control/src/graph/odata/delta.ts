import { CodedError, DAY_MS } from '@muster/shared/core'
import type { DirectoryChanges } from '../../app/directory-changes.ts'
import type { RowKeys } from '../../app/row-query.ts'
import type { DirectoryChange, DirectoryKind } from '../../domain/directory-change.ts'
import type { Entity } from './evaluate.ts'
import { badToken, openToken, sealToken } from './skip-token.ts'

/** One kind of entity that clients ask for changes of. */
export interface DeltaSource {
  readonly kind: 'user' | 'group' | 'device'
  /** Other changes that count as changes of an entity, by the entity's id: who is in a group. */
  readonly parts?: readonly DirectoryKind[]
  page(
    after: RowKeys | undefined,
    limit: number,
  ): Promise<{ readonly entities: readonly Entity[]; readonly keys: RowKeys | undefined; readonly more: boolean }>
  byId(ids: readonly string[]): Promise<readonly Entity[]>
  /** What an entity shows of changed parts: ids of parts with whether they are gone. Of all parts in a first reading. */
  shown?(entity: Entity, parts: ReadonlyMap<string, boolean> | 'all'): Promise<Entity>
}

export interface DeltaPage {
  readonly entities: readonly Entity[]
  /** Of the next page, or, when there is none, of the changes from here on. */
  readonly token: { readonly kind: 'skip' | 'delta'; readonly value: string }
}

/** A token is good for as long as Graph's are. */
const LIFETIME_MS = 30 * DAY_MS

/** Where a client stands: in its first reading of everything, or in the changes after a sequence. */
type Place = { readonly since: number; readonly atMs: number } & (
  | { readonly source: number; readonly after: RowKeys | null }
  | { readonly source?: never }
)

interface DeltaRequest {
  readonly changes: DirectoryChanges
  readonly sources: readonly DeltaSource[]
  readonly skipToken: string | undefined
  readonly deltaToken: string | undefined
  readonly pageSize: number
  /** What a token goes with. */
  readonly bound: string
  readonly nowMs: number
}

/**
 * A page of what there is, and later of what has changed (https://learn.microsoft.com/graph/delta-query-overview). Changes
 * during the first reading are told after it.
 * @throws CodedError `graph/bad-skiptoken`, `graph/delta-expired`
 */
export async function deltaPage(request: DeltaRequest): Promise<DeltaPage> {
  const { changes, skipToken, deltaToken, pageSize, bound, nowMs } = request
  const seal = (kind: 'skip' | 'delta', place: Place): DeltaPage['token'] => ({ kind, value: sealToken(place, bound) })
  if (deltaToken?.toLowerCase() === 'latest')
    return { entities: [], token: seal('delta', { since: await changes.latest(), atMs: nowMs }) }
  const given = skipToken ?? deltaToken
  const place: Place =
    given === undefined
      ? { since: await changes.latest(), atMs: nowMs, source: 0, after: null }
      : placeIn(openToken(given, bound))
  if (nowMs - place.atMs > LIFETIME_MS)
    throw new CodedError('graph/delta-expired', 'The delta token has expired: read everything again.')
  const { since } = place
  if (place.source === undefined) {
    const { entities, upTo, more } = await changed(request, since, Math.max(pageSize, 1))
    return { entities, token: seal(more ? 'skip' : 'delta', { since: upTo, atMs: nowMs }) }
  }
  const { entities, next } = await firstReading(request, place.source, place.after ?? undefined)
  const token = next ? seal('skip', { ...place, ...next }) : seal('delta', { since, atMs: nowMs })
  return { entities, token }
}

function placeIn(token: unknown): Place {
  const { since, atMs, source } = (token ?? {}) as Partial<Place>
  const isPlace =
    Number.isInteger(since) && typeof atMs === 'number' && (source === undefined || Number.isInteger(source))
  return isPlace ? (token as Place) : badToken()
}

async function firstReading({ sources, pageSize }: DeltaRequest, index: number, after: RowKeys | undefined) {
  const source = sources[index] ?? badToken()
  const { entities, keys, more } = await source.page(after, Math.max(pageSize, 1))
  const shown: Entity[] = []
  for (const entity of entities) shown.push(source.shown ? await source.shown(entity, 'all') : entity)
  if (more) return { entities: shown, next: { source: index, after: keys ?? null } }
  return { entities: shown, ...(index + 1 < sources.length ? { next: { source: index + 1, after: null } } : {}) }
}

/** Entities that have changed, each once, and the sequence up to which they are told. */
async function changed({ changes, sources }: DeltaRequest, since: number, limit: number) {
  const kinds = sources.flatMap(({ kind, parts = [] }) => [kind, ...parts])
  const found = await changes.since(since, kinds, limit)
  const entities: Entity[] = []
  for (const source of sources) {
    const changedParts = partsByOwner(source, found)
    const there = new Map((await source.byId([...changedParts.keys()])).map((entity) => [String(entity['id']), entity]))
    for (const [id, parts] of changedParts) {
      const entity = there.get(id)
      if (!entity) entities.push({ id, '@removed': { reason: 'deleted' } })
      else entities.push(source.shown && parts.size > 0 ? await source.shown(entity, parts) : entity)
    }
  }
  return { entities, upTo: found.at(-1)?.sequence ?? since, more: found.length === limit }
}

/** The entities of a source that changes are about, with their parts that changed and whether these are gone. */
function partsByOwner(source: DeltaSource, found: readonly DirectoryChange[]): Map<string, Map<string, boolean>> {
  const byOwner = new Map<string, Map<string, boolean>>()
  for (const { kind, id, deleted } of found) {
    const isPart = source.parts?.includes(kind) ?? false
    if (kind !== source.kind && !isPart) continue
    const [owner = id, part] = isPart ? id.split('/') : [id]
    const parts = byOwner.get(owner) ?? new Map<string, boolean>()
    byOwner.set(owner, parts)
    if (part !== undefined) parts.set(part, deleted)
  }
  return byOwner
}

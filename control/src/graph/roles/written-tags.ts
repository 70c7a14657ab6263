import { DEFAULT_SCOPE_TAG } from '../../domain/intune-roles/access.ts'
import type { GraphRequest } from '../graph-request.ts'
import { ROLE_ASSIGNMENTS } from './intune-access.ts'
import { tagsOfNew } from './reach.ts'

const FILTERS = 'deviceManagement/assignmentFilters'

/** Tags that a body gives to an object of a collection; undefined where it gives none. */
export function tagsIn(collection: string, body: unknown): readonly string[] | undefined {
  if (typeof body !== 'object' || body === null) return undefined
  const given = body as Readonly<Record<string, unknown>>
  const bound = given['roleScopeTags@odata.bind']
  // Filters call them by another name.
  const tags = collection === FILTERS ? (given['roleScopeTags'] ?? given['roleScopeTagIds']) : given['roleScopeTagIds']
  if (Array.isArray(tags)) return tags.map(String)
  return collection === ROLE_ASSIGNMENTS && Array.isArray(bound) ? bound.map(boundId) : undefined
}

/** The id at the end of an address: `…/roleScopeTags('1')`. */
const boundId = (address: unknown): string => /\(?'?([^/'()]+)'?\)?$/.exec(String(address))?.[1] ?? ''

interface Tagged {
  readonly scopeTagIds?: readonly string[] | undefined
}

/** Tags as a write leaves them on an object: those of the body, those from before, or those of its maker. */
export function writtenTags({ body, path, reach }: GraphRequest, before?: Tagged): Tagged {
  const collection = path.slice(1).split(/[/(]/).slice(0, 2).join('/')
  const tags = tagsIn(/assignmentFilters$/i.test(collection) ? FILTERS : collection, body)
  const after = [...new Set(tags ?? (before ? (before.scopeTagIds ?? []) : tagsOfNew(reach)))]
  return after.every((tag) => tag === DEFAULT_SCOPE_TAG) ? {} : { scopeTagIds: after }
}

/** Tags of an object before or after a write. */
export const eitherTags = (...versions: readonly (Tagged | undefined)[]): readonly string[] =>
  versions.flatMap((version) => (version ? shownTags(version) : []))

/** Tags of an object as Graph shows them. */
export const shownTags = ({ scopeTagIds = [] }: Tagged): readonly string[] =>
  scopeTagIds.length === 0 ? [DEFAULT_SCOPE_TAG] : scopeTagIds

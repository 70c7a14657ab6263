import { DEFAULT_SCOPE_TAG, type IntuneAccess } from '../../domain/intune-roles/access.ts'

/** How far a request goes into Intune: without `access` everywhere, else as far as the roles of its user. */
export interface Reach {
  readonly access?: IntuneAccess
  /** What the request is for; one of these must be allowed. */
  readonly actions: readonly string[]
}

/** Of applications, and of users whom a role of the directory makes administrators. */
export const EVERYWHERE: Reach = { actions: [] }

/** Whether an object of these tags is within reach; of what has no tags it is enough to have the right at all. */
export function reaches(
  { access, actions: own }: Reach,
  scopeTagIds: readonly string[] | undefined,
  actions: readonly string[] = own,
): boolean {
  if (!access || scopeTagIds === undefined) return true
  return actions.some((action) => access.mayWith(action, { scopeTagIds }))
}

/** The same of an object as Graph shows it. What is built in is there for everybody. */
export function reachesEntity(reach: Reach, entity: Readonly<Record<string, unknown>>): boolean {
  return entity['isBuiltIn'] === true || reaches(reach, tagsOfEntity(entity))
}

/** Filters call their tags by another name. */
export function tagsOfEntity(entity: Readonly<Record<string, unknown>>): readonly string[] | undefined {
  const tags = entity['roleScopeTagIds'] ?? entity['roleScopeTags']
  const isList = Array.isArray(tags) && tags.every((tag) => typeof tag === 'string')
  return isList ? (tags as readonly string[]) : undefined
}

/** Tags of what is made without being given any: those of its maker. */
export function tagsOfNew({ access, actions }: Reach): readonly string[] {
  const held = access && actions[0] !== undefined ? access.tagsFor(actions[0]) : undefined
  return held ? [...held].toSorted() : [DEFAULT_SCOPE_TAG]
}

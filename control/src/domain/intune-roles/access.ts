import type { RoleDefinition } from './built-in-roles.ts'

/** A role given to members of groups, over devices and users of other groups, for objects with certain scope tags. */
export interface RoleAssignment {
  readonly roleDefinitionId: string
  /** Groups whose members hold the role. */
  readonly members: readonly string[]
  readonly scope: Scope
  /** Objects with one of these tags; none stands for every object. */
  readonly scopeTagIds: readonly string[]
}

/** Whom and what an assignment is about: everybody and everything, all of one kind, or members of groups. */
export type Scope = 'all' | 'allDevices' | 'allUsers' | readonly string[]

/** The tag of whatever has no other. */
export const DEFAULT_SCOPE_TAG = '0'

/** Whom something is done to: a device, or those that a policy is assigned to. */
export interface Subject {
  readonly kinds: readonly ('device' | 'user')[]
  /** Groups that it is in; of a group itself and of those around it. */
  readonly groupIds: readonly string[]
}

/** An object, by its tags, and by whom it is done to where that matters. */
export interface ObjectInScope {
  readonly scopeTagIds: readonly string[]
  readonly subject?: Subject
}

/** What an administrator may do with what. */
export interface IntuneAccess {
  /** Everything that is allowed with anything at all. */
  readonly actions: ReadonlySet<string>
  /** Whether there is anything at all that this may be done with. */
  may(action: string): boolean
  /** Whether it may be done with an object of these tags; to a subject only where that is in scope. */
  mayWith(action: string, object: ObjectInScope): boolean
  /** Tags of the objects that it may be done with; undefined: whatever they are. */
  tagsFor(action: string): ReadonlySet<string> | undefined
  /** Whom it may be done to, by assignment. */
  scopesFor(action: string): readonly Scope[]
  /** Whether one assignment that allows it, for objects of these tags, is about all that `scope` is about. */
  mayGive(action: string, given: { readonly scopeTagIds: readonly string[]; readonly scope: Scope }): boolean
}

interface Held {
  readonly allowed: ReadonlySet<string>
  readonly scope: Scope
  readonly tags: ReadonlySet<string> | undefined
}

/**
 * What a member of these groups may do. Rights add up over assignments, each with its own scope and tags: what one assignment
 * allows with some objects, another does not allow with others. Source: Intune, "Role-based access control".
 */
export function intuneAccess(
  groupIds: readonly string[],
  assignments: readonly RoleAssignment[],
  definitions: readonly Pick<RoleDefinition, 'id' | 'allowed'>[],
): IntuneAccess {
  const allowedBy = new Map(definitions.map(({ id, allowed }) => [id, new Set(allowed)]))
  const held = assignments
    .filter(({ members }) => members.some((id) => groupIds.includes(id)))
    .map(
      ({ scope, scopeTagIds, roleDefinitionId }): Held => ({
        allowed: allowedBy.get(roleDefinitionId) ?? new Set<string>(),
        scope,
        tags: scopeTagIds.length === 0 ? undefined : new Set(scopeTagIds),
      }),
    )
  const allowing = (action: string): readonly Held[] => held.filter(({ allowed }) => allowed.has(action))
  return {
    actions: new Set(held.flatMap(({ allowed }) => [...allowed])),
    may: (action) => allowing(action).length > 0,
    mayWith: (action, { scopeTagIds, subject }) =>
      allowing(action).some(
        ({ tags, scope }) => isTagged(scopeTagIds, tags) && (subject === undefined || isAbout(scope, subject)),
      ),
    tagsFor: (action) => {
      const tags = allowing(action).map((each) => each.tags)
      return tags.includes(undefined) ? undefined : new Set(tags.flatMap((each) => [...(each ?? [])]))
    },
    scopesFor: (action) => allowing(action).map(({ scope }) => scope),
    mayGive: (action, { scopeTagIds, scope }) =>
      allowing(action).some(
        (own) =>
          (!own.tags || (scopeTagIds.length > 0 && scopeTagIds.every((tag) => own.tags?.has(tag)))) &&
          isWithin(scope, own.scope),
      ),
  }
}

/** What has no tag has the default one. */
function isTagged(tags: readonly string[], wanted: ReadonlySet<string> | undefined): boolean {
  return !wanted || (tags.length === 0 ? [DEFAULT_SCOPE_TAG] : tags).some((tag) => wanted.has(tag))
}

function isAbout(scope: Scope, { kinds, groupIds }: Subject): boolean {
  if (scope === 'all') return true
  if (scope === 'allDevices') return kinds.includes('device')
  if (scope === 'allUsers') return kinds.includes('user')
  return groupIds.some((id) => scope.includes(id))
}

/** Groups are compared as they are named. */
function isWithin(inner: Scope, outer: Scope): boolean {
  if (outer === 'all' || inner === outer) return true
  return Array.isArray(inner) && Array.isArray(outer) && inner.every((id) => outer.includes(id))
}

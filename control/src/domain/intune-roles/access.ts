import type { RoleDefinition } from './built-in-roles.ts'

/** A role given to members of groups, over devices and users of other groups, for objects with certain scope tags. */
export interface RoleAssignment {
  readonly roleDefinitionId: string
  /** Groups whose members hold the role. */
  readonly members: readonly string[]
  /** Groups that it is about; `all` where it is about everybody and everything. */
  readonly scope: 'all' | readonly string[]
  /** Objects with one of these tags; none stands for every object. */
  readonly scopeTagIds: readonly string[]
}

/** The tag of whatever has no other. */
export const DEFAULT_SCOPE_TAG = '0'

/** What an administrator may do with what. */
export interface IntuneAccess {
  /** Whether there is anything at all that this may be done with. */
  may(action: string): boolean
  /** Whether it may be done with an object of these tags; for a device or user also by the groups that it is in. */
  mayWith(
    action: string,
    object: { readonly scopeTagIds: readonly string[]; readonly groupIds?: readonly string[] },
  ): boolean
}

export const UNRESTRICTED: IntuneAccess = { may: () => true, mayWith: () => true }

/**
 * What a member of these groups may do. Rights add up over assignments, each with its own scope and tags: what one assignment
 * allows with some objects, another does not allow with others. Source: Intune, "Role-based access control".
 */
export function intuneAccess(
  groupIds: readonly string[],
  assignments: readonly RoleAssignment[],
  definitions: readonly RoleDefinition[],
): IntuneAccess {
  const allowedBy = new Map(definitions.map(({ id, allowed }) => [id, new Set(allowed)]))
  const held = assignments
    .filter(({ members }) => members.some((id) => groupIds.includes(id)))
    .map(({ scope, scopeTagIds, roleDefinitionId }) => ({
      allowed: allowedBy.get(roleDefinitionId) ?? new Set<string>(),
      scope: scope === 'all' ? undefined : new Set(scope),
      tags: scopeTagIds.length === 0 ? undefined : new Set(scopeTagIds),
    }))
  return {
    may: (action) => held.some(({ allowed }) => allowed.has(action)),
    mayWith: (action, { scopeTagIds, groupIds: ofObject }) => {
      const tags = scopeTagIds.length === 0 ? [DEFAULT_SCOPE_TAG] : scopeTagIds
      return held.some(
        ({ allowed, scope, tags: wanted }) =>
          allowed.has(action) &&
          (!wanted || tags.some((tag) => wanted.has(tag))) &&
          (!scope || ofObject === undefined || ofObject.some((id) => scope.has(id))),
      )
    },
  }
}

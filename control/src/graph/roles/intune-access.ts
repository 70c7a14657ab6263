import { transitiveGroupsOf } from '../../app/memberships.ts'
import type { GraphObject, Tables } from '../../app/ports.ts'
import { type IntuneAccess, intuneAccess, type RoleAssignment, type Scope } from '../../domain/intune-roles/access.ts'
import { builtInRoles, type RoleDefinition } from '../../domain/intune-roles/built-in-roles.ts'

export const ROLE_DEFINITIONS = 'deviceManagement/roleDefinitions'
export const ROLE_ASSIGNMENTS = 'deviceManagement/roleAssignments'
export const ROLE_SCOPE_TAGS = 'deviceManagement/roleScopeTags'

interface Grant {
  readonly actions?: readonly string[] | null
  readonly resourceActions?:
    | readonly {
        readonly allowedResourceActions?: readonly string[] | null
        readonly notAllowedResourceActions?: readonly string[] | null
      }[]
    | null
}

const grantsOf = (role: GraphObject): readonly Grant[] =>
  (role['rolePermissions'] ?? role['permissions'] ?? []) as readonly Grant[]

/** Every action that a role as Graph holds it names, allowed or not. */
export const actionsNamedBy = (role: GraphObject): readonly string[] =>
  grantsOf(role).flatMap(({ actions, resourceActions }) => [
    ...(actions ?? []),
    ...(resourceActions ?? []).flatMap(({ allowedResourceActions, notAllowedResourceActions }) => [
      ...(allowedResourceActions ?? []),
      ...(notAllowedResourceActions ?? []),
    ]),
  ])

/** Actions that a role allows: each of its grants takes away what it says is not allowed. */
export function allowedOf(role: GraphObject): readonly string[] {
  return grantsOf(role).flatMap(({ actions, resourceActions }) => [
    ...(actions ?? []),
    ...(resourceActions ?? []).flatMap(({ allowedResourceActions, notAllowedResourceActions }) =>
      (allowedResourceActions ?? []).filter((action) => !notAllowedResourceActions?.includes(action)),
    ),
  ])
}

const texts = (object: GraphObject, property: string): readonly string[] =>
  (object[property] ?? []) as readonly string[]

const scopes: Readonly<Record<string, Scope>> = {
  allDevices: 'allDevices',
  allLicensedUsers: 'allUsers',
  allDevicesAndLicensedUsers: 'all',
}

/** What an assignment as Graph holds it is about. */
export const scopeOf = (assignment: GraphObject): Scope =>
  scopes[String(assignment['scopeType'])] ?? texts(assignment, 'resourceScopes')

const assignmentFrom = (object: GraphObject): RoleAssignment => ({
  roleDefinitionId: String(object['roleDefinitionId']),
  members: texts(object, 'members'),
  scope: scopeOf(object),
  scopeTagIds: texts(object, 'roleScopeTagIds'),
})

/** Roles that there are, built in and made here. */
async function definitionsIn({
  objects,
}: Pick<Tables, 'objects'>): Promise<readonly Pick<RoleDefinition, 'id' | 'allowed'>[]> {
  const custom = await objects.list(ROLE_DEFINITIONS)
  return [...builtInRoles, ...custom.map((role) => ({ id: role.id, allowed: allowedOf(role) }))]
}

/** What a user may do by Intune's roles, as they are given now. */
export async function intuneAccessOf(
  tables: Pick<Tables, 'groups' | 'objects'>,
  userId: string,
): Promise<IntuneAccess> {
  const assignments = (await tables.objects.list(ROLE_ASSIGNMENTS)).map(assignmentFrom)
  if (assignments.length === 0) return intuneAccess([], [], [])
  const groupIds = (await transitiveGroupsOf(tables, [userId])).get(userId) ?? []
  return intuneAccess(groupIds, assignments, await definitionsIn(tables))
}

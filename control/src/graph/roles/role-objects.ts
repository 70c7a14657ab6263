import { z } from 'zod'
import type { GraphObject } from '../../app/ports.ts'
import { DEFAULT_SCOPE_TAG } from '../../domain/intune-roles/access.ts'
import { resourceActions } from '../../domain/intune-roles/actions.ts'
import { builtInRoles, type RoleDefinition } from '../../domain/intune-roles/built-in-roles.ts'
import { badBody, parseBody } from '../body.ts'
import { answer } from '../graph-request.ts'
import type { StoredBehaviour } from '../stored/behaviour.ts'

const roleObject = ({ id, displayName, description, allowed }: RoleDefinition): GraphObject => {
  const permissions = [
    { actions: allowed, resourceActions: [{ allowedResourceActions: allowed, notAllowedResourceActions: [] }] },
  ]
  return {
    '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleDefinition',
    id,
    displayName,
    description,
    isBuiltIn: true,
    isBuiltInRoleDefinition: true,
    permissions,
    rolePermissions: permissions,
    roleScopeTagIds: [],
  }
}

const known: ReadonlySet<string> = new Set(resourceActions.map(({ id }) => id))

/** Actions that a role as Graph holds it allows. */
export function allowedOf(role: GraphObject): readonly string[] {
  const permissions = (role['rolePermissions'] ?? role['permissions'] ?? []) as readonly {
    readonly actions?: readonly string[] | null
    readonly resourceActions?: readonly { readonly allowedResourceActions?: readonly string[] | null }[] | null
  }[]
  return permissions.flatMap(({ actions, resourceActions: grants }) => [
    ...(actions ?? []),
    ...(grants ?? []).flatMap(({ allowedResourceActions }) => allowedResourceActions ?? []),
  ])
}

function checked(role: GraphObject): GraphObject {
  const unknown = allowedOf(role).find((action) => !known.has(action))
  if (unknown !== undefined) badBody(`there is no resource action ${unknown}`, 'rolePermissions')
  return { ...role, isBuiltIn: false, isBuiltInRoleDefinition: false }
}

const roleDefinitions: StoredBehaviour = {
  collection: 'deviceManagement/roleDefinitions',
  builtIn: builtInRoles.map(roleObject),
  creating: async (_, __, role) => checked(role),
  changing: async (_, __, { after }) => checked(after),
}

const resourceOperations: StoredBehaviour = {
  collection: 'deviceManagement/resourceOperations',
  builtIn: resourceActions.map(({ id, resource, action }) => ({
    id,
    resource: id.slice(0, id.lastIndexOf('_')),
    resourceName: resource,
    actionName: action,
    description: '',
  })),
}

const DEFAULT_TAG: GraphObject = {
  id: DEFAULT_SCOPE_TAG,
  displayName: 'Default',
  description: 'Default Role Scope Tag',
  isBuiltIn: true,
}

const roleScopeTags: StoredBehaviour = {
  collection: 'deviceManagement/roleScopeTags',
  builtIn: [DEFAULT_TAG],
  // Tags are numbered.
  creating: async (_, { objects }, tag, collection) => {
    const numbers = (await objects.list(collection)).map(({ id }) => Number(id))
    return { ...tag, id: String(Math.max(0, ...numbers) + 1), isBuiltIn: false }
  },
  changing: async (_, __, { after }) => ({ ...after, isBuiltIn: false }),
  collectionActions: {
    getrolescopetagsbyid: async ({ body }, { objects }, collection) => {
      const { roleScopeTagIds } = parseBody(z.object({ roleScopeTagIds: z.array(z.string()).max(1_000) }), body)
      const all = [DEFAULT_TAG, ...(await objects.list(collection))]
      return answer(200, { value: all.filter(({ id }) => roleScopeTagIds.includes(id)) })
    },
  },
}

const GUID = /^[0-9a-f-]{36}$/i

/** `roleDefinition@odata.bind`, as clients write it: the id at the end of an address. */
function definitionOf(assignment: GraphObject): string | undefined {
  const bound = assignment['roleDefinition@odata.bind']
  return typeof bound === 'string' ? /([0-9a-f-]{36})'?\)?$/i.exec(bound)?.[1] : undefined
}

const roleAssignments: StoredBehaviour = {
  collection: 'deviceManagement/roleAssignments',
  creating: async (_, { objects, groups }, assignment) => {
    const roleId = definitionOf(assignment)
    const role = builtInRoles.some(({ id }) => id === roleId)
    if (roleId === undefined || !(role || (await objects.get('deviceManagement/roleDefinitions', roleId))))
      return badBody('an address of a role definition was expected', 'roleDefinition@odata.bind')
    for (const property of ['members', 'resourceScopes', 'scopeMembers'] as const)
      for (const id of (assignment[property] ?? []) as readonly string[])
        if (!GUID.test(id) || !(await groups.get(id))) badBody(`there is no group ${id}`, property)
    const { 'roleDefinition@odata.bind': _bound, ...rest } = assignment
    return { ...rest, id: assignment.id, roleDefinitionId: roleId }
  },
  changing: async (_, __, { before, after }) => ({
    ...after,
    roleDefinitionId: definitionOf(after) ?? before['roleDefinitionId'],
  }),
}

export const roleBehaviours: readonly StoredBehaviour[] = [
  roleDefinitions,
  resourceOperations,
  roleScopeTags,
  roleAssignments,
]

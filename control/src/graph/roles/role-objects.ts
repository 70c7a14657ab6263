import { z } from 'zod'
import type { GraphObject, Tables } from '../../app/ports.ts'
import { DEFAULT_SCOPE_TAG } from '../../domain/intune-roles/access.ts'
import { resourceActions } from '../../domain/intune-roles/actions.ts'
import { builtInRoles, type RoleDefinition } from '../../domain/intune-roles/built-in-roles.ts'
import { badBody, parseBody } from '../body.ts'
import { answer } from '../graph-request.ts'
import type { StoredBehaviour } from '../stored/behaviour.ts'
import { actionsNamedBy, ROLE_ASSIGNMENTS, ROLE_DEFINITIONS, ROLE_SCOPE_TAGS } from './intune-access.ts'
import { reachesEntity, tagsOfEntity, tagsOfNew } from './reach.ts'
import { tagsIn } from './written-tags.ts'

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

/** Roles that there are, built in and made here, as Graph holds them. */
export const rolesIn = async ({ objects }: Pick<Tables, 'objects'>): Promise<readonly GraphObject[]> => [
  ...builtInRoles.map(roleObject),
  ...(await objects.list(ROLE_DEFINITIONS)),
]

const known: ReadonlySet<string> = new Set(resourceActions.map(({ id }) => id))

function checked(role: GraphObject): GraphObject {
  const unknown = actionsNamedBy(role).find((action) => !known.has(action))
  if (unknown !== undefined) badBody(`there is no resource action ${unknown}`, 'rolePermissions')
  return { ...role, isBuiltIn: false, isBuiltInRoleDefinition: false }
}

const roleDefinitions: StoredBehaviour = {
  collection: ROLE_DEFINITIONS,
  builtIn: builtInRoles.map(roleObject),
  creating: async (_, __, role) => checked(role),
  changing: async (_, __, { after }) => checked(after),
}

const DEFAULT_TAG: GraphObject = {
  id: DEFAULT_SCOPE_TAG,
  displayName: 'Default',
  description: 'Default Role Scope Tag',
  isBuiltIn: true,
}

/** The last number that was given, by collection. */
const NUMBERS = 'numbers'

const roleScopeTags: StoredBehaviour = {
  collection: ROLE_SCOPE_TAGS,
  builtIn: [DEFAULT_TAG],
  // Tags are numbered, and no number is given twice: objects may still name a tag that is gone.
  creating: async (_, { objects }, tag, collection) => {
    const numbers = (await objects.list(collection)).map(({ id }) => Number(id))
    const last = Number((await objects.get(NUMBERS, collection))?.['last'] ?? 0)
    const number = Math.max(last, ...numbers) + 1
    await objects.put(NUMBERS, [{ id: collection, last: number }])
    return { ...tag, id: String(number), isBuiltIn: false }
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

const withoutBound = ({ id, ...assignment }: GraphObject): GraphObject => ({
  ...Object.fromEntries(Object.entries(assignment).filter(([name]) => !name.endsWith('@odata.bind'))),
  id,
})

const roleAssignments: StoredBehaviour = {
  collection: ROLE_ASSIGNMENTS,
  creating: async (request, { objects, groups }, assignment) => {
    const roleId = definitionOf(assignment)
    const role = builtInRoles.some(({ id }) => id === roleId)
    if (roleId === undefined || !(role || (await objects.get(ROLE_DEFINITIONS, roleId))))
      return badBody('an address of a role definition was expected', 'roleDefinition@odata.bind')
    for (const property of ['members', 'resourceScopes', 'scopeMembers'] as const)
      for (const id of (assignment[property] ?? []) as readonly string[])
        if (!GUID.test(id) || !(await groups.get(id))) badBody(`there is no group ${id}`, property)
    // No tag stands for every object, which is for those to give who see every object.
    const { access } = request.reach
    const roleScopeTagIds = tagsIn(ROLE_ASSIGNMENTS, request.body) ?? (access ? tagsOfNew(request.reach) : [])
    return { ...withoutBound(assignment), roleDefinitionId: roleId, roleScopeTagIds }
  },
  changing: async ({ body }, __, { before, after }) => ({
    ...withoutBound(after),
    roleDefinitionId: definitionOf(after) ?? before['roleDefinitionId'],
    roleScopeTagIds: tagsIn(ROLE_ASSIGNMENTS, body) ?? before['roleScopeTagIds'] ?? [],
  }),
}

/** Assignments of a role are assignments. */
const assignmentsOfRole: StoredBehaviour = {
  collection: `${ROLE_DEFINITIONS}/{}/roleAssignments`,
  partOf: {
    collection: ROLE_ASSIGNMENTS,
    isOf: (roleId, assignment) => assignment['roleDefinitionId'] === roleId,
    given: (roleId) => ({ 'roleDefinition@odata.bind': `${ROLE_DEFINITIONS}('${roleId}')` }),
  },
}

const roleOfAssignment: StoredBehaviour = {
  collection: `${ROLE_ASSIGNMENTS}/{}/roleDefinition`,
  derived: async ({ control, reach }, assignment) => {
    const id = String(assignment['roleDefinitionId'])
    const builtIn = roleDefinitions.builtIn?.find((role) => role.id === id)
    const role = builtIn ?? (await control.deps.store.objects.get(ROLE_DEFINITIONS, id))
    return role && reachesEntity(reach, role) ? [role] : []
  },
}

const tagsOfAssignment: StoredBehaviour = {
  collection: `${ROLE_ASSIGNMENTS}/{}/roleScopeTags`,
  derived: async ({ control }, assignment) => {
    const wanted = tagsOfEntity(assignment) ?? []
    const all = [DEFAULT_TAG, ...(await control.deps.store.objects.list(ROLE_SCOPE_TAGS))]
    return all.filter(({ id }) => wanted.includes(id))
  },
}

export const roleBehaviours: readonly StoredBehaviour[] = [
  roleDefinitions,
  roleScopeTags,
  roleAssignments,
  assignmentsOfRole,
  roleOfAssignment,
  tagsOfAssignment,
]

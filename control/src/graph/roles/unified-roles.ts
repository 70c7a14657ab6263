import type { GraphObject, Tables } from '../../app/ports.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { allowedOf, ROLE_ASSIGNMENTS, scopeOf } from './intune-access.ts'
import { reachesEntity } from './reach.ts'
import { rolesIn } from './role-objects.ts'

const DEFINITIONS = 'roleManagement/deviceManagement/roleDefinitions'
const ASSIGNMENTS = 'roleManagement/deviceManagement/roleAssignments'

/** A kind of object that is kept elsewhere, and how it is shown here. */
interface View {
  readonly set: string
  readonly type: string
  readonly all: (tables: Pick<Tables, 'objects'>) => Promise<readonly GraphObject[]>
  readonly entityOf: (object: GraphObject) => GraphObject
}

const definitions: View = {
  set: DEFINITIONS,
  type: 'unifiedRoleDefinition',
  all: rolesIn,
  entityOf: (role) => ({
    id: role.id,
    displayName: role['displayName'],
    description: role['description'] ?? null,
    isBuiltIn: role['isBuiltIn'] === true,
    isEnabled: true,
    resourceScopes: ['/'],
    rolePermissions: [{ allowedResourceActions: allowedOf(role), condition: null }],
    templateId: role.id,
    version: null,
  }),
}

/** The whole tenant, groups of the directory, or what only Intune has a name for. */
function scopesOf(assignment: GraphObject): Pick<GraphObject, 'directoryScopeIds' | 'appScopeIds'> {
  const scope = scopeOf(assignment)
  if (scope === 'all') return { directoryScopeIds: ['/'], appScopeIds: [] }
  if (typeof scope !== 'string') return { directoryScopeIds: scope, appScopeIds: [] }
  return { directoryScopeIds: [], appScopeIds: [assignment['scopeType']] }
}

const assignments: View = {
  set: ASSIGNMENTS,
  type: 'unifiedRoleAssignmentMultiple',
  all: ({ objects }) => objects.list(ROLE_ASSIGNMENTS),
  entityOf: (assignment) => ({
    id: assignment.id,
    displayName: assignment['displayName'] ?? null,
    description: assignment['description'] ?? null,
    roleDefinitionId: assignment['roleDefinitionId'],
    principalIds: assignment['members'] ?? [],
    ...scopesOf(assignment),
  }),
}

/** What the sender sees of it, by tags that are not shown here. */
async function seen({ control, reach }: GraphRequest, { all }: View): Promise<readonly GraphObject[]> {
  return (await all(control.deps.store)).filter((object) => reachesEntity(reach, object))
}

async function one(request: GraphRequest, view: View, id: string): Promise<GraphObject> {
  return (await seen(request, view)).find((object) => object.id === id) ?? notFound(view.type, id)
}

const list = (view: View) => async (request: GraphRequest) =>
  memoryPage(request, view.set, (await seen(request, view)).map(view.entityOf))

const get = (view: View) => async (request: GraphRequest) =>
  entityAnswer(request, view.set, view.entityOf(await one(request, view, request.params['id'] ?? '')))

const roleOfAssignment = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { roleDefinitionId } = await one(request, assignments, request.params['id'] ?? '')
  return entityAnswer(
    request,
    DEFINITIONS,
    definitions.entityOf(await one(request, definitions, String(roleDefinitionId))),
  )
}

const ROLE = 'DeviceManagementRBAC.Read.All'

/**
 * Intune's roles as the roles of all Microsoft 365 are shown, to be read; they are written at `/deviceManagement`
 * (https://learn.microsoft.com/graph/api/resources/rbacapplicationmultiple).
 */
export const unifiedRoleRoutes: readonly GraphRoute[] = [
  ...[definitions, assignments].flatMap((view): readonly GraphRoute[] => [
    { method: 'GET', path: `/${view.set}`, role: ROLE, of: { type: view.type, many: true }, handle: list(view) },
    { method: 'GET', path: `/${view.set}/{id}`, role: ROLE, of: { type: view.type }, handle: get(view) },
  ]),
  {
    method: 'GET',
    path: `/${ASSIGNMENTS}/{id}/roleDefinition`,
    role: ROLE,
    of: { type: definitions.type },
    handle: roleOfAssignment,
  },
]

import type { Tables } from '../../app/ports.ts'
import type { Scope } from '../../domain/intune-roles/access.ts'
import { type ResourceAction, resourceActions } from '../../domain/intune-roles/actions.ts'
import { contextOf, entityAnswer, memoryPage } from '../collection.ts'
import { answer, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { allowedTo } from '../identity/directory-roles.ts'
import { directoryRolesOf } from '../identity/held-roles.ts'
import { intuneAccessOf } from './intune-access.ts'

const RBAC = 'DeviceManagementRBAC.Read.All'
const SET = 'deviceManagement/resourceOperations'

type Operation = (typeof resourceActions)[number]

const operationEntity = ({ id, resource, action }: Operation) => ({
  id,
  resource: id.slice(0, id.lastIndexOf('_')),
  resourceName: resource,
  actionName: action,
  description: '',
  enabledForScopeValidation: true,
})

const isReading = ({ action }: Operation): boolean => action === 'Read' || action === 'ViewReports'

/** What a role of the directory lets a user do in Intune, everywhere: all of it, to look at all of it, or nothing. */
async function everywhere(tables: Tables, userId: string): Promise<readonly Operation[]> {
  const roleIds = await directoryRolesOf(tables, userId)
  if (allowedTo(roleIds, 'DeviceManagementConfiguration.ReadWrite.All')) return resourceActions
  return allowedTo(roleIds, 'DeviceManagementConfiguration.Read.All') ? resourceActions.filter(isReading) : []
}

/** What the sender may do at all, by whichever role; an application that acts for itself has nothing but its permissions. */
async function effectiveActions({ control, actor }: GraphRequest): Promise<readonly ResourceAction[]> {
  const { store } = control.deps
  if (actor.type !== 'user') return resourceActions.map(({ id }) => id)
  const unlimited = new Set((await everywhere(store, actor.id)).map(({ id }) => id))
  const { actions } = await intuneAccessOf(store, actor.id)
  return resourceActions.map(({ id }) => id).filter((id) => unlimited.has(id) || actions.has(id))
}

/** `scope` is a resource, whose actions are told alone; clients also send one that is none, for all of them. */
async function effectivePermissions(request: GraphRequest): Promise<GraphAnswer> {
  const scope = request.params['scope']?.toLowerCase() ?? ''
  const all = await effectiveActions(request)
  const resource = resourceActions.find((each) => each.resource.toLowerCase() === scope)?.resource
  const allowed = resource ? all.filter((id) => id.startsWith(`Microsoft.Intune_${resource}_`)) : all
  const resourceAction = { allowedResourceActions: allowed, notAllowedResourceActions: [] }
  return answer(200, {
    '@odata.context': contextOf(request, 'Collection(microsoft.graph.rolePermission)'),
    value: [{ resourceActions: [resourceAction] }],
  })
}

/** Whether there are objects of a resource that the sender is kept from by tags. */
async function scopedForResource(request: GraphRequest): Promise<GraphAnswer> {
  const { control, actor, params } = request
  const { store } = control.deps
  const wanted = params['resource']?.toLowerCase() ?? ''
  const own = resourceActions.filter(({ resource, id }) => [resource, id].some((text) => text.toLowerCase() === wanted))
  const everything = actor.type === 'user' ? await everywhere(store, actor.id) : resourceActions
  const access = actor.type === 'user' ? await intuneAccessOf(store, actor.id) : undefined
  const isScoped = own.some(
    (operation) => !everything.includes(operation) && access?.tagsFor(operation.id) !== undefined,
  )
  return answer(200, { '@odata.context': contextOf(request, 'Edm.Boolean'), value: isScoped })
}

const operationOf = ({ params }: GraphRequest): Operation => {
  const id = params['id'] ?? ''
  return resourceActions.find((each) => each.id.toLowerCase() === id.toLowerCase()) ?? notFound('resourceOperation', id)
}

/** Groups that a user may do something with; Graph's own words where it is everybody. */
async function scopesForUser(request: GraphRequest): Promise<GraphAnswer> {
  const { control, actor, params } = request
  const { store } = control.deps
  const operation = operationOf(request)
  const user = await store.users.get(params['userid'] ?? actor.id)
  if (!user) return notFound('User', params['userid'] ?? actor.id)
  const isUnlimited = (await everywhere(store, user.id)).includes(operation)
  const scopes = isUnlimited ? ['all' as const] : (await intuneAccessOf(store, user.id)).scopesFor(operation.id)
  return answer(200, {
    '@odata.context': contextOf(request, 'Collection(Edm.String)'),
    value: [...new Set(scopes.flatMap(wordsFor))],
  })
}

const wordsFor = (scope: Scope): readonly string[] => {
  if (scope === 'all') return ['allDevicesAndLicensedUsers']
  if (scope === 'allDevices') return ['allDevices']
  return scope === 'allUsers' ? ['allLicensedUsers'] : scope
}

const route = (path: string, handle: GraphRoute['handle'], of?: GraphRoute['of']): GraphRoute => ({
  method: 'GET',
  path: `/deviceManagement/${path}`,
  role: RBAC,
  ...(of ? { of } : {}),
  handle,
})
const OPERATION = { type: 'resourceOperation' }

/** What there is to be allowed, and what the sender is allowed. */
export const roleFunctionRoutes: readonly GraphRoute[] = [
  route('resourceOperations', async (request) => memoryPage(request, SET, resourceActions.map(operationEntity)), {
    ...OPERATION,
    many: true,
  }),
  route(
    'resourceOperations/{id}',
    async (request) => entityAnswer(request, SET, operationEntity(operationOf(request))),
    OPERATION,
  ),
  route('resourceOperations/{id}/getScopesForUser', scopesForUser),
  route("resourceOperations/{id}/getScopesForUser(userid='{userid}')", scopesForUser),
  route('getEffectivePermissions', effectivePermissions),
  route("getEffectivePermissions(scope='{scope}')", effectivePermissions),
  route("scopedForResource(resource='{resource}')", scopedForResource),
]

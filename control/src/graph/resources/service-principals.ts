import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { AppRoleAssignment, ServicePrincipal } from '../../domain/applications.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { answer, auditOf, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { microsoftResources, type Resource } from '../identity/application-directory.ts'
import { idFor } from '../identity/permissions.ts'
import { furtherOf, readWritten } from '../written.ts'
import { iso } from './managed-device.ts'

type Shown = ServicePrincipal & Partial<Pick<Resource, 'roles' | 'scopes' | 'names'>>

/** Intune itself: clients look here for where its services are. */
const INTUNE_APP_ID = '0000000a-0000-0000-c000-000000000000'
const intune: Shown = {
  id: idFor('servicePrincipal', INTUNE_APP_ID),
  appId: INTUNE_APP_ID,
  displayName: 'Microsoft Intune',
  accountEnabled: true,
  createdAtMs: 0,
  holdsEveryRole: false,
}

/** APIs of Microsoft have a service principal in every tenant. */
const apis: readonly Shown[] = microsoftResources.map(({ principalId, appId, roles, scopes, names }) => ({
  id: principalId,
  appId,
  displayName: names[0] === 'https://graph.microsoft.com' ? 'Microsoft Graph' : 'Microsoft Intune API',
  accountEnabled: true,
  createdAtMs: 0,
  holdsEveryRole: false,
  roles,
  scopes,
  names,
}))

export const principalEntity = (principal: Shown): Readonly<Record<string, unknown>> => ({
  ...principal.further,
  id: principal.id,
  accountEnabled: principal.accountEnabled,
  appId: principal.appId,
  appDisplayName: principal.displayName,
  displayName: principal.displayName,
  servicePrincipalType: 'Application',
  servicePrincipalNames: principal.names ?? [principal.appId],
  appRoles: (principal.roles ?? []).map(({ id, value }) => ({
    allowedMemberTypes: ['Application'],
    description: value,
    displayName: value,
    id,
    isEnabled: true,
    origin: 'Application',
    value,
  })),
  oauth2PermissionScopes: (principal.scopes ?? []).map(({ id, value }) => ({
    id,
    value,
    isEnabled: true,
    type: 'User',
  })),
})

export const allPrincipals = async ({
  servicePrincipals,
}: Pick<Tables, 'servicePrincipals'>): Promise<readonly Shown[]> => [
  ...(await servicePrincipals.list()),
  ...apis,
  intune,
]

export async function principalOf(tables: Pick<Tables, 'servicePrincipals'>, { params }: GraphRequest): Promise<Shown> {
  const id = params['id'] ?? ''
  return (await allPrincipals(tables)).find((each) => each.id === id.toLowerCase()) ?? notFound('ServicePrincipal', id)
}

/** One that the tenant has made, and may change. */
async function ownPrincipal(tables: Tables, request: GraphRequest): Promise<ServicePrincipal> {
  const { id } = await principalOf(tables, request)
  const own = await tables.servicePrincipals.get(id)
  return own ?? badBody('the service principal of a Microsoft API cannot be changed', 'id')
}

const audit = (
  request: GraphRequest,
  activityType: string,
  operation: 'Create' | 'Patch' | 'Delete',
  { id, displayName }: Shown,
) =>
  auditOf(
    request,
    { activityType, operation, category: 'Application', componentName: 'Directory' },
    { id, type: 'ServicePrincipal', displayName, modifiedProperties: [] },
  )

const PrincipalPatch = z.object({ accountEnabled: z.boolean().optional() })
const PrincipalShape = PrincipalPatch.extend({ appId: z.guid() })
const acted: ReadonlySet<string> = new Set(Object.keys(PrincipalShape.shape))

async function create(request: GraphRequest): Promise<GraphAnswer> {
  const written = readWritten(request, 'servicePrincipal', 'create')
  const { appId, accountEnabled = true } = parseBody(PrincipalShape, written)
  const { store, ids, clock } = request.control.deps
  const principal = await store.transaction(async (tables) => {
    const application = (await tables.applications.list()).find((each) => each.appId === appId.toLowerCase())
    if (!application)
      return badBody(
        `The appId '${appId}' of the service principal does not reference a valid application object.`,
        'appId',
      )
    if ((await allPrincipals(tables)).some((each) => each.appId === application.appId))
      throw new CodedError(
        'graph/duplicate',
        `The service principal cannot be created: the name ${appId} is already in use.`,
      )
    const made = {
      id: ids.guid(),
      appId: application.appId,
      displayName: application.displayName,
      accountEnabled,
      createdAtMs: clock.nowMs(),
      holdsEveryRole: false,
      further: furtherOf(undefined, written, acted),
    }
    await tables.servicePrincipals.put(made)
    await tables.audit.append([audit(request, 'Add service principal', 'Create', made)])
    return made
  })
  return entityAnswer(request, 'servicePrincipals', principalEntity(principal), 201)
}

async function update(request: GraphRequest): Promise<GraphAnswer> {
  const written = readWritten(request, 'servicePrincipal', 'patch')
  const given = parseBody(PrincipalPatch, written)
  await request.control.deps.store.transaction(async (tables) => {
    const before = await ownPrincipal(tables, request)
    const accountEnabled = given.accountEnabled ?? before.accountEnabled
    const further = furtherOf(before.further, written, acted)
    await tables.servicePrincipals.put({ ...before, accountEnabled, further })
    await tables.audit.append([audit(request, 'Update service principal', 'Patch', before)])
  })
  return answer(204)
}

async function remove(request: GraphRequest): Promise<GraphAnswer> {
  await request.control.deps.store.transaction(async (tables) => {
    const before = await ownPrincipal(tables, request)
    await tables.servicePrincipals.delete(before.id)
    for (const { id, principalId } of await tables.appRoleAssignments.list())
      if (principalId === before.id) await tables.appRoleAssignments.delete(id)
    await tables.audit.append([audit(request, 'Remove service principal', 'Delete', before)])
  })
  return answer(204)
}

function assignmentEntity(
  { version }: GraphRequest,
  assignment: AppRoleAssignment,
  principals: readonly Shown[],
): Readonly<Record<string, unknown>> {
  const nameOf = (wanted: string): string | null => principals.find(({ id }) => id === wanted)?.displayName ?? null
  const { id, principalId, resourceId, appRoleId, createdAtMs } = assignment
  return {
    id,
    deletedDateTime: null,
    appRoleId,
    // Beta has another name for it.
    [version === 'beta' ? 'creationTimestamp' : 'createdDateTime']: iso(createdAtMs),
    principalDisplayName: nameOf(principalId),
    principalId,
    principalType: 'ServicePrincipal',
    resourceDisplayName: nameOf(resourceId),
    resourceId,
  }
}

type End = 'principalId' | 'resourceId'

const list = (end: End, set: string) => async (request: GraphRequest) => {
  const { store } = request.control.deps
  const { id } = await principalOf(store, request)
  const principals = await allPrincipals(store)
  const assignments = (await store.appRoleAssignments.list()).filter((each) => each[end] === id)
  return memoryPage(
    request,
    set,
    assignments.map((each) => assignmentEntity(request, each, principals)),
  )
}

const AssignmentShape = z.object({ principalId: z.guid(), resourceId: z.guid(), appRoleId: z.guid() })

/** Grant a role of an API to an application. */
const assign = (end: End, set: string) => async (request: GraphRequest) => {
  const given = parseBody(AssignmentShape, request.body)
  const { store, ids, clock } = request.control.deps
  const entity = await store.transaction(async (tables) => {
    const { id } = await principalOf(tables, request)
    if (given[end] !== id) badBody('it must be the service principal that the address names', end)
    const principals = await allPrincipals(tables)
    const principal = principals.find((each) => each.id === given.principalId)
    if (!principal) return badBody('there is no such service principal', 'principalId')
    const role = principals
      .find((each) => each.id === given.resourceId)
      ?.roles?.find((each) => each.id === given.appRoleId)
    if (!role) return badBody('Permission being assigned was not found on application.', 'appRoleId')
    const isThere = (await tables.appRoleAssignments.list()).some(
      (each) => each.principalId === principal.id && each.appRoleId === role.id && each.resourceId === given.resourceId,
    )
    if (isThere) throw new CodedError('graph/in-use', 'Permission being assigned already exists on the object.')
    const assignment = { id: ids.guid(), ...given, createdAtMs: clock.nowMs() }
    await tables.appRoleAssignments.put(assignment)
    await tables.audit.append([audit(request, 'Add app role assignment to service principal', 'Create', principal)])
    return assignmentEntity(request, assignment, principals)
  })
  return entityAnswer(request, set, entity, 201)
}

const unassign = (end: End) => async (request: GraphRequest) => {
  await request.control.deps.store.transaction(async (tables) => {
    const principal = await principalOf(tables, request)
    const wanted = request.params['assignmentId'] ?? ''
    const found = await tables.appRoleAssignments.get(wanted.toLowerCase())
    if (found?.[end] !== principal.id) return notFound('AppRoleAssignment', wanted)
    await tables.appRoleAssignments.delete(found.id)
    await tables.audit.append([
      audit(request, 'Remove app role assignment from service principal', 'Delete', principal),
    ])
  })
  return answer(204)
}

const READ = 'Application.Read.All'
const WRITE = 'Application.ReadWrite.All'
const GRANT = 'AppRoleAssignment.ReadWrite.All'

/** The routes of assignments, seen from one end of them. */
const assignmentRoutes = (name: string, end: End): readonly GraphRoute[] => {
  const path = `/servicePrincipals/{id}/${name}`
  return [
    { method: 'GET', path, role: READ, of: { type: 'appRoleAssignment', many: true }, handle: list(end, name) },
    { method: 'POST', path, role: GRANT, handle: assign(end, name) },
    { method: 'DELETE', path: `${path}/{assignmentId}`, role: GRANT, handle: unassign(end) },
  ]
}

/** https://learn.microsoft.com/graph/api/resources/serviceprincipal */
export const servicePrincipalRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/servicePrincipals',
    role: READ,
    of: { type: 'servicePrincipal', many: true, isDirectory: true },
    handle: async (request) =>
      memoryPage(request, 'servicePrincipals', (await allPrincipals(request.control.deps.store)).map(principalEntity)),
  },
  { method: 'POST', path: '/servicePrincipals', role: WRITE, handle: create },
  {
    method: 'GET',
    path: '/servicePrincipals/{id}',
    role: READ,
    of: { type: 'servicePrincipal' },
    handle: async (request) =>
      entityAnswer(
        request,
        'servicePrincipals',
        principalEntity(await principalOf(request.control.deps.store, request)),
      ),
  },
  { method: 'PATCH', path: '/servicePrincipals/{id}', role: WRITE, handle: update },
  { method: 'DELETE', path: '/servicePrincipals/{id}', role: WRITE, handle: remove },
  ...assignmentRoutes('appRoleAssignments', 'principalId'),
  ...assignmentRoutes('appRoleAssignedTo', 'resourceId'),
]

import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { DirectoryRoleAssignment, PermissionGrant } from '../../domain/applications.ts'
import type { AuditEvent } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { answer, auditOf, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { directoryRoles } from '../identity/directory-roles.ts'

/** Consent (https://learn.microsoft.com/graph/api/resources/oauth2permissiongrant). */
const consentEntity = ({ id, clientId, principalId, resourceId, scopes }: PermissionGrant) => ({
  id,
  clientId,
  consentType: principalId === undefined ? 'AllPrincipals' : 'Principal',
  principalId: principalId ?? null,
  resourceId,
  scope: scopes.join(' '),
})

const ConsentShape = z
  .object({
    clientId: z.guid(),
    consentType: z.enum(['AllPrincipals', 'Principal']),
    principalId: z.guid().nullish(),
    resourceId: z.guid(),
    scope: z.string().max(8_000),
  })
  .refine(({ consentType, principalId }) => (consentType === 'Principal') === Boolean(principalId), {
    message: 'a principal is named for consentType Principal, and only then',
    path: ['principalId'],
  })

const audit = (
  request: GraphRequest,
  activityType: string,
  operation: AuditEvent['operation'],
  type: string,
  id: string,
) =>
  auditOf(
    request,
    { activityType, operation, category: 'Role', componentName: 'Directory' },
    { id, type, displayName: id, modifiedProperties: [] },
  )

const scopesOf = (text: string): readonly string[] => text.split(/\s+/).filter((scope) => scope !== '')

async function giveConsent(request: GraphRequest): Promise<GraphAnswer> {
  const { clientId, principalId, resourceId, scope } = parseBody(ConsentShape, request.body)
  const { store, ids } = request.control.deps
  const grant: PermissionGrant = {
    id: ids.guid(),
    clientId,
    resourceId,
    scopes: scopesOf(scope),
    ...(principalId ? { principalId } : {}),
  }
  await store.transaction(async (tables) => {
    if (!(await tables.servicePrincipals.get(clientId))) badBody('there is no such service principal', 'clientId')
    await tables.permissionGrants.put(grant)
    await tables.audit.append([
      audit(request, 'Add delegated permission grant', 'Create', 'OAuth2PermissionGrant', grant.id),
    ])
  })
  return entityAnswer(request, 'oauth2PermissionGrants', consentEntity(grant), 201)
}

/** Another list of scopes; `undefined` takes the consent away. */
const changeConsent =
  (next: (before: PermissionGrant, body: unknown) => PermissionGrant | undefined) => async (request: GraphRequest) => {
    await request.control.deps.store.transaction(async (tables) => {
      const id = request.params['id'] ?? ''
      const before = (await tables.permissionGrants.get(id)) ?? notFound('OAuth2PermissionGrant', id)
      const after = next(before, request.body)
      if (after) await tables.permissionGrants.put(after)
      else await tables.permissionGrants.delete(id)
      const [activity, operation] = after
        ? (['Update delegated permission grant', 'Patch'] as const)
        : (['Remove delegated permission grant', 'Delete'] as const)
      await tables.audit.append([audit(request, activity, operation, 'OAuth2PermissionGrant', id)])
    })
    return answer(204)
  }

/** Roles of the directory (https://learn.microsoft.com/graph/api/resources/unifiedroleassignment). */
const roleEntity = ({ id, displayName }: (typeof directoryRoles)[number]) => ({
  id,
  displayName,
  isBuiltIn: true,
  isEnabled: true,
  templateId: id,
})

const holderEntity = ({ id, principalId, roleDefinitionId }: DirectoryRoleAssignment) => ({
  id,
  principalId,
  roleDefinitionId,
  directoryScopeId: '/',
})

const HolderShape = z.object({
  principalId: z.guid(),
  roleDefinitionId: z.guid(),
  directoryScopeId: z.literal('/').default('/'),
})

/** `nobody` refuses whoever is no user. */
export async function giveDirectoryRole(
  request: GraphRequest,
  { principalId, roleDefinitionId }: Pick<DirectoryRoleAssignment, 'principalId' | 'roleDefinitionId'>,
  nobody: () => never,
): Promise<DirectoryRoleAssignment> {
  const { store, ids, clock } = request.control.deps
  const assignment = { id: ids.guid(), principalId, roleDefinitionId, createdAtMs: clock.nowMs() }
  await store.transaction(async (tables) => {
    if (!(await tables.users.get(principalId))) nobody()
    const isThere = (await tables.directoryRoleAssignments.list()).some(
      (each) => each.principalId === principalId && each.roleDefinitionId === roleDefinitionId,
    )
    if (isThere)
      throw new CodedError(
        'graph/in-use',
        'A conflicting object with one or more of the specified property values is present.',
      )
    await tables.directoryRoleAssignments.put(assignment)
    await tables.audit.append([audit(request, 'Add member to role', 'Create', 'Role', assignment.id)])
  })
  return assignment
}

async function giveRole(request: GraphRequest): Promise<GraphAnswer> {
  const given = parseBody(HolderShape, request.body)
  if (!directoryRoles.some(({ id }) => id === given.roleDefinitionId))
    badBody('there is no such role', 'roleDefinitionId')
  const assignment = await giveDirectoryRole(request, given, () => badBody('there is no such user', 'principalId'))
  return entityAnswer(request, 'roleManagement/directory/roleAssignments', holderEntity(assignment), 201)
}

export async function takeDirectoryRole(
  request: GraphRequest,
  idOf: (tables: Tables) => Promise<string>,
): Promise<void> {
  await request.control.deps.store.transaction(async (tables) => {
    const id = await idOf(tables)
    if (!(await tables.directoryRoleAssignments.delete(id))) notFound('UnifiedRoleAssignment', id)
    await tables.audit.append([audit(request, 'Remove member from role', 'Delete', 'Role', id)])
  })
}

async function takeRole(request: GraphRequest): Promise<GraphAnswer> {
  await takeDirectoryRole(request, async () => request.params['id'] ?? '')
  return answer(204)
}

const CONSENTS = 'DelegatedPermissionGrant.ReadWrite.All'
const ROLES = 'RoleManagement.ReadWrite.Directory'
const READ_ROLES = 'RoleManagement.Read.Directory'
const holders = '/roleManagement/directory/roleAssignments'

export const directoryGrantRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/oauth2PermissionGrants',
    role: 'DelegatedPermissionGrant.Read.All',
    of: { type: 'oAuth2PermissionGrant', many: true },
    handle: async (request) =>
      memoryPage(
        request,
        'oauth2PermissionGrants',
        (await request.control.deps.store.permissionGrants.list()).map(consentEntity),
      ),
  },
  { method: 'POST', path: '/oauth2PermissionGrants', role: CONSENTS, handle: giveConsent },
  {
    method: 'PATCH',
    path: '/oauth2PermissionGrants/{id}',
    role: CONSENTS,
    handle: changeConsent((before, body) => ({
      ...before,
      scopes: scopesOf(parseBody(z.object({ scope: z.string().max(8_000) }), body).scope),
    })),
  },
  { method: 'DELETE', path: '/oauth2PermissionGrants/{id}', role: CONSENTS, handle: changeConsent(() => undefined) },
  {
    method: 'GET',
    path: '/roleManagement/directory/roleDefinitions',
    role: READ_ROLES,
    of: { type: 'unifiedRoleDefinition', many: true },
    handle: async (request) =>
      memoryPage(request, 'roleManagement/directory/roleDefinitions', directoryRoles.map(roleEntity)),
  },
  {
    method: 'GET',
    path: holders,
    role: READ_ROLES,
    of: { type: 'unifiedRoleAssignment', many: true },
    handle: async (request) =>
      memoryPage(
        request,
        holders.slice(1),
        (await request.control.deps.store.directoryRoleAssignments.list()).map(holderEntity),
      ),
  },
  { method: 'POST', path: holders, role: ROLES, handle: giveRole },
  { method: 'DELETE', path: `${holders}/{id}`, role: ROLES, handle: takeRole },
]

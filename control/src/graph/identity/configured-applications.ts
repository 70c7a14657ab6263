import { CodedError, DAY_MS, type EpochMs } from '@muster/shared/core'
import { z } from 'zod'
import type { Store, Tables } from '../../app/ports.ts'
import type { Application, ServicePrincipal } from '../../domain/applications.ts'
import { GRAPH_APP_ID, microsoftResources } from './application-directory.ts'
import { sha256 } from './identity-deps.ts'
import { idFor, permissionNamed } from './permissions.ts'

/** Applications that the configuration names. */
export const ConfiguredApplications = z.array(
  z.strictObject({
    clientId: z.guid(),
    displayName: z.string().min(1).max(256),
    /** Absent: a program that keeps no secret, and signs users in. */
    clientSecret: z.string().min(8).max(200).optional(),
    /** Names of permissions of Graph, or all there are and will be. */
    roles: z.union([z.array(z.string().max(120)), z.literal('every')]),
    redirectUris: z.array(z.url()).optional(),
  }),
)
export type ConfiguredApplications = z.infer<typeof ConfiguredApplications>
export type ConfiguredApplication = ConfiguredApplications[number]

const SECRET_MS = 100 * 365 * DAY_MS

/**
 * Register what the configuration names, at every start anew: its secret is the configuration's, and what has been granted
 * beside its roles stays.
 * @throws CodedError `token/bad-scope` for a role that is none
 */
export async function registerConfigured(
  store: Store,
  configured: readonly ConfiguredApplication[],
  nowMs: EpochMs,
): Promise<void> {
  await store.transaction(async (tables) => {
    for (const each of configured) await register(tables, each, nowMs)
  })
}

async function register(tables: Tables, configured: ConfiguredApplication, nowMs: EpochMs): Promise<void> {
  const { displayName, clientSecret, roles, redirectUris = [] } = configured
  const appId = configured.clientId.toLowerCase()
  const before = (await tables.applications.list()).find((each) => each.appId === appId)
  const keyId = idFor('configured secret', appId)
  const own = { keyId, displayName: 'configuration', startAtMs: 0, endAtMs: nowMs + SECRET_MS }
  const others = (before?.passwords ?? []).filter((password) => password.keyId !== keyId)
  const password =
    clientSecret === undefined ? [] : [{ ...own, hint: clientSecret.slice(0, 3), secretSha256: sha256(clientSecret) }]
  const application: Application = {
    identifierUris: [],
    keys: [],
    scopes: [],
    signInAudience: 'AzureADMyOrg',
    createdAtMs: nowMs,
    ...before,
    id: before?.id ?? idFor('application', appId),
    appId,
    displayName,
    redirectUris,
    isPublicClient: clientSecret === undefined,
    passwords: [...password, ...others],
  }
  const known = (await tables.servicePrincipals.list()).find((each) => each.appId === appId)
  const principal: ServicePrincipal = {
    accountEnabled: true,
    createdAtMs: nowMs,
    ...known,
    id: known?.id ?? idFor('servicePrincipal', appId),
    appId,
    displayName,
    holdsEveryRole: roles === 'every',
  }
  await tables.applications.put(application)
  await tables.servicePrincipals.put(principal)
  for (const role of roles === 'every' ? [] : roles) await grant(tables, principal, role, nowMs)
}

async function grant(
  tables: Tables,
  { id: principalId }: ServicePrincipal,
  role: string,
  nowMs: EpochMs,
): Promise<void> {
  const permission = permissionNamed(role)
  const graph = microsoftResources.find(({ appId }) => appId === GRAPH_APP_ID)
  if (!permission || !graph)
    throw new CodedError('token/bad-scope', `the configuration grants '${role}', which is no permission of Graph`)
  await tables.appRoleAssignments.put({
    id: idFor('appRoleAssignment', principalId, permission.roleId),
    principalId,
    resourceId: graph.principalId,
    appRoleId: permission.roleId,
    createdAtMs: nowMs,
  })
}

import { resourceAction } from '../src/domain/intune-roles/actions.ts'
import type { Device, User } from '../src/domain/model.ts'
import { registerConfigured } from '../src/graph/identity/configured-applications.ts'
import { directoryRoles } from '../src/graph/identity/directory-roles.ts'
import type { IdentityDeps } from '../src/graph/identity/identity-deps.ts'
import { permissions } from '../src/graph/identity/permissions.ts'
import { type Entity, GRAPH_SCOPE, type GraphOffice, type GraphReply, openGraph, TENANT_ID } from './graph.ts'
import { NATIVE_ID } from './identity.ts'

const PRINCIPALS = '/servicePrincipals'

/** An office whose people come with tokens of their own: none is an administrator of the directory but `admin`. */
export interface People extends AsyncDisposable {
  readonly graph: GraphOffice
  /** A person, in these groups. */
  person(name: string, ...groupIds: readonly string[]): Promise<User>
  /** The header of a person who has signed in to a program with these scopes, all of them unless they are named. */
  tokenOf(name: string, scope?: string): Promise<string>
  /** Ask as a person, below beta unless said otherwise. */
  as(name: string, method: string, path: string, body?: unknown, version?: string): Promise<GraphReply>
  /** Ids in the answer to a list, as a person sees it. */
  idsFor(name: string, path: string, version?: string): Promise<readonly string[]>
  group(displayName: string, ...members: readonly (User | Device)[]): Promise<string>
  /** A custom role that allows these: `ManagedDevices_Read`. */
  role(...allowed: readonly string[]): Promise<string>
  /** Give a role to the members of a group. */
  give(roleId: string, memberGroup: string, rest?: Entity): Promise<string>
  tag(displayName: string): Promise<string>
}

export async function openPeople(given: Partial<IdentityDeps> = {}): Promise<People> {
  // No two things happen at once, so that the log of sign-ins has an order.
  let lastMs = 0
  const nowMs = (): number => {
    lastMs = Math.max(lastMs + 1, Date.now())
    return lastMs
  }
  const graph = await openGraph({ nowMs, ...given })
  const { store } = graph.office
  const native = {
    clientId: NATIVE_ID,
    displayName: 'native',
    redirectUris: ['http://localhost'],
    roles: [] as string[],
  }
  await registerConfigured(store, [native], Date.now())
  const idOf = async (appId: string): Promise<string> => {
    const { value } = await graph.get<{ value: Entity[] }>(`${PRINCIPALS}?$filter=appId eq '${appId}'`)
    return String(value[0]?.['id'])
  }
  await graph.post('/oauth2PermissionGrants', {
    clientId: await idOf(NATIVE_ID),
    consentType: 'AllPrincipals',
    resourceId: await idOf('00000003-0000-0000-c000-000000000000'),
    scope: permissions.map(({ value }) => value).join(' '),
  })
  const tokens = new Map<string, string>()
  const people: People = {
    graph,
    person: async (name, ...groupIds) => {
      const user = await graph.office.user(name)
      for (const id of groupIds) await store.groups.add(id, [{ id: user.id, type: 'user' }])
      return user
    },
    tokenOf: async (name, scope = GRAPH_SCOPE) => {
      const known = tokens.get(`${name} ${scope}`)
      if (known !== undefined) return known
      const form = { grant_type: 'password', client_id: NATIVE_ID, username: `${name}@contoso.example`, password: 'x' }
      const path = `/${TENANT_ID}/oauth2/v2.0/token`
      const { body } = await graph.raw('POST', path, undefined, String(new URLSearchParams({ ...form, scope })))
      const token = `Bearer ${String(body['access_token'])}`
      tokens.set(`${name} ${scope}`, token)
      return token
    },
    as: async (name, method, path, body, version = 'beta') =>
      graph.raw(method, `/${version}${path}`, await people.tokenOf(name), body),
    idsFor: async (name, path, version) => {
      const { status, body } = await people.as(name, 'GET', path, undefined, version)
      if (status !== 200) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`)
      return (body['value'] as Entity[]).map((entity) => String(entity['id']))
    },
    group: async (displayName, ...members) => {
      const { id } = await graph.post<Entity>('/groups', { displayName })
      await store.groups.add(
        String(id),
        members.map((member) => ({ id: member.id, type: 'platform' in member ? 'device' : 'user' })),
      )
      return String(id)
    },
    role: async (...allowed) => {
      const allowedResourceActions = allowed.map((action) => {
        const [resource = '', verb = ''] = action.split('_')
        return resourceAction(resource, verb)
      })
      const { id } = await graph.post<Entity>('/deviceManagement/roleDefinitions', {
        '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleDefinition',
        displayName: allowed.join(' '),
        rolePermissions: [{ resourceActions: [{ allowedResourceActions }] }],
      })
      return String(id)
    },
    give: async (roleId, memberGroup, rest = {}) => {
      const { id } = await graph.post<Entity>('/deviceManagement/roleAssignments', {
        '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleAssignment',
        displayName: 'given',
        members: [memberGroup],
        scopeType: 'allDevicesAndLicensedUsers',
        'roleDefinition@odata.bind': `https://graph.microsoft.com/beta/deviceManagement/roleDefinitions('${roleId}')`,
        ...rest,
      })
      return String(id)
    },
    tag: async (displayName) =>
      String((await graph.post<Entity>('/deviceManagement/roleScopeTags', { displayName }))['id']),
    [Symbol.asyncDispose]: () => graph[Symbol.asyncDispose](),
  }
  // Devices are of somebody.
  await people.person('ada')
  const admin = await people.person('admin')
  const [globalAdministrator] = directoryRoles
  await graph.post('/roleManagement/directory/roleAssignments', {
    principalId: admin.id,
    roleDefinitionId: globalAdministrator?.id,
  })
  return people
}

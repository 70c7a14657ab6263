import type { Tables } from '../../app/ports.ts'
import type { Application, ServicePrincipal } from '../../domain/applications.ts'
import { idFor, permissions } from './permissions.ts'

export const GRAPH_APP_ID = '00000003-0000-0000-c000-000000000000'

/** An API that tokens are for. */
export interface Resource {
  readonly appId: string
  /** Names that clients ask for it by, without a slash at the end. */
  readonly names: readonly string[]
  /** `aud` of its tokens. */
  readonly audience: string
  /** Of its service principal. */
  readonly principalId: string
  /** Roles and scopes that it knows. */
  readonly roles: readonly { readonly id: string; readonly value: string }[]
  readonly scopes: readonly { readonly id: string; readonly value: string }[]
}

/** Programs of Microsoft that are known in every tenant and keep no secret. */
const microsoftPrograms: Readonly<Record<string, string>> = {
  '14d82eec-204b-4c2f-b7e8-296a70dab67e': 'Microsoft Graph Command Line Tools',
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46': 'Microsoft Azure CLI',
  '1950a258-227b-4e31-a9cf-717495945fc2': 'Microsoft Azure PowerShell',
  'd1ddf0e4-d672-4dae-b554-9d5bdfd93547': 'Microsoft Intune PowerShell',
  'de8bc8b5-d9f9-48b1-a8ad-b748da725064': 'Graph Explorer',
}

const rolesOf = (...values: readonly string[]) => values.map((value) => ({ id: idFor('role', value), value }))

const graph: Resource = {
  appId: GRAPH_APP_ID,
  names: ['https://graph.microsoft.com', GRAPH_APP_ID],
  audience: 'https://graph.microsoft.com',
  principalId: idFor('servicePrincipal', GRAPH_APP_ID),
  roles: permissions.filter(({ value }) => value !== 'User.Read').map(({ value, roleId }) => ({ id: roleId, value })),
  scopes: permissions.map(({ value, scopeId }) => ({ id: scopeId, value })),
}

const INTUNE_APP_ID = 'c161e42e-d4df-4a3d-9b42-e7a3c31f59d4'

/** What network access control and certificate services of partners ask tokens for. */
const intune: Resource = {
  appId: INTUNE_APP_ID,
  names: ['https://api.manage.microsoft.com', INTUNE_APP_ID],
  audience: 'https://api.manage.microsoft.com',
  principalId: idFor('servicePrincipal', INTUNE_APP_ID),
  roles: rolesOf('get_device_compliance', 'manage_partner_compliance_policy', 'scep_challenge_provider'),
  scopes: [],
}

export const microsoftResources: readonly Resource[] = [graph, intune]

type Directory = Pick<Tables, 'applications' | 'servicePrincipals'>

/** The application that a client says it is, and its service principal; programs of Microsoft have both in every tenant. */
export async function findClient(
  { applications, servicePrincipals }: Directory,
  appId: string,
): Promise<{ readonly application: Application; readonly principal: ServicePrincipal | undefined } | undefined> {
  const wanted = appId.toLowerCase()
  const application = (await applications.list()).find((each) => each.appId === wanted)
  if (!application) return microsoftProgram(wanted)
  const principal = (await servicePrincipals.list()).find((each) => each.appId === wanted)
  return { application, principal }
}

function microsoftProgram(appId: string) {
  const displayName = Object.hasOwn(microsoftPrograms, appId) ? microsoftPrograms[appId] : undefined
  if (displayName === undefined) return undefined
  const application: Application = {
    id: idFor('application', appId),
    appId,
    displayName,
    createdAtMs: 0,
    signInAudience: 'AzureADMultipleOrgs',
    identifierUris: [],
    redirectUris: [
      'http://localhost',
      'https://login.microsoftonline.com/common/oauth2/nativeclient',
      'urn:ietf:wg:oauth:2.0:oob',
    ],
    isPublicClient: true,
    passwords: [],
    keys: [],
    scopes: [],
  }
  const principal: ServicePrincipal = {
    id: idFor('servicePrincipal', appId),
    appId,
    displayName,
    accountEnabled: true,
    createdAtMs: 0,
    holdsEveryRole: false,
  }
  return { application, principal }
}

/** The API of this name: one of Microsoft's, or that of an application of the tenant. */
export async function findResource(directory: Directory, name: string): Promise<Resource | undefined> {
  const wanted = name.replace(/\/+$/, '').toLowerCase()
  const own = microsoftResources.find(({ names }) => names.includes(wanted))
  if (own) return own
  const application = (await directory.applications.list()).find(
    ({ appId, identifierUris }) =>
      [appId, `api://${appId}`].includes(wanted) || identifierUris.some((uri) => uri.toLowerCase() === wanted),
  )
  if (!application) return undefined
  const principal = (await directory.servicePrincipals.list()).find(({ appId }) => appId === application.appId)
  if (!principal) return undefined
  return {
    appId: application.appId,
    names: [application.appId, `api://${application.appId}`, ...application.identifierUris],
    audience: application.appId,
    principalId: principal.id,
    roles: [],
    scopes: application.scopes,
  }
}

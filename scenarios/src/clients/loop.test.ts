import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  ClientCertificateCredential,
  ClientSecretCredential,
  DeviceCodeCredential,
  type TokenCredential,
} from '@azure/identity'
import { ConfidentialClientApplication } from '@azure/msal-node'
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  type GraphRequest,
  PageIterator,
} from '@microsoft/microsoft-graph-client'
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADA, type Live, PATIENT, startLive } from '../../test-support/live.ts'
import { trust } from '../../test-support/trusting.ts'
import { firstInZip } from '../../test-support/zip.ts'

const DEVICES = 3
const MANAGED = '/deviceManagement/managedDevices'
const POLICIES = '/deviceManagement/deviceCompliancePolicies'
const DEFAULT = 'https://graph.microsoft.com/.default'
const NATIVE = { clientId: randomUUID(), displayName: 'a program', roles: [], redirectUris: ['http://localhost'] }
/** What the story asks for, as roles of an application and as scopes of a user. */
const PERMISSIONS = [
  'DeviceManagementManagedDevices.ReadWrite.All',
  'DeviceManagementManagedDevices.PrivilegedOperations.All',
  'DeviceManagementConfiguration.ReadWrite.All',
  'DeviceManagementApps.Read.All',
  'Group.ReadWrite.All',
  'Device.Read.All',
  'User.Read.All',
]

interface Entity {
  readonly id: string
  readonly [name: string]: unknown
}
interface Page {
  readonly value: Entity[]
}

let live: Live
beforeAll(async () => {
  live = await startLive({ graph: { applications: [NATIVE] } })
  trust(live.stack.connection.caFile)
  await live.populate(DEVICES)
}, 120_000)
afterAll(() => live?.[Symbol.asyncDispose]())

const azure = () => ({ authorityHost: live.stack.connection.url, disableInstanceDiscovery: true })

function clientWith(credential: TokenCredential, scopes: readonly string[] = [DEFAULT]): Client {
  const { url } = live.stack.connection
  const authProvider = new TokenCredentialAuthenticationProvider(credential, { scopes: [...scopes] })
  return Client.initWithMiddleware({ authProvider, baseUrl: url, customHosts: new Set([new URL(url).hostname]) })
}

function withSecret(): Client {
  const { tenantId, clientId, clientSecret } = live.stack.connection
  return clientWith(new ClientSecretCredential(tenantId, clientId, clientSecret, azure()))
}

/** An application that is registered, and granted what it needs, through Graph. */
async function withCertificate(): Promise<Client> {
  const [key, certificate] = [join(live.dir, 'loop.key'), join(live.dir, 'loop.pem')]
  const made = ['-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', certificate, '-subj', '/CN=loop']
  execFileSync('openssl', ['req', '-x509', ...made], { stdio: 'ignore' })
  const pem = readFileSync(certificate, 'utf8')
  const administrator = withSecret()
  const post = (path: string, body: object) => administrator.api(path).post(body) as Promise<Entity>
  const { appId } = await post('/applications', {
    displayName: 'with a certificate',
    keyCredentials: [{ type: 'AsymmetricX509Cert', usage: 'Verify', key: btoa(pem) }],
  })
  const { id: principalId } = await post('/servicePrincipals', { appId })
  const graph = (await administrator
    .api("/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')")
    .get()) as Entity & { appRoles: { id: string; value: string }[] }
  for (const { id: appRoleId } of graph.appRoles.filter(({ value }) => PERMISSIONS.includes(value)))
    await post(`/servicePrincipals/${principalId}/appRoleAssignments`, { principalId, resourceId: graph.id, appRoleId })
  const both = `${pem}\n${readFileSync(key, 'utf8')}`
  const { tenantId } = live.stack.connection
  return clientWith(new ClientCertificateCredential(tenantId, String(appId), { certificate: both }, azure()))
}

/** A person who enters the code at the page that the device shows. */
function withDeviceCode(): Client {
  const { url, tenantId } = live.stack.connection
  const credential = new DeviceCodeCredential({
    ...azure(),
    tenantId,
    clientId: NATIVE.clientId,
    userPromptCallback: ({ userCode }) => {
      const body = new URLSearchParams({ user_code: userCode, username: ADA.userPrincipalName })
      void fetch(`${url}/common/oauth2/deviceauth`, { method: 'POST', body })
    },
  })
  return clientWith(
    credential,
    PERMISSIONS.map((permission) => `https://graph.microsoft.com/${permission}`),
  )
}

function withMsal(): Client {
  const { url, tenantId, clientId, clientSecret } = live.stack.connection
  const authority = { authority: `${url}/${tenantId}`, knownAuthorities: [new URL(url).host] }
  const app = new ConfidentialClientApplication({ auth: { clientId, clientSecret, ...authority } })
  const getAccessToken = async () =>
    (await app.acquireTokenByClientCredential({ scopes: [DEFAULT] }))?.accessToken ?? ''
  return Client.initWithMiddleware({
    authProvider: { getAccessToken },
    baseUrl: url,
    customHosts: new Set([new URL(url).hostname]),
  })
}

const get = <T = Entity>(request: GraphRequest) => request.get() as Promise<T>

/** Make an export, wait for it, and read the rows of the file in it; its address is all that one needs. */
async function exported(client: Client, reportName: string): Promise<readonly string[]> {
  const jobs = '/deviceManagement/reports/exportJobs'
  const job = (await client.api(jobs).post({ reportName, format: 'csv' })) as Entity
  const done = await vi.waitFor(async () => {
    const now = await get(client.api(`${jobs}/${job.id}`))
    expect(now['status']).toBe('completed')
    return now
  }, PATIENT)
  const answer = await fetch(String(done['url']))
  const { name, text } = firstInZip(new Uint8Array(await answer.arrayBuffer()))
  expect(name).toBe(`${job.id}.csv`)
  return text.trimEnd().split('\n')
}

const credentials: readonly (readonly [string, () => Client | Promise<Client>])[] = [
  ['@azure/identity with a secret', withSecret],
  ['@azure/identity with a certificate', withCertificate],
  ['@azure/identity with a device code', withDeviceCode],
  ['@azure/msal-node', withMsal],
]

describe.each(credentials)('the Graph client and %s', (_, open) => {
  it('list, page, filter, ask in batches, create, assign, act and export', async () => {
    const client = await open()
    const first = await get<Page>(client.api(MANAGED).top(1))
    const ids = new Set<string>()
    await new PageIterator(client, first, ({ id }: Entity) => ids.add(id) !== undefined).iterate()
    expect(ids.size).toBe(DEVICES)
    const [device = ''] = ids
    const filtered = await get<Page>(client.api(MANAGED).filter(`id eq '${device}'`).select('id'))
    expect(filtered.value.map(({ id }) => id)).toEqual([device])
    const url = (path: string) => new Request(`${live.stack.connection.url}${path}`)
    const batch = new BatchRequestContent([
      { id: 'apps', request: url('/deviceManagement/detectedApps?$top=3') },
      { id: 'users', request: url(`${MANAGED}/${device}/users`) },
    ])
    const answers = new BatchResponseContent(await client.api('/$batch').post(await batch.getContent()))
    for (const id of ['apps', 'users']) {
      const answer = answers.getResponseById(id)
      expect([id, answer.status, ((await answer.json()) as Page).value.length > 0]).toEqual([id, 200, true])
    }
    const group = (await client
      .api('/groups')
      .post({ displayName: 'pilot', mailEnabled: false, mailNickname: 'pilot', securityEnabled: true })) as Entity
    const policy = (await client.api(POLICIES).post({
      '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
      displayName: 'pilot',
      scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] }],
    })) as Entity
    const target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: group.id }
    await client.api(`${POLICIES}/${policy.id}/assign`).post({ assignments: [{ target }] })
    expect((await get<Page>(client.api(`${POLICIES}/${policy.id}/assignments`))).value).toMatchObject([{ target }])
    await client.api(`${MANAGED}/${device}/syncDevice`).post({})
    const { deviceActionResults } = await get(client.api(`${MANAGED}/${device}`))
    expect(deviceActionResults).toContainEqual(expect.objectContaining({ actionName: 'syncDevice' }))
    expect(await exported(client, 'Devices')).toHaveLength(1 + DEVICES)
    await client.api(`${POLICIES}/${policy.id}`).delete()
    await client.api(`/groups/${group.id}`).delete()
  }, 60_000)
})

describe('a compliance policy that a client makes', () => {
  /** Devices by what the lists say of them, in both places. */
  const standing = async (client: Client, state: string): Promise<readonly [managed: number, directory: number]> => {
    const managed = await get<Page>(client.api(MANAGED).filter(`complianceState eq '${state}'`))
    const devices = (await get<Page>(client.api('/devices'))).value
    return [managed.value.length, devices.filter(({ isCompliant }) => isCompliant === (state === 'compliant')).length]
  }

  it('changes live devices, is seen in every list, and leaves one audit event for each change', async () => {
    const client = withSecret()
    const policy = (await client.api(POLICIES).post({
      '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
      displayName: 'of another time',
      osMinimumVersion: '99.0',
      scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] }],
    })) as Entity
    const path = `${POLICIES}/${policy.id}`
    const target = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' }
    await client.api(`${path}/assign`).post({ assignments: [{ target }] })
    await vi.waitFor(async () => expect(await standing(client, 'noncompliant')).toEqual([DEVICES, DEVICES]), PATIENT)
    expect(await exported(client, 'DeviceNonCompliance')).toHaveLength(1 + DEVICES)
    const summary = await get(client.api('/deviceManagement/deviceCompliancePolicyDeviceStateSummary'))
    expect(summary['nonCompliantDeviceCount']).toBe(DEVICES)
    await client
      .api(path)
      .patch({ '@odata.type': '#microsoft.graph.windows10CompliancePolicy', osMinimumVersion: '10.0' })
    await vi.waitFor(async () => expect(await standing(client, 'compliant')).toEqual([DEVICES, DEVICES]), PATIENT)
    await client.api(path).delete()
    const events = (
      await get<Page>(client.api('/deviceManagement/auditEvents').filter("category eq 'Compliance'").top(100))
    ).value.filter(({ resources }) =>
      (resources as { resourceId: string }[]).some((each) => each.resourceId === policy.id),
    )
    const changed = events.map(({ activityType, resources }) => {
      const [resource] = resources as { modifiedProperties: { displayName: string }[] }[]
      return [activityType, (resource?.modifiedProperties ?? []).map(({ displayName }) => displayName)]
    })
    expect(Object.fromEntries(changed)).toMatchObject({
      'Assign DeviceCompliancePolicy': ['assignments'],
      'Patch DeviceCompliancePolicy': ['osMinimumVersion'],
    })
    expect(changed.map(([activity]) => activity).toSorted()).toEqual([
      'Assign DeviceCompliancePolicy',
      'Create DeviceCompliancePolicy',
      'Delete DeviceCompliancePolicy',
      'Patch DeviceCompliancePolicy',
    ])
  }, 120_000)
})

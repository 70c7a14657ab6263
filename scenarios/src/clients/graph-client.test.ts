import { ClientSecretCredential } from '@azure/identity'
import {
  BatchRequestContent,
  BatchResponseContent,
  Client,
  GraphError,
  PageIterator,
} from '@microsoft/microsoft-graph-client'
import { TokenCredentialAuthenticationProvider } from '@microsoft/microsoft-graph-client/authProviders/azureTokenCredentials/index.js'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Live, PATIENT, startLive } from '../../test-support/live.ts'
import { trust } from '../../test-support/trusting.ts'

const DEVICES = 5
const MANAGED = '/deviceManagement/managedDevices'

let live: Live
let client: Client
beforeAll(async () => {
  live = await startLive()
  await live.populate(DEVICES)
  const { url, tenantId, clientId, clientSecret, caFile } = live.stack.connection
  trust(caFile)
  const options = { authorityHost: url, disableInstanceDiscovery: true }
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, options)
  const authProvider = new TokenCredentialAuthenticationProvider(credential, {
    scopes: ['https://graph.microsoft.com/.default'],
  })
  client = Client.initWithMiddleware({ authProvider, baseUrl: url, customHosts: new Set([new URL(url).hostname]) })
}, 120_000)
afterAll(() => live?.[Symbol.asyncDispose]())

interface Device {
  readonly id: string
  readonly deviceName: string
  readonly operatingSystem: string
  readonly lastSyncDateTime: string
}
interface Page {
  readonly value: Device[]
  readonly '@odata.nextLink'?: string
  readonly '@odata.count'?: number
}

describe('@microsoft/microsoft-graph-client', () => {
  it('lists, selects, filters, orders and counts', async () => {
    const page = (await client
      .api(MANAGED)
      .select(['id', 'deviceName'])
      .filter("operatingSystem eq 'Windows'")
      .orderby('deviceName')
      .count(true)
      .get()) as Page
    expect(page['@odata.count']).toBe(DEVICES)
    const names = page.value.map(({ deviceName }) => deviceName)
    expect(names).toEqual([...names].sort())
    expect(Object.keys(page.value[0] ?? {}).sort()).toEqual(['deviceName', 'id'])
  })

  it('goes through all pages with its iterator', async () => {
    const first = (await client.api(MANAGED).top(2).get()) as Page
    expect(first.value).toHaveLength(2)
    expect(first['@odata.nextLink']).toMatch(live.stack.connection.url)
    const ids = new Set<string>()
    await new PageIterator(client, first, ({ id }: Device) => ids.add(id) !== undefined).iterate()
    expect(ids.size).toBe(DEVICES)
  })

  it('asks many things at once', async () => {
    // The client takes the host off and leaves the rest, which is below the version.
    const batch = new BatchRequestContent([
      { id: '1', request: new Request(`${live.stack.connection.url}/users?$top=1`) },
      { id: '2', request: new Request(`${live.stack.connection.url}${MANAGED}/nothing`) },
    ])
    const content = await batch.getContent()
    const answers = new BatchResponseContent(await client.api('/$batch').post(content))
    expect(answers.getResponseById('1').status).toBe(200)
    expect(answers.getResponseById('2').status).toBe(404)
  })

  it('makes a policy, assigns it, and reads it back', async () => {
    const policy = (await client.api('/deviceManagement/deviceCompliancePolicies').post({
      '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
      displayName: 'made by a client',
      bitLockerEnabled: true,
      scheduledActionsForRule: [
        { ruleName: 'PasswordRequired', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] },
      ],
    })) as { id: string }
    const path = `/deviceManagement/deviceCompliancePolicies/${policy.id}`
    await client.api(`${path}/assign`).post({
      assignments: [{ target: { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' } }],
    })
    const read = (await client.api(path).expand('assignments').get()) as { displayName: string; assignments: object[] }
    expect(read).toMatchObject({ displayName: 'made by a client', assignments: [{}] })
    await client.api(path).delete()
    const gone = (await client
      .api(path)
      .get()
      .catch((error: unknown) => error)) as GraphError
    expect(gone).toBeInstanceOf(GraphError)
    expect([gone.statusCode, gone.code]).toEqual([404, 'ResourceNotFound'])
  })

  it('has a device check in, and sees that it has', async () => {
    const [device] = ((await client.api(MANAGED).top(1).get()) as Page).value
    await client.api(`${MANAGED}/${device?.id}/syncDevice`).post({})
    await vi.waitFor(async () => {
      const { lastSyncDateTime } = (await client.api(`${MANAGED}/${device?.id}`).get()) as Device
      expect(Date.parse(lastSyncDateTime)).toBeGreaterThan(Date.parse(device?.lastSyncDateTime ?? ''))
    }, PATIENT)
  })

  it('is told when to come again after a limit', async () => {
    await live.client.call('PUT', '/_muster/throttling', { scale: 0.01 })
    try {
      // Two writes in twenty seconds at a hundredth of the limit of the tenant, one of the application.
      const made = () => client.api('/deviceManagement/deviceCategories').post({ displayName: 'x' }) as Promise<unknown>
      await made()
      const path = '/v1.0/deviceManagement/deviceCategories'
      const authorization = await live.client.authorization()
      const body = JSON.stringify({ displayName: 'y' })
      const refused = await live.raw('POST', path, {
        headers: { authorization, 'content-type': 'application/json' },
        body,
      })
      expect(refused.status).toBe(429)
      expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
      expect(JSON.parse(refused.text)).toMatchObject({ error: { code: 'TooManyRequests' } })
    } finally {
      await live.client.call('PUT', '/_muster/throttling', { scale: null })
    }
  })
})

import { ClientSecretCredential } from '@azure/identity'
import { HttpMethod, type Parsable, type ParsableFactory, RequestInformation } from '@microsoft/kiota-abstractions'
import { AzureIdentityAuthenticationProvider } from '@microsoft/kiota-authentication-azure'
import { createGraphServiceClient, GraphRequestAdapter, type GraphServiceClient } from '@microsoft/msgraph-sdk'
import {
  createDeviceCompliancePolicyFromDiscriminatorValue,
  createDeviceManagementExportJobFromDiscriminatorValue,
  createManagedDeviceCollectionResponseFromDiscriminatorValue,
  type DeviceCompliancePolicy,
  type DeviceCompliancePolicyAssignment,
  type DeviceManagementExportJob,
  type ManagedDevice,
  serializeDeviceCompliancePolicyAssignment,
  serializeDeviceManagementExportJob,
  serializeWindows10CompliancePolicy,
  type Windows10CompliancePolicy,
} from '@microsoft/msgraph-sdk/models/index.js'
import {
  createODataErrorFromDiscriminatorValue,
  type ODataError,
} from '@microsoft/msgraph-sdk/models/oDataErrors/index.js'
import { BatchRequestContent, PageIterator } from '@microsoft/msgraph-sdk-core'
import '@microsoft/msgraph-sdk-users'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { ADA, type Live, PATIENT, startLive } from '../../test-support/live.ts'
import { trust } from '../../test-support/trusting.ts'

const DEVICES = 5
const ERRORS = { '4XX': createODataErrorFromDiscriminatorValue, '5XX': createODataErrorFromDiscriminatorValue }
const POLICIES = '/deviceManagement/deviceCompliancePolicies'
const JOBS = '/deviceManagement/reports/exportJobs'

let live: Live
let adapter: GraphRequestAdapter
let client: GraphServiceClient
let ada: string
beforeAll(async () => {
  live = await startLive()
  await live.populate(DEVICES)
  const { url, tenantId, clientId, clientSecret, caFile } = live.stack.connection
  trust(caFile)
  const options = { authorityHost: url, disableInstanceDiscovery: true }
  const credential = new ClientSecretCredential(tenantId, clientId, clientSecret, options)
  const scopes = ['https://graph.microsoft.com/.default']
  const hosts = new Set([new URL(url).hostname, new URL(url).host])
  adapter = new GraphRequestAdapter(new AzureIdentityAuthenticationProvider(credential, scopes, undefined, hosts))
  adapter.baseUrl = `${url}/v1.0`
  client = createGraphServiceClient(adapter)
  const found = await client.users.get({
    queryParameters: { filter: `userPrincipalName eq '${ADA.userPrincipalName}'`, select: ['id', 'displayName'] },
  })
  ada = found?.value?.[0]?.id ?? ''
}, 120_000)
afterAll(() => live?.[Symbol.asyncDispose]())

const theirs = () => client.users.byUserId(ada).managedDevices

/** A request below `/deviceManagement`, for which the registry has no fluent package; models and errors are the SDK's. */
const request = (method: HttpMethod, path: string): RequestInformation =>
  new RequestInformation(method, `{+baseurl}${path}`, { baseurl: adapter.baseUrl })

const send = <T extends Parsable>(asked: RequestInformation, factory: ParsableFactory<T>): Promise<T | undefined> => {
  asked.headers.tryAdd('Accept', 'application/json')
  return adapter.send(asked, factory, ERRORS)
}

const refusal = (asked: Promise<unknown>): Promise<ODataError> =>
  asked.then(
    () => expect.fail('nothing was refused'),
    (error: ODataError) => error,
  )

describe('@microsoft/msgraph-sdk', () => {
  it('lists, selects, filters, orders and counts', async () => {
    const page = await theirs().get({
      queryParameters: {
        count: true,
        filter: "operatingSystem eq 'Windows'",
        orderby: ['deviceName'],
        select: ['id', 'deviceName', 'enrolledDateTime'],
      },
    })
    expect(page?.odataCount).toBe(DEVICES)
    const names = page?.value?.map(({ deviceName }) => String(deviceName)) ?? []
    expect(names).toEqual(names.toSorted())
    expect(page?.value?.[0]?.enrolledDateTime).toBeInstanceOf(Date)
    expect(await theirs().count.get()).toBe(DEVICES)
    const none = await theirs().get({ queryParameters: { filter: "operatingSystem eq 'iOS'" } })
    expect(none?.value).toEqual([])
  })

  it('goes through all pages with its iterator', async () => {
    const { value, odataNextLink } = (await theirs().get({ queryParameters: { top: 2 } })) ?? {}
    expect(value).toHaveLength(2)
    const first = { value: value ?? [], odataNextLink: odataNextLink ?? '' }
    const ids = new Set<string>()
    const seen = ({ id }: ManagedDevice): boolean => ids.add(String(id)) !== undefined
    const factory = createManagedDeviceCollectionResponseFromDiscriminatorValue
    await new PageIterator(adapter, first, seen, factory, ERRORS).iterate()
    expect(ids.size).toBe(DEVICES)
  })

  it('makes, changes and deletes a user, and throws what Graph says of one who is gone', async () => {
    const made = await client.users.post({
      accountEnabled: true,
      displayName: 'Grace',
      mailNickname: 'grace',
      userPrincipalName: 'grace@contoso.example',
      passwordProfile: { password: 'not-kept-anywhere' },
    })
    const grace = client.users.byUserId(made?.id ?? '')
    await grace.patch({ jobTitle: 'Admiral' })
    expect(await grace.get()).toMatchObject({ displayName: 'Grace', jobTitle: 'Admiral' })
    await grace.delete()
    const gone = await refusal(grace.get())
    expect([gone.responseStatusCode, gone.errorEscaped?.code]).toEqual([404, 'Request_ResourceNotFound'])
  })

  it('makes a policy, assigns it, and reads it back', async () => {
    const policy: Windows10CompliancePolicy = {
      odataType: '#microsoft.graph.windows10CompliancePolicy',
      displayName: 'made by the SDK',
      bitLockerEnabled: true,
      scheduledActionsForRule: [
        { ruleName: 'PasswordRequired', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] },
      ],
    }
    const making = request(HttpMethod.POST, POLICIES)
    making.setContentFromParsable(adapter, 'application/json', policy, serializeWindows10CompliancePolicy)
    const made = await send<DeviceCompliancePolicy>(making, createDeviceCompliancePolicyFromDiscriminatorValue)
    const path = `${POLICIES}/${made?.id}`

    const assignment: DeviceCompliancePolicyAssignment = {
      target: { odataType: '#microsoft.graph.allDevicesAssignmentTarget' },
    }
    const assigning = request(HttpMethod.POST, `${path}/assign`)
    assigning.setContentFromParsable(adapter, 'application/json', { assignments: [assignment] }, (writer, body) =>
      writer.writeCollectionOfObjectValues(
        'assignments',
        body?.['assignments'] as DeviceCompliancePolicyAssignment[],
        serializeDeviceCompliancePolicyAssignment,
      ),
    )
    await adapter.sendNoResponseContent(assigning, ERRORS)

    const reading = request(HttpMethod.GET, `${path}?$expand=assignments`)
    const read = await send<DeviceCompliancePolicy>(reading, createDeviceCompliancePolicyFromDiscriminatorValue)
    expect(read).toMatchObject({
      displayName: 'made by the SDK',
      bitLockerEnabled: true,
      assignments: [{ target: { odataType: '#microsoft.graph.allDevicesAssignmentTarget' } }],
    })
  })

  it('has a device check in, and sees that it has', async () => {
    const [before] = (await theirs().get({ queryParameters: { top: 1 } }))?.value ?? []
    const device = theirs().byManagedDeviceId(before?.id ?? '')
    await device.syncDevice.post()
    await vi.waitFor(async () => {
      const after = await device.get()
      expect(after?.lastSyncDateTime?.getTime()).toBeGreaterThan(before?.lastSyncDateTime?.getTime() ?? 0)
    }, PATIENT)
  })

  it('exports a report', async () => {
    const making = request(HttpMethod.POST, JOBS)
    const wanted = { reportName: 'Devices', select: ['DeviceId', 'DeviceName'] }
    making.setContentFromParsable(adapter, 'application/json', wanted, serializeDeviceManagementExportJob)
    const job = await send<DeviceManagementExportJob>(making, createDeviceManagementExportJobFromDiscriminatorValue)
    const done = await vi.waitFor(async () => {
      const asked = request(HttpMethod.GET, `${JOBS}('${job?.id}')`)
      const read = await send<DeviceManagementExportJob>(asked, createDeviceManagementExportJobFromDiscriminatorValue)
      expect(read?.status).toBe('completed')
      return read
    }, PATIENT)
    const { pathname, search } = new URL(done?.url ?? '')
    const file = await live.raw('GET', pathname + search)
    expect([file.status, file.text.slice(0, 2)]).toEqual([200, 'PK'])
  })

  it('asks many things at once', async () => {
    const batch = new BatchRequestContent(adapter, ERRORS)
    const me = batch.addBatchRequest(client.users.byUserId(ada).toGetRequestInformation())
    const nobody = batch.addBatchRequest(client.users.byUserId('nobody').toGetRequestInformation())
    const changing = client.users.byUserId(ada).toPatchRequestInformation({ jobTitle: 'Analyst' })
    const changed = batch.addBatchRequest(changing)
    const answers = await batch.postAsync()
    const statuses = [me, nobody, changed].map(({ id }) => answers?.getResponseById(id)?.status)
    expect(statuses).toEqual([200, 404, 204])
    expect((await client.users.byUserId(ada).get())?.jobTitle).toBe('Analyst')
  })
})

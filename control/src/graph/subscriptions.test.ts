import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Entity, type GraphOffice, openGraph, TENANT_ID } from '../../test-support/graph.ts'
import { openReceiver, type Receiver } from '../../test-support/receiver.ts'
import { httpReceivers } from '../adapters/http-receivers.ts'

let graph: GraphOffice
let receiver: Receiver
beforeAll(async () => {
  graph = await openGraph({}, httpReceivers())
  receiver = await openReceiver()
})
afterAll(async () => {
  await graph?.[Symbol.asyncDispose]()
  await receiver?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  receiver.answer = undefined
  for (const { id } of (await graph.get<{ value: Entity[] }>('/subscriptions')).value)
    await graph.ask('DELETE', `/subscriptions/${id}`)
  receiver.told.length = 0
})

const inMinutes = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString()
const wish = (rest: Entity = {}): Entity => ({
  changeType: 'updated,deleted',
  notificationUrl: receiver.url,
  resource: '/users',
  expirationDateTime: inMinutes(60),
  clientState: 'a secret',
  ...rest,
})
const subscribe = (rest: Entity = {}) => graph.post<Entity>('/subscriptions', wish(rest))
/** What was told of one entity, once that has come. */
const toldOf = async (id: unknown, changeType: string): Promise<Entity> =>
  vi.waitFor(
    () => {
      const found = receiver.told.find(
        (told) => (told['resourceData'] as Entity)['id'] === id && told['changeType'] === changeType,
      )
      if (!found) throw new Error(`nothing was told of ${id} yet`)
      return found
    },
    { timeout: 20_000 },
  )

describe('a subscription', () => {
  it('is made once its receiver has given the token back, and read, renewed and deleted', async () => {
    const made = await subscribe()
    expect(receiver.tokens.at(-1)).toMatch(/^Validation: Testing client application reachability/)
    expect(made).toMatchObject({ resource: '/users', changeType: 'updated,deleted', clientState: 'a secret' })
    const path = `/subscriptions/${made['id']}`
    expect(await graph.get(path)).toMatchObject({ id: made['id'], notificationUrl: receiver.url })
    expect((await graph.get<{ value: Entity[] }>('/subscriptions')).value).toHaveLength(1)
    const end = inMinutes(41_000)
    const renewed = await graph.ask('PATCH', path, { expirationDateTime: end })
    expect(renewed).toMatchObject({ status: 200, body: { expirationDateTime: end } })
    expect(await graph.ask('POST', `${path}/reauthorize`)).toMatchObject({ status: 204 })
    expect(await graph.ask('DELETE', path)).toMatchObject({ status: 204 })
    expect(await graph.ask('GET', path)).toMatchObject({ status: 404 })
  })

  it('of users tells what has happened to them, with the secret of the client', async () => {
    const { id: subscriptionId } = await subscribe()
    const { id } = await graph.post<Entity>('/users', { userPrincipalName: 'eve@contoso.example', displayName: 'Eve' })
    // The directory has no `created`.
    const told = await toldOf(id, 'updated')
    expect(told).toMatchObject({
      subscriptionId,
      clientState: 'a secret',
      tenantId: TENANT_ID,
      resource: `Users/${id}`,
      resourceData: { '@odata.type': '#Microsoft.Graph.User', '@odata.id': `Users/${id}`, organizationId: TENANT_ID },
    })
    await graph.ask('DELETE', `/users/${id}`)
    await toldOf(id, 'deleted')
  })

  it('of one group, or of its members, tells nothing of others', async () => {
    const device = await graph.office.device()
    const group = await graph.post<Entity>('/groups', { displayName: 'g' })
    const other = await graph.post<Entity>('/groups', { displayName: 'other' })
    await subscribe({ resource: `groups('${group['id']}')/members` })
    await graph.ask('PATCH', `/groups/${group['id']}`, { description: 'no member' })
    const members = (id: unknown) => graph.ask('POST', `/groups/${id}/members/$ref`, reference)
    const reference = { '@odata.id': `https://graph/v1.0/devices/${device.directoryId}` }
    await members(other['id'])
    await members(group['id'])
    expect((await toldOf(group['id'], 'updated'))['resourceData']).toMatchObject({
      'members@delta': [{ id: device.directoryId }],
    })
    receiver.told.length = 0
    await graph.ask('DELETE', `/groups/${group['id']}/members/${device.directoryId}/$ref`)
    expect((await toldOf(group['id'], 'updated'))['resourceData']).toMatchObject({
      'members@delta': [{ id: device.directoryId, '@removed': 'deleted' }],
    })
    expect(receiver.told.map(({ resource }) => resource)).toEqual([`Groups/${group['id']}`])
  })

  it('of devices in the directory and of managed devices tells of the same things by the ids of each', async () => {
    await subscribe({ resource: 'devices', changeType: 'created,updated,deleted' })
    await subscribe({ resource: 'deviceManagement/managedDevices', changeType: 'created, deleted' })
    const device = await graph.office.device()
    await toldOf(device.directoryId, 'created')
    await toldOf(device.id, 'created')
    await graph.office.store.devices.put([{ ...(await graph.office.stored(device.id)), lifecycle: 'retired' }])
    await toldOf(device.directoryId, 'updated')
    await toldOf(device.id, 'deleted')
  })

  it('has an address that is called at once for all that there is to tell it', async () => {
    await subscribe()
    await subscribe({ resource: 'groups' })
    const before = receiver.calls()
    await graph.office.store.transaction(async (tables) => {
      for (const id of ['u-1', 'u-2', 'u-3'])
        await tables.users.put({ id, userPrincipalName: id, displayName: id, accountEnabled: true, createdAtMs: 0 })
      await tables.groups.put({ id: 'g-1', displayName: 'g', createdAtMs: 0 })
    })
    await toldOf('g-1', 'updated')
    expect(receiver.told).toHaveLength(4)
    expect(receiver.calls() - before).toBe(1)
  })
})

describe('a subscription is refused', () => {
  it.each<[string, Entity, string, RegExp]>([
    ['without an end', { expirationDateTime: null }, 'InvalidRequest', /expirationDateTime is a required property/],
    ['that ended', { expirationDateTime: inMinutes(-1) }, 'ExtensionError', /can only be 41760 minutes/],
    ['for too long', { expirationDateTime: inMinutes(41_761) }, 'ExtensionError', /can only be 41760 minutes/],
    ['to be told of what is new', { changeType: 'created' }, 'InvalidRequest', /Invalid 'changeType' attribute/],
    ['of what is not told', { resource: 'groups/x/owners' }, 'InvalidRequest', /does not support change notifications/],
    ['with data', { includeResourceData: true }, 'InvalidRequest', /'includeResourceData' is not supported/],
    ['of a filter', { resource: "users?$filter=id eq 'x'" }, 'InvalidRequest', /does not support/],
    ['over HTTP', { notificationUrl: 'http://receiver.example/' }, 'InvalidRequest', /must be an address with HTTPS/],
    ['with a long secret', { clientState: 'x'.repeat(129) }, 'InvalidRequest', /longer than 128/],
    ['with what is none of it', { colour: 'blue' }, 'InvalidRequest', /colour/],
  ])('%s', async (_, rest, code, message) => {
    expect(await graph.ask('POST', '/subscriptions', wish(rest))).toMatchObject({
      status: 400,
      body: { error: { code, message: expect.stringMatching(message) } },
    })
    expect(await graph.get('/subscriptions')).toMatchObject({ value: [] })
  })

  it.each<[string, Receiver['answer'], RegExp]>([
    ['says no', (response) => response.writeHead(403).end(), /HTTP status code is '403'.*must respond with 200 OK/],
    ['gives back what it was not given', (response) => response.writeHead(200, text).end('x'), /must exactly match/],
    ['does not decode', (response, token) => response.writeHead(200, text).end(encodeURI(`${token}`)), /exactly match/],
    ['writes JSON', (response, token) => response.writeHead(200, json).end(token), /content type 'text\/plain'/],
  ])('whose receiver %s', async (_, answer, message) => {
    receiver.answer = answer
    expect(await graph.ask('POST', '/subscriptions', wish())).toMatchObject({
      status: 400,
      body: { error: { code: 'ValidationError', message: expect.stringMatching(message) } },
    })
  })

  it('whose receiver, or whose receiver of its own fate, is not there', async () => {
    const gone = await openReceiver()
    await gone.down()
    for (const part of ['notificationUrl', 'lifecycleNotificationUrl'])
      expect(await graph.ask('POST', '/subscriptions', wish({ [part]: gone.url }))).toMatchObject({
        status: 400,
        body: {
          error: { code: 'ValidationError', message: expect.stringMatching(/^Subscription validation request/) },
        },
      })
    const { id } = await subscribe()
    expect(await graph.ask('PATCH', `/subscriptions/${id}`, { notificationUrl: gone.url })).toMatchObject({
      status: 400,
    })
  })

  it('of what there is not, and to change what cannot be changed', async () => {
    expect(await graph.ask('POST', '/subscriptions', wish({ resource: 'users/nobody' }))).toMatchObject({ status: 404 })
    const { id } = await subscribe()
    for (const change of [{}, { resource: 'groups' }, { expirationDateTime: inMinutes(50_000) }])
      expect(await graph.ask('PATCH', `/subscriptions/${id}`, change)).toMatchObject({ status: 400 })
  })
})

const text = { 'content-type': 'text/plain; charset=utf-8' }
const json = { 'content-type': 'application/json' }

it('an application hears of what it has a role for, and knows its own subscriptions alone', async () => {
  const { id } = await subscribe()
  const application = await graph.post<Entity>('/applications', { displayName: 'reader of groups' })
  const { secretText } = await graph.post<Entity>(`/applications/${application['id']}/addPassword`, {})
  await graph.post('/servicePrincipals', { appId: application['appId'] })
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: String(application['appId']),
    client_secret: String(secretText),
    scope: 'https://graph.microsoft.com/.default',
  })
  const issued = await graph.raw('POST', `/${TENANT_ID}/oauth2/v2.0/token`, undefined, String(form))
  const authorization = `Bearer ${issued.body['access_token']}`
  expect(await graph.raw('POST', '/v1.0/subscriptions', authorization, wish())).toMatchObject({ status: 403 })
  expect(await graph.raw('GET', '/v1.0/subscriptions', authorization)).toMatchObject({
    status: 200,
    body: { value: [] },
  })
  for (const method of ['GET', 'DELETE'])
    expect(await graph.raw(method, `/v1.0/subscriptions/${id}`, authorization)).toMatchObject({ status: 404 })
})

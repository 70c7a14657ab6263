import { DAY_MS } from '@muster/shared/core'
import { expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'
import { enrolmentRequest } from '../../../test-support/office.ts'
import { openPeople } from '../../../test-support/people.ts'

const pathOf = (id: string): string => `/deviceManagement/managedDevices/${id}`

it('logs are asked for of Windows devices, and the request is kept', async () => {
  await using graph = await openGraph()
  await graph.office.token('windows', 'entra-join')
  const { inventory } = enrolmentRequest()
  const device = await graph.office.device({ platform: 'windows', mode: 'entra-join', inventory })
  const path = pathOf(device.id)
  const ask = (body?: Entity) => graph.ask('POST', `${path}/createDeviceLogCollectionRequest`, body)
  const made = await ask({ templateType: { templateType: 'predefined' } })
  expect(made).toMatchObject({
    status: 200,
    body: { status: 'pending', managedDeviceId: device.id, enrolledByUser: 'ada@contoso.example' },
  })
  const { id, requestedDateTimeUTC, expirationDateTimeUTC } = made.body
  expect(Date.parse(String(expirationDateTimeUTC)) - Date.parse(String(requestedDateTimeUTC))).toBe(28 * DAY_MS)
  const requests = `${path}/logCollectionRequests`
  expect((await graph.get(requests))['value']).toMatchObject([{ id }])
  expect(
    (await graph.get(`/users/${device.userId}/managedDevices/${device.id}/logCollectionRequests`))['value'],
  ).toMatchObject([{ id }])
  expect(await graph.get(`${requests}/${id}`)).toMatchObject({ id, status: 'pending' })
  for (const templateType of [{ templateType: 'everything' }, 'predefined'])
    expect((await ask({ templateType })).status).toBe(400)
  expect((await graph.ask('DELETE', `${requests}/${id}`)).status).toBe(204)
  expect((await graph.ask('GET', `${requests}/${id}`)).status).toBe(404)
  expect((await graph.ask('DELETE', `${requests}/${id}`)).status).toBe(404)
})

it('logs are not asked for of other platforms, nor of devices that are not there', async () => {
  await using graph = await openGraph()
  const { id } = await graph.office.device()
  for (const [asked, status] of [
    [id, 400],
    ['nothing', 404],
  ] as const)
    expect((await graph.ask('POST', `${pathOf(asked)}/createDeviceLogCollectionRequest`)).status).toBe(status)
})

it('logs are asked for by who may collect them, of devices that they see', async () => {
  await using people = await openPeople()
  const { office } = people.graph
  await office.token('windows', 'entra-join')
  const device = await office.device({ platform: 'windows', mode: 'entra-join' })
  const [help, look] = [await people.group('help'), await people.group('look')]
  await people.person('eve', help)
  await people.person('ben', look)
  await people.give(await people.role('ManagedDevices_Read', 'RemoteTasks_CollectDiagnostics'), help)
  const [south, north] = [await people.tag('south'), await people.tag('north')]
  await people.give(await people.role('ManagedDevices_Read'), look, { roleScopeTagIds: [south] })
  const tagged = async (...roleScopeTagIds: readonly string[]) =>
    expect((await people.graph.ask('PATCH', pathOf(device.id), { roleScopeTagIds })).status).toBe(204)
  await tagged(south)
  const ask = (name: string) => people.as(name, 'POST', `${pathOf(device.id)}/createDeviceLogCollectionRequest`)
  expect((await ask('ben')).status).toBe(403)
  const made = await ask('eve')
  expect(made.body).toMatchObject({ initiatedByUserPrincipalName: 'eve@contoso.example' })
  const requests = `${pathOf(device.id)}/logCollectionRequests`
  expect(await people.idsFor('ben', requests)).toEqual([made.body['id']])
  await tagged(north)
  expect((await people.as('ben', 'GET', requests)).status).toBe(404)
  expect((await people.as('eve', 'GET', `${requests}/${made.body['id']}`)).status).toBe(200)
})

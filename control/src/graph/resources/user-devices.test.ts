import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'

const idsIn = ({ value }: { value: Entity[] }): readonly string[] => value.map((each) => String(each['id'])).toSorted()

describe('what a user has', () => {
  it('is their devices, under management and in the directory, and nobody else’s', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const mine = [await office.device(), await office.device()]
    const ada = String(mine[0]?.userId)
    await office.user('ben')
    const other = await office.device({ userPrincipalName: 'ben@contoso.example' })
    const ask = async (path: string) => idsIn(await graph.get(path))
    expect(await ask(`/users/${ada}/managedDevices`)).toEqual(mine.map(({ id }) => id).toSorted())
    expect(await ask('/users/ben@contoso.example/managedDevices')).toEqual([other.id])
    const named = `/users/${ada}/managedDevices?$filter=deviceName eq '${mine[1]?.inventory.deviceName}'`
    expect(await ask(named)).toEqual([mine[1]?.id])
    expect(await graph.get(`/users/${ada}/managedDevices/$count`)).toBe(2)
    expect((await graph.ask('GET', `/users/${ada}/managedDevices/${other.id}`)).status).toBe(404)
    expect(await graph.get(`/users/${ada}/managedDevices/${mine[0]?.id}`)).toMatchObject({ userId: ada })
    const directoryIds = mine.map(({ directoryId }) => directoryId).toSorted()
    expect(await ask(`/users/${ada}/registeredDevices`)).toEqual(directoryIds)
    expect(await ask(`/users/${ada}/ownedDevices/microsoft.graph.device`)).toEqual(directoryIds)
    for (const property of ['registeredOwners', 'registeredUsers'])
      expect(await ask(`/devices/${mine[0]?.directoryId}/${property}`)).toEqual([ada])
    const expanded = await graph.get<{ managedDevices: Entity[] }>(`/users/${ada}?$expand=managedDevices($select=id)`)
    expect(expanded.managedDevices).toHaveLength(2)
    const bind = { 'owners@odata.bind': [`https://x/v1.0/users/${ada}`] }
    const { id: group } = await graph.post('/groups', { displayName: 'g', ...bind })
    expect(await ask(`/users/${ada}/ownedObjects/microsoft.graph.group`)).toEqual([group])
    expect((await graph.ask('DELETE', `/users/${ada}`)).status).toBe(204)
    expect(await ask(`/groups/${group}/owners`)).toEqual([])
  })

  it('is devices that can be acted upon below them, and nobody else’s', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const device = await office.device()
    const ada = String(device.userId)
    const { id: ben } = await office.user('ben')
    const path = `/managedDevices/${device.id}`
    expect((await graph.ask('POST', `/users/${ada}${path}/syncDevice`)).status).toBe(204)
    expect((await graph.ask('PATCH', `/users/${ada}${path}`, { notes: 'on loan' })).status).toBe(204)
    expect(await graph.get(`/users/${ada}${path}`)).toMatchObject({
      notes: 'on loan',
      deviceActionResults: [{ actionName: 'syncDevice' }],
    })
    const { value: users } = await graph.get<{ value: Entity[] }>(`/users/${ada}${path}/users`)
    expect(users).toMatchObject([{ id: ada }])
    for (const [method, below] of [
      ['POST', '/syncDevice'],
      ['PATCH', ''],
      ['DELETE', ''],
      ['GET', '/users'],
    ] as const)
      expect((await graph.ask(method, `/users/${ben}${path}${below}`, {})).status).toBe(404)
  })

  it('is licences, that the tenant counts', async () => {
    await using graph = await openGraph()
    const { id } = await graph.office.user('ada')
    const { value: skus } = await graph.get<{ value: Entity[] }>('/subscribedSkus')
    const sku = skus.find((each) => each['skuPartNumber'] === 'EMSPREMIUM') as Entity
    const [plan] = sku['servicePlans'] as Entity[]
    const add = { skuId: sku['skuId'], disabledPlans: [plan?.['servicePlanId']] }
    const assign = (body: Entity) => graph.ask('POST', `/users/${id}/assignLicense`, body)
    const give = { addLicenses: [add], removeLicenses: [] }
    expect((await assign(give)).status, 'nobody is licensed who works nowhere').toBe(400)
    expect((await graph.ask('PATCH', `/users/${id}`, { usageLocation: 'DE' })).status).toBe(204)
    expect(await assign(give)).toMatchObject({ status: 200, body: { assignedLicenses: [add] } })
    const details = await graph.get<{ value: Entity[] }>(`/users/${id}/licenseDetails`)
    expect(details.value).toMatchObject([{ skuPartNumber: 'EMSPREMIUM' }])
    expect(details.value[0]?.['servicePlans']).toContainEqual({ ...plan, provisioningStatus: 'Disabled' })
    expect(await graph.get(`/subscribedSkus/${sku['id']}`)).toMatchObject({ consumedUnits: 1 })
    const unknown = { skuId: id, disabledPlans: [] }
    expect((await assign({ addLicenses: [unknown], removeLicenses: [] })).status).toBe(400)
    expect((await assign({ addLicenses: [], removeLicenses: [sku['skuId']] })).status).toBe(200)
    expect((await assign({ addLicenses: [], removeLicenses: [sku['skuId']] })).status).toBe(400)
    expect(await graph.get(`/subscribedSkus/${sku['id']}`)).toMatchObject({ consumedUnits: 0 })
  })
})

describe('a user', () => {
  it('keeps what Graph knows and nothing depends on, and no password', async () => {
    await using graph = await openGraph()
    const made = await graph.post('/users', {
      userPrincipalName: 'eve@contoso.example',
      displayName: 'Eve',
      givenName: 'Eve',
      accountEnabled: true,
      mailNickname: 'eve',
      passwordProfile: { password: 'a secret that nobody must see', forceChangePasswordNextSignIn: true },
    })
    expect(made).toMatchObject({ givenName: 'Eve', mailNickname: 'eve' })
    expect(JSON.stringify([await graph.office.store.users.list(), made])).not.toContain('a secret')
    const path = `/users/${made['id']}`
    expect((await graph.ask('PATCH', path, { givenName: null, city: 'Kiel' })).status).toBe(204)
    const read = await graph.get(path)
    expect(read).toMatchObject({ city: 'Kiel' })
    expect(read).not.toHaveProperty('givenName')
    for (const body of [{ givnName: 'x' }, { city: 7 }, { assignedLicenses: [] }])
      expect((await graph.ask('PATCH', path, body)).status).toBe(400)
  })
})

describe('a device of the directory', () => {
  it('has extension attributes, that groups follow, and an account that can be disabled', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const path = `/devices/${device.directoryId}`
    const rule = (text: string) => ({ groupTypes: ['DynamicMembership'], membershipRule: text })
    const kiosks = await graph.post('/groups', { displayName: 'k', ...rule('device.extensionAttribute3 -eq "kiosk"') })
    const disabled = await graph.post('/groups', { displayName: 'd', ...rule('device.accountEnabled -eq false') })
    const groups = async () => idsIn(await graph.get(`${path}/memberOf`))
    expect(await groups()).toEqual([])
    const patch = (body: Entity) => graph.ask('PATCH', path, body)
    expect((await patch({ extensionAttributes: { extensionAttribute3: 'kiosk' } })).status).toBe(204)
    expect(await groups()).toEqual([kiosks['id']])
    expect(await graph.get(path)).toMatchObject({ extensionAttributes: { extensionAttribute3: 'kiosk' } })
    const found = `/devices?$filter=extensionAttributes/extensionAttribute3 eq 'kiosk'`
    expect(idsIn(await graph.get(found))).toEqual([device.directoryId])
    await patch({ extensionAttributes: { extensionAttribute3: null }, accountEnabled: false })
    expect(await groups()).toEqual([disabled['id']])
    expect(await graph.get(path)).toMatchObject({ accountEnabled: false })
    for (const body of [{ displayName: 'x' }, { extensionAttributes: { extensionAttribute16: 'x' } }, { colour: 1 }])
      expect((await patch(body)).status).toBe(400)
    const latest = await graph.get<{ '@odata.deltaLink': string }>('/devices/delta?$deltatoken=latest')
    await patch({ extensionAttributes: { extensionAttribute1: 'x' } })
    const delta = await graph.get<{ value: Entity[] }>(latest['@odata.deltaLink'].split('/beta')[1] ?? '')
    expect(idsIn(delta)).toEqual([device.directoryId])
    const { value } = await graph.get<{ value: Entity[] }>(
      `/deviceManagement/auditEvents?$filter=activityType eq 'Patch Device'`,
    )
    expect(value).toHaveLength(3)
  })

  it('goes without its management, and comes back into no group', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const device = await office.device()
    const membershipRule = 'device.deviceOSType -startsWith "Linux"'
    const group = await graph.post('/groups', { displayName: 'l', groupTypes: ['DynamicMembership'], membershipRule })
    const members = async () => (await graph.get<{ value: Entity[] }>(`/groups/${group['id']}/members`)).value
    expect(await members()).toHaveLength(1)
    expect((await graph.ask('DELETE', `/devices/${device.directoryId}`)).status).toBe(204)
    expect((await graph.ask('GET', `/devices/${device.directoryId}`)).status).toBe(404)
    expect(await graph.get(`/deviceManagement/managedDevices/${device.id}`)).toMatchObject({ id: device.id })
    const os = { ...device.inventory.os, version: '25.04' }
    await office.report(await office.stored(device.id), 1, { inventory: { ...device.inventory, os } })
    expect(await members()).toEqual([])
  })
})

describe('the tenant', () => {
  it('is an organization with a domain', async () => {
    await using graph = await openGraph()
    const { value } = await graph.get<{ value: Entity[] }>('/organization')
    expect(value).toMatchObject([{ verifiedDomains: [{ name: 'contoso.onmicrosoft.com', isInitial: true }] }])
    expect(await graph.get(`/organization/${value[0]?.['id']}`)).toMatchObject({ displayName: 'contoso' })
    expect(await graph.get('/domains/contoso.onmicrosoft.com')).toMatchObject({ isVerified: true })
    expect((await graph.ask('GET', '/domains/fabrikam.com')).status).toBe(404)
  })
})

import { installedApps } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../../test-support/graph.ts'
import { enrolmentRequest } from '../../../test-support/office.ts'
import type { Device } from '../../domain/model.ts'

const BASE = '/deviceManagement/managedDevices'
const list = async (graph: GraphOffice, path: string): Promise<readonly Entity[]> =>
  (await graph.get<{ value: Entity[] }>(path)).value

/** A Windows device with this set of installed apps. */
async function laptop(graph: GraphOffice, software: number, posture: object = {}): Promise<Device> {
  const { inventory } = enrolmentRequest()
  const os = { name: 'Windows', version: '10.0.26100.1' }
  const whole = { ...inventory, os, software, posture: { ...inventory.posture, ...posture } }
  return graph.office.device({ platform: 'windows', mode: 'entra-join', inventory: whole })
}

const openWindows = async (): Promise<GraphOffice> => {
  const graph = await openGraph()
  await graph.office.token('windows', 'entra-join')
  return graph
}

describe('detected apps', () => {
  it('are what devices report, counted over the fleet, and lead back to the devices', async () => {
    await using graph = await openWindows()
    const devices = [await laptop(graph, 1), await laptop(graph, 1), await laptop(graph, 2)]
    const names = (software: number) => installedApps('windows', software).map((app) => `${app.name} ${app.version}`)
    const apps = await list(graph, '/deviceManagement/detectedApps')
    const nameOf = (app: Entity) => `${app['displayName']} ${app['version']}`
    expect(new Set(apps.map(nameOf))).toEqual(new Set([...names(1), ...names(2)]))
    for (const app of apps) {
      const on = devices.filter(({ inventory }) => names(inventory.software ?? 0).includes(nameOf(app)))
      expect(app['deviceCount']).toBe(on.length)
      const found = await list(graph, `/deviceManagement/detectedApps/${app['id']}/managedDevices?$select=id`)
      expect(found.map(({ id }) => id).toSorted()).toEqual(on.map(({ id }) => id).toSorted())
    }
    const filtered = await list(graph, "/deviceManagement/detectedApps?$filter=startswith(displayName,'Microsoft E')")
    expect(filtered.length).toBeGreaterThan(0)
    const [one] = devices
    expect((await list(graph, `${BASE}/${one?.id}/detectedApps`)).map(nameOf)).toEqual(names(1))
    const expanded = await graph.get<{ detectedApps: Entity[] }>(`${BASE}/${one?.id}?$expand=detectedApps`)
    expect(expanded.detectedApps.map(nameOf)).toEqual(names(1))
    expect((await graph.ask('GET', '/deviceManagement/detectedApps/nothing')).status).toBe(404)
  })

  it('follow what a device reports later, and go with it', async () => {
    await using graph = await openWindows()
    const device = await laptop(graph, 3)
    await graph.office.report(device, 1, { inventory: { ...device.inventory, software: 4 } })
    const apps = await list(graph, '/deviceManagement/detectedApps')
    expect(apps).toHaveLength(installedApps('windows', 4).length)
    await graph.ask('DELETE', `${BASE}/${device.id}`)
    await graph.office.store.devices.put([{ ...(await graph.office.stored(device.id)), lifecycle: 'deleted' }])
    expect(await list(graph, '/deviceManagement/detectedApps')).toEqual([])
  })

  it('are on shares of devices, and the commonest version first', () => {
    const all = Array.from({ length: 64 }, (_, profile) => installedApps('windows', profile))
    const on = (name: string) => all.filter((apps) => apps.some((app) => app.name === name)).length
    expect(on('Microsoft Edge')).toBe(64)
    expect(on('TeamViewer')).toBeLessThan(on('Google Chrome'))
    const chromes = all.flatMap((apps) => apps.filter(({ name }) => name === 'Google Chrome').map((app) => app.version))
    const [newest] = [...Map.groupBy(chromes, (version) => version)].toSorted((a, b) => b[1].length - a[1].length)
    expect(newest?.[0]).toBe('142.0.7444.60')
  })
})

describe('what administrators write of a device', () => {
  it('is its category, that groups and lists know', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const path = `${BASE}/${device.id}/deviceCategory`
    expect(await graph.get(path)).toMatchObject({ displayName: 'Unknown' })
    const { id } = await graph.post('/deviceManagement/deviceCategories', { displayName: 'Kiosk' })
    const membershipRule = 'device.deviceCategory -eq "Kiosk"'
    const { id: group } = await graph.post('/groups', {
      displayName: 'k',
      groupTypes: ['DynamicMembership'],
      membershipRule,
    })
    const body = { '@odata.id': `https://x/beta/deviceManagement/deviceCategories/${id}` }
    expect((await graph.ask('PUT', `${path}/$ref`, body)).status).toBe(204)
    expect(await graph.get(path)).toMatchObject({ id, displayName: 'Kiosk' })
    expect(await list(graph, `${BASE}?$filter=deviceCategoryDisplayName eq 'Kiosk'`)).toHaveLength(1)
    expect(await list(graph, `/groups/${group}/members`)).toHaveLength(1)
    expect((await graph.ask('PUT', `${path}/$ref`, { '@odata.id': 'https://x/nothing' })).status).toBe(404)
    expect((await graph.ask('DELETE', `${path}/$ref`)).status).toBe(204)
    expect(await list(graph, `/groups/${group}/members`)).toHaveLength(0)
  })

  it('is whose it is, what it is called, and notes, that outlast a new enrolment', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const patch = (body: Entity) => graph.ask('PATCH', `${BASE}/${device.id}`, body)
    expect(
      (await patch({ managedDeviceOwnerType: 'personal', notes: 'lent out', managedDeviceName: 'Desk 7' })).status,
    ).toBe(204)
    const written = { managedDeviceOwnerType: 'personal', notes: 'lent out', managedDeviceName: 'Desk 7' }
    expect(await graph.get(`${BASE}/${device.id}`)).toMatchObject(written)
    expect(await graph.get(`/devices/${device.directoryId}`)).toMatchObject({ deviceOwnership: 'Personal' })
    const { inventory, platform, mode } = device
    await graph.office.enrol(enrolmentRequest({ platform, mode, inventory }))
    expect(await graph.get(`${BASE}/${device.id}`)).toMatchObject({ notes: 'lent out', managedDeviceName: 'Desk 7' })
    expect((await patch({ notes: null, ownerType: 'company' })).status).toBe(204)
    expect(await graph.get(`${BASE}/${device.id}`)).toMatchObject({ notes: null, managedDeviceOwnerType: 'company' })
    for (const body of [{ ownerType: 'nobody' }, { noets: 'x' }]) expect((await patch(body)).status).toBe(400)
    const events = await list(graph, "/deviceManagement/auditEvents?$filter=activityType eq 'Patch ManagedDevice'")
    expect(events).toHaveLength(2)
  })
})

describe('summaries', () => {
  it('count what the lists show', async () => {
    await using graph = await openWindows()
    const { office } = graph
    await office.token('linux', 'user', { secretSha256: 'f'.repeat(64) })
    await laptop(graph, 1, { encrypted: true })
    await laptop(graph, 1, { encrypted: false })
    const overview = await graph.get('/deviceManagement/managedDeviceOverview')
    expect(overview).toMatchObject({ enrolledDeviceCount: 2, deviceOperatingSystemSummary: { windowsCount: 2 } })
    const states = await list(graph, '/deviceManagement/managedDeviceEncryptionStates?$orderby=deviceName')
    expect(states.map((state) => state['encryptionState'])).toEqual(['encrypted', 'notEncrypted'])
    const devices = await list(graph, BASE)
    const summary = await graph.get('/deviceManagement/deviceCompliancePolicyDeviceStateSummary')
    const of = (state: string) => devices.filter((device) => device['complianceState'] === state).length
    expect(summary).toMatchObject({ compliantDeviceCount: of('compliant'), unknownDeviceCount: of('unknown') })
    const none = await graph.get('/deviceManagement/deviceConfigurationDeviceStateSummaries')
    expect(none).toMatchObject({ unknownDeviceCount: 0, compliantDeviceCount: 0 })
  })

  it('count each device by the worst of its policies, and what it has not reported as unknown', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const { store } = office
    const [good, bad] = [await office.device(), await office.device()]
    const configuration = {
      kind: 'configuration',
      graphResource: 'configurationPolicies',
      graphType: 'linux',
      settings: {},
    } as const
    const policies = [await office.policy(configuration), await office.policy(configuration)]
    const counts = async () => await graph.get('/deviceManagement/deviceConfigurationDeviceStateSummaries')
    expect(await counts()).toMatchObject({ unknownDeviceCount: 2 })
    const rows = await store.devicePolicies.forDevices([good.id, bad.id])
    const reported = rows.map((row) => {
      const isBad = row.deviceId === bad.id && row.policyId === policies[1]?.id
      return { ...row, reportedRevision: row.revision, state: isBad ? ('error' as const) : ('compliant' as const) }
    })
    await store.transaction((tables) => tables.devicePolicies.put(reported))
    expect(await counts()).toMatchObject({ unknownDeviceCount: 0, compliantDeviceCount: 1, errorDeviceCount: 1 })
  })

  it('count devices and users by what they report of policies about updates', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const { store } = office
    const devices = [await office.device(), await office.device()]
    const configuration = { kind: 'configuration', graphResource: 'configurationPolicies' } as const
    await office.policy({ ...configuration, graphType: 'linux', settings: {} })
    const updates = await office.policy({
      ...configuration,
      graphType: 'macOSSoftwareUpdateConfiguration',
      settings: {},
    })
    const counts = async () => await graph.get('/deviceManagement/softwareUpdateStatusSummary')
    expect(await counts()).toMatchObject({ unknownDeviceCount: 2, unknownUserCount: 1 })
    const rows = await store.devicePolicies.forDevices(devices.map(({ id }) => id))
    const reported = rows.map((row) => {
      const isBad = row.deviceId === devices[1]?.id || row.policyId !== updates.id
      return { ...row, reportedRevision: row.revision, state: isBad ? ('error' as const) : ('compliant' as const) }
    })
    await store.transaction((tables) => tables.devicePolicies.put(reported))
    expect(await counts()).toMatchObject({
      compliantDeviceCount: 1,
      errorDeviceCount: 1,
      unknownDeviceCount: 0,
      compliantUserCount: 0,
      errorUserCount: 1,
    })
  })
})

it('a device tells of its users and, on Windows, of Defender', async () => {
  await using graph = await openWindows()
  const device = await laptop(graph, 1, { antivirusOn: true, antivirusCurrent: false })
  expect(await list(graph, `${BASE}/${device.id}/users`)).toMatchObject([{ id: device.userId }])
  expect(await graph.get(`${BASE}/${device.id}/windowsProtectionState`)).toMatchObject({
    malwareProtectionEnabled: true,
    signatureUpdateOverdue: true,
    lastQuickScanDateTime: null,
  })
  await graph.post(`${BASE}/${device.id}/windowsDefenderScan`, { quickScan: true })
  const [action] = await graph.office.store.actions.forDevice(device.id)
  if (!action) throw new Error('no action was requested')
  const done = { ...action, state: 'done' as const, finishedAtMs: graph.office.clock.nowMs() }
  await graph.office.store.transaction((tables) => tables.actions.put([done]))
  const after = await graph.get(`${BASE}/${device.id}/windowsProtectionState`)
  expect(after['lastQuickScanDateTime']).toBe(new Date(graph.office.clock.nowMs()).toISOString())
})

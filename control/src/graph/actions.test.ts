import { generateDeviceKeySync } from '@muster/shared/pki'
import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../test-support/graph.ts'
import { csrOf, enrolmentRequest } from '../../test-support/office.ts'
import type { Device, RemoteAction } from '../domain/model.ts'

const BASE = '/deviceManagement/managedDevices'

/** A Windows laptop of Ada's. */
async function laptop({ office }: GraphOffice, mode = 'entra-join'): Promise<Device> {
  await office.token('windows', mode)
  await office.user('ada')
  const { inventory } = enrolmentRequest()
  const os = { name: 'Windows', version: '10.0.26100.1' }
  return office.device({ platform: 'windows', mode, inventory: { ...inventory, os } })
}

const actionsOf = async ({ office }: GraphOffice, device: Device): Promise<readonly string[]> =>
  (await office.store.actions.forDevice(device.id)).map(({ action, state }) => `${action} ${state}`).sort()

/** The device checks in, and answers what it is told with these statuses, by action. */
async function obey(
  { office }: GraphOffice,
  device: Device,
  statuses: Readonly<Record<string, number>>,
): Promise<void> {
  const told = await office.visit(device)
  if (told.outcome !== 'managed') throw new Error(told.code)
  const commands = told.commands.flatMap(({ commandId, action }) => {
    const status = statuses[action]
    if (status === undefined) return []
    const result = { itemId: commandId, protocol: 'omadm' as const, status }
    return [{ commandId, finishedAtMs: office.clock.nowMs(), result }]
  })
  await office.report(device, (await office.stored(device.id)).ackedSeq + 1, { commands })
}

describe('an action', () => {
  it.each<[string, unknown, string]>([
    ['wipe', { macOsUnlockCode: '12345' }, 'macOsUnlockCode'],
    ['wipe', { keepUserdata: true }, 'body'],
    ['setDeviceName', {}, 'deviceName'],
    ['rebootNow', [], 'body'],
  ])('%s refuses %j and says where, having done nothing', async (action, body, where) => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    const { status, body: refused } = await graph.ask('POST', `${BASE}/${device.id}/${action}`, body)
    expect([status, JSON.stringify(refused)]).toEqual([400, expect.stringContaining(`(${where})`)])
    expect(await actionsOf(graph, device)).toEqual([])
  })

  it('shows what it brought back', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    await graph.post(`${BASE}/${device.id}/windowsDefenderScan`, { quickScan: false })
    graph.office.clock.advance(1)
    await graph.post(`${BASE}/executeAction`, {
      actionName: 'setDeviceName',
      deviceIds: [device.id, device.id],
      deviceName: 'new',
      keepUserData: null,
    })
    await obey(graph, device, { windowsDefenderScan: 200, setDeviceName: 405 })
    const { deviceActionResults } = await graph.get<{ deviceActionResults: Entity[] }>(`${BASE}/${device.id}`)
    expect(deviceActionResults).toMatchObject([
      { actionName: 'windowsDefenderScan', actionState: 'done', scanType: 'Full' },
      { actionName: 'setDeviceName', actionState: 'notSupported' },
    ])
    const { value } = await graph.get<{ value: Entity[] }>('/deviceManagement/auditEvents')
    expect(value.filter(({ category }) => category === 'Device')).toHaveLength(2)
  })

  it('is refused for the day when the tenant has asked for it often enough', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    const { store, clock } = graph.office
    const wipe = (index: number): RemoteAction => ({
      id: `wipe-${index}`,
      deviceId: `other-${index}`,
      action: 'wipe',
      parameters: {},
      state: 'done',
      requestedAtMs: clock.nowMs(),
      requestedBy: { type: 'application', id: 'a', displayName: 'a' },
      correlationId: 'c',
    })
    await store.actions.put(Array.from({ length: 500 }, (_, index) => wipe(index)))
    const ask = async (action: string) => (await graph.ask('POST', `${BASE}/${device.id}/${action}`)).status
    expect(await ask('wipe')).toBe(429)
    expect(await actionsOf(graph, device)).toEqual([])
    expect(await ask('retire')).toBe(204)
    clock.advance(86_400_001)
    expect(await ask('wipe')).toBe(204)
    expect(await actionsOf(graph, device)).toEqual(['retire canceled', 'wipe pending'])
  })
})

describe('a departure', () => {
  it('drops what was pending, and is waited for when it is under way', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    const ask = (action: string) => graph.ask('POST', `${BASE}/${device.id}/${action}`)
    await ask('rebootNow')
    await ask('wipe')
    expect(await actionsOf(graph, device)).toEqual(['rebootNow canceled', 'wipe pending'])
    await obey(graph, device, {})
    expect((await graph.office.stored(device.id)).managementState).toBe('wipeIssued')
    expect((await ask('rebootNow')).status).toBe(409)
    expect((await ask('retire')).status).toBe(204)
    expect(await actionsOf(graph, device)).toEqual(['rebootNow canceled', 'retire pending', 'wipe active'])
    await obey(graph, device, { wipe: 200 })
    expect(await actionsOf(graph, device)).toEqual(['rebootNow canceled', 'retire canceled', 'wipe done'])
    expect(await graph.office.stored(device.id)).toMatchObject({ lifecycle: 'wiped' })
    expect(await graph.office.store.certificates.tally()).toEqual([{ state: 'revoked', certificates: 1 }])
    expect((await graph.ask('GET', `${BASE}/${device.id}`)).status).toBe(404)
  })

  it('that fails leaves a managed device, which can be asked again', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    await graph.post(`${BASE}/${device.id}/retire`, undefined)
    await obey(graph, device, { retire: 500 })
    expect(await graph.get(`${BASE}/${device.id}`)).toMatchObject({ managementState: 'retireFailed' })
    await graph.post(`${BASE}/${device.id}/wipe`, { keepEnrollmentData: true })
    await obey(graph, device, { wipe: 200 })
    expect(await graph.get(`${BASE}/${device.id}`)).toMatchObject({ managementState: 'managed' })
  })

  it.each([
    ['retire', 'entra-join', 404],
    ['retire', 'autopilot', 200],
    ['wipe', 'entra-join', 200],
  ])('%s of a device that came by %s leaves its directory record at %i', async (action, mode, status) => {
    await using graph = await openGraph()
    const device = await laptop(graph, mode)
    const group = String((await graph.post('/groups', { displayName: 'g' }))['id'])
    await graph.post(`/groups/${group}/members/$ref`, {
      '@odata.id': `https://x/directoryObjects/${device.directoryId}`,
    })
    await graph.post(`${BASE}/${device.id}/${action}`, undefined)
    await obey(graph, device, { [action]: 200 })
    const record = await graph.ask('GET', `/devices/${device.directoryId}`)
    expect(record.status).toBe(status)
    if (status === 200) expect(record.body).toMatchObject({ isManaged: false, isCompliant: false })
    const { value } = await graph.get<{ value: unknown[] }>(`/groups/${group}/members`)
    expect(value).toHaveLength(status === 200 ? 1 : 0)
    expect((await graph.get<{ value: unknown[] }>('/devices')).value).toHaveLength(status === 200 ? 1 : 0)
  })

  it('by deletion hides the device at once, and lets it speak until it has gone', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    expect((await graph.ask('DELETE', `${BASE}/${device.id}`)).status).toBe(204)
    expect((await graph.ask('GET', `${BASE}/${device.id}`)).status).toBe(404)
    // Whatever it reports before it has looked in must not cost it its certificate.
    expect(await graph.office.report(device, 1)).toMatchObject({ committed: 1, refused: [] })
    await obey(graph, device, { delete: 200 })
    expect(await actionsOf(graph, device)).toEqual(['delete done'])
    expect(await graph.office.visit(device)).toMatchObject({ outcome: 'refused', code: 'checkin/not-managed' })
    expect(await graph.office.store.certificates.tally()).toEqual([{ state: 'revoked', certificates: 1 }])
  })
})

describe('at the same time', () => {
  it('two departures leave one', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    await Promise.all(['wipe', 'retire', 'wipe'].map((action) => graph.ask('POST', `${BASE}/${device.id}/${action}`)))
    const actions = await graph.office.store.actions.forDevice(device.id)
    const pending = actions.filter(({ state }) => state === 'pending')
    expect(pending).toHaveLength(1)
    expect(actions.filter(({ state }) => state === 'canceled')).toHaveLength(2)
    expect((await graph.office.stored(device.id)).managementState).toBe(`${pending[0]?.action}Pending`)
  })

  it('a report and a retirement are both there', async () => {
    await using graph = await openGraph()
    const device = await laptop(graph)
    await Promise.all([
      graph.office.report(device, 1),
      graph.ask('POST', `${BASE}/${device.id}/retire`),
      graph.office.report(device, 2),
    ])
    expect(await graph.office.stored(device.id)).toMatchObject({
      ackedSeq: 2,
      appliedReports: 2,
      managementState: 'retirePending',
    })
    expect(await actionsOf(graph, device)).toEqual(['retire pending'])
  })

  it.each([[true], [false]])(
    'a new enrolment and a check-in end with one certificate (enrolment first: %s)',
    async (first) => {
      await using graph = await openGraph()
      const { office } = graph
      const device = await laptop(graph)
      await graph.post(`${BASE}/${device.id}/wipe`, undefined)
      const { inventory, platform, mode } = device
      const again = () => enrolmentRequest({ platform, mode, inventory, csr: csrOf(generateDeviceKeySync()) })
      const jobs = [() => office.enrol(again(), again()), () => office.visit(device)]
      await Promise.all((first ? jobs : jobs.reverse()).map((job) => job()))
      const now = await office.stored(device.id)
      expect(await office.store.devices.count()).toBe(1)
      expect(await office.store.certificates.tally()).toEqual(
        expect.arrayContaining([
          { state: 'active', certificates: 1 },
          { state: 'revoked', certificates: 2 },
        ]),
      )
      expect(await actionsOf(graph, device)).toEqual(['wipe canceled'])
      expect(await office.visit(device)).toMatchObject({ code: 'checkin/certificate-revoked' })
      expect(await office.visit(now)).toMatchObject({ outcome: 'managed', commands: [] })
      expect(now.managementState).toBe('managed')
    },
  )
})

import { z } from 'zod'
import type { Device } from '../../domain/model.ts'
import { parseBody } from '../body.ts'
import { memoryPage } from '../collection.ts'
import { answer, auditOf, type GraphAnswer, type GraphRequest, type GraphRoute } from '../graph-request.ts'
import { devicesByReach, READ_DEVICES, tagsOfDevices } from '../roles/device-sight.ts'
import { remoteTaskAction } from '../roles/route-actions.ts'
import { sightOf } from '../roles/sight.ts'
import { iso } from './managed-device.ts'
import { submit } from './managed-devices.ts'

/** Graph counts these devices by another enumeration, with another spelling and without grace. */
const statuses: Readonly<Record<string, string>> = { noncompliant: 'nonCompliant', inGracePeriod: 'nonCompliant' }

const BASE = '/deviceManagement/deviceCompliancePolicies'

/** A device whose removal is under way has been dealt with. */
const isListed = (device: Device): boolean =>
  device.retireListedAtMs !== undefined && device.managementState === 'managed' && device.lifecycle === 'managed'

async function listed({ control, reach }: GraphRequest): Promise<readonly Device[]> {
  const { store } = control.deps
  const { devices } = store
  const sight = sightOf(store, reach, READ_DEVICES)
  const all: Device[] = []
  for (let after: string | undefined; ; ) {
    const page = await devices.page({ limit: 1_000, ...(after === undefined ? {} : { after }) })
    all.push(...(await sight.devices(page.filter(isListed))))
    after = page.at(-1)?.id
    if (page.length < 1_000) return all
  }
}

const list = async (request: GraphRequest): Promise<GraphAnswer> =>
  memoryPage(
    request,
    'deviceManagement/devicesScheduledToRetire',
    (await listed(request)).map((device) => ({
      id: device.id,
      managedDeviceId: device.id,
      managedDeviceName: device.inventory.deviceName,
      complianceState: statuses[device.complianceState] ?? device.complianceState,
      retireAfterDateTime: iso(device.retireListedAtMs ?? 0),
    })),
  )

const StateShape = z.object({
  state: z.enum(['confirmRetire', 'cancelRetire']),
  managedDeviceIds: z.array(z.string().max(40)).max(100),
})

/** Devices stay on the list until an administrator confirms their retirement or takes them off. No ids: all of them. */
const decide = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { state, managedDeviceIds } = parseBody(StateShape, request.body)
  const wanted = new Set(managedDeviceIds)
  const chosen = (await listed(request)).filter(({ id }) => wanted.size === 0 || wanted.has(id))
  const { allowed: ids } = await devicesByReach(
    request.control.deps.store,
    request.reach,
    remoteTaskAction('retire'),
    chosen.map(({ id }) => id),
  )
  if (ids.length === 0) return answer(204)
  if (state === 'confirmRetire') await submit(request, 'retire', ids, {})
  else await takeOff(request, ids)
  return answer(204)
}

async function takeOff(request: GraphRequest, ids: readonly string[]): Promise<void> {
  const { store } = request.control.deps
  const tagsOf = await tagsOfDevices(store, await store.devices.getMany(ids))
  const audit = auditOf(
    request,
    {
      activityType: 'SetScheduledRetireState ManagedDevice',
      operation: 'Action',
      category: 'Compliance',
      componentName: 'Compliance',
    },
    ...ids.map((id) => ({
      id,
      type: 'ManagedDevice',
      displayName: '',
      scopeTagIds: tagsOf(id),
      modifiedProperties: [{ name: 'scheduledRetireState', oldValue: '"scheduled"', newValue: '"cancelRetire"' }],
    })),
  )
  await store.transaction(async (tables) => {
    const devices = await tables.devices.getMany(ids)
    await tables.devices.put(devices.map(({ retireListedAtMs: _, ...device }) => device))
    await tables.audit.append([audit])
  })
}

export const retireListRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `${BASE}/getDevicesScheduledToRetire`,
    role: 'DeviceManagementConfiguration.Read.All',
    of: { type: 'retireScheduledManagedDevice', many: true },
    handle: list,
  },
  {
    method: 'POST',
    path: `${BASE}/setScheduledRetireState`,
    role: 'DeviceManagementConfiguration.ReadWrite.All',
    handle: decide,
  },
]

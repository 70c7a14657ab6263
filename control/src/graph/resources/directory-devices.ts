import type { Store } from '../../app/ports.ts'
import type { Device } from '../../domain/model.ts'
import { entityAnswer, pageAnswer, wantedOf } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound, type Yields } from '../graph-request.ts'
import { type RowSource, rowPageOf } from '../odata/row-page.ts'
import { iso } from './managed-device.ts'

/**
 * A device as the directory shows it; its record may outlive its management. `isCompliant` is what conditional access
 * asks for.
 */
export function deviceEntity(device: Device): Readonly<Record<string, unknown>> {
  const isManaged = device.lifecycle === 'managed'
  const isCompliant = device.complianceState === 'compliant' || device.complianceState === 'inGracePeriod'
  return {
    id: device.directoryId,
    deviceId: device.entraDeviceId,
    displayName: device.inventory.deviceName,
    operatingSystem: device.inventory.os.name,
    operatingSystemVersion: device.inventory.os.version,
    isCompliant: isManaged && isCompliant,
    isManaged,
    accountEnabled: device.remarks?.disabled !== true,
    deviceOwnership: device.ownership === 'company' ? 'Company' : 'Personal',
    managementType: isManaged ? 'MDM' : null,
    mdmAppId: isManaged ? '0000000a-0000-0000-c000-000000000000' : null,
    trustType: device.ownership === 'company' ? 'AzureAd' : 'Workplace',
    manufacturer: device.inventory.hardware.manufacturer,
    model: device.inventory.hardware.model,
    enrollmentProfileName: device.mode,
    approximateLastSignInDateTime: iso(device.lastSyncAtMs),
    extensionAttributes: Object.fromEntries(
      Array.from({ length: 15 }, (_, index) => {
        const name = `extensionAttribute${index + 1}`
        return [name, device.attributes[name] ?? null]
      }),
    ),
  }
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const [device] = await request.control.deps.store.devices.findInDirectory([id])
  return entityAnswer(request, 'devices', device ? deviceEntity(device) : notFound('Device', id))
}

const columns = {
  id: 'directoryId',
  deviceid: 'entraDeviceId',
  displayname: 'deviceName',
  operatingsystem: 'operatingSystem',
  operatingsystemversion: 'osVersion',
  iscompliant: 'isCompliant',
  ismanaged: 'isManaged',
  deviceownership: 'ownership',
  manufacturer: 'manufacturer',
  model: 'model',
  enrollmentprofilename: 'mode',
  approximatelastsignindatetime: 'lastSyncAtMs',
} as const

/** Devices of the directory as Graph pages through them. */
export const directoryDeviceRows = ({
  devices,
}: Store): RowSource<Device, (typeof columns)[keyof typeof columns] | 'userId'> => ({
  columns,
  query: (query) => devices.query({ ...query, among: 'inDirectory' }),
  count: (filter) => devices.count(filter, 'inDirectory'),
  entities: async (rows) => rows.map(deviceEntity),
})

const list = async (request: GraphRequest): Promise<GraphAnswer> =>
  pageAnswer(request, 'devices', await rowPageOf(directoryDeviceRows(request.control.deps.store), wantedOf(request)))

const DEVICE: Yields = { type: 'device', pageSize: { default: 100, max: 999 }, isDirectory: true }

export const directoryDeviceRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: '/devices', role: 'Device.Read.All', of: { ...DEVICE, many: true }, handle: list },
  { method: 'GET', path: '/devices/{id}', role: 'Device.Read.All', of: DEVICE, handle: get },
]

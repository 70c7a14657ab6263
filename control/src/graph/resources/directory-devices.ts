import type { Device } from '../../domain/model.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
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
    accountEnabled: true,
    deviceOwnership: device.ownership === 'company' ? 'Company' : 'Personal',
    managementType: isManaged ? 'MDM' : null,
    mdmAppId: isManaged ? '0000000a-0000-0000-c000-000000000000' : null,
    trustType: device.ownership === 'company' ? 'AzureAd' : 'Workplace',
    manufacturer: device.inventory.hardware.manufacturer,
    model: device.inventory.hardware.model,
    enrollmentProfileName: device.mode,
    approximateLastSignInDateTime: iso(device.lastSyncAtMs),
  }
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const [device] = await request.control.deps.store.devices.findInDirectory([id])
  return entityAnswer(request, 'devices', device ? deviceEntity(device) : notFound('Device', id))
}

const list = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const all: Device[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.devices.page({
      limit: 1_000,
      inDirectory: true,
      ...(after === undefined ? {} : { after }),
    })
    all.push(...page)
    after = page.at(-1)?.id
    if (page.length < 1_000) break
  }
  return memoryPage(request, 'devices', all.map(deviceEntity))
}

export const directoryDeviceRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: '/devices', role: 'Device.Read.All', handle: list },
  { method: 'GET', path: '/devices/{id}', role: 'Device.Read.All', handle: get },
]

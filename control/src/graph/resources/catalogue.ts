import type { SettingDefinition } from '../../domain/management/index.ts'
import { managements } from '../../domain/management/index.ts'
import { memoryPage } from '../collection.ts'
import type { GraphRoute } from '../graph-request.ts'
import { iso } from './managed-device.ts'

const READ = 'DeviceManagementConfiguration.Read.All'

/** Setting definitions, one for each platform that has the setting. `platform` and `kind` are there to be filtered by. */
const definitions = (): readonly Readonly<Record<string, unknown>>[] =>
  managements.flatMap((management) =>
    management.settings.flatMap((definition: SettingDefinition) =>
      (definition.platforms ?? management.platforms).map((platform) => ({
        id: definition.definitionId,
        name: definition.name,
        displayName: definition.displayName,
        kind: definition.kind,
        platform,
        valueDefinition: definition.value,
        ...(definition.remedy === undefined ? {} : { helpText: definition.remedy }),
      })),
    ),
  )

export const catalogueRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/deviceManagement/configurationSettings',
    role: READ,
    handle: async (request) => memoryPage(request, 'deviceManagement/configurationSettings', definitions()),
  },
  {
    method: 'GET',
    path: '/deviceManagement/deviceCompliancePolicies/getDevicesScheduledToRetire',
    role: READ,
    handle: async (request) => {
      const { store } = request.control.deps
      const listed: Readonly<Record<string, unknown>>[] = []
      for (let after: string | undefined; ; ) {
        const page = await store.devices.page({ limit: 1_000, ...(after === undefined ? {} : { after }) })
        for (const device of page) {
          // A device whose removal is under way has been dealt with.
          if (device.retireListedAtMs === undefined || device.managementState !== 'managed') continue
          listed.push({
            id: device.id,
            managedDeviceId: device.id,
            managedDeviceName: device.inventory.deviceName,
            complianceState: device.complianceState,
            retireAfterDateTime: iso(device.retireListedAtMs),
          })
        }
        after = page.at(-1)?.id
        if (page.length < 1_000) break
      }
      return memoryPage(request, 'deviceManagement/devicesScheduledToRetire', listed)
    },
  },
]

import type { SettingDefinition } from '../../domain/management/index.ts'
import { managements } from '../../domain/management/index.ts'
import { memoryPage } from '../collection.ts'
import type { GraphRoute } from '../graph-request.ts'

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
    of: {
      type: 'deviceManagementConfigurationSettingDefinition',
      many: true,
      extras: { kind: 'string', platform: 'string', valueDefinition: 'json' },
    },
    handle: async (request) => memoryPage(request, 'deviceManagement/configurationSettings', definitions()),
  },
]

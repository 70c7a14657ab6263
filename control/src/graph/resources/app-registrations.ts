import type { AppRegistration } from '../../domain/model.ts'
import { memoryPage } from '../collection.ts'
import type { GraphRoute } from '../graph-request.ts'
import { iso } from './managed-device.ts'

/** Registrations as Graph shows them. */
export const appRegistrationEntities = (
  registrations: readonly AppRegistration[],
): readonly Readonly<Record<string, unknown>>[] =>
  registrations.map(({ appId, appVersion, platform, createdAtMs, lastSyncAtMs, ...app }) => ({
    '@odata.type':
      platform === 'android'
        ? '#microsoft.graph.androidManagedAppRegistration'
        : '#microsoft.graph.iosManagedAppRegistration',
    ...app,
    applicationVersion: appVersion,
    appIdentifier:
      platform === 'android'
        ? { '@odata.type': '#microsoft.graph.androidMobileAppIdentifier', packageId: appId }
        : { '@odata.type': '#microsoft.graph.iosMobileAppIdentifier', bundleId: appId },
    createdDateTime: iso(createdAtMs),
    lastSyncDateTime: iso(lastSyncAtMs),
  }))

export const appRegistrationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/deviceAppManagement/managedAppRegistrations',
    role: 'DeviceManagementApps.Read.All',
    of: { type: 'managedAppRegistration', many: true },
    handle: async (request) =>
      memoryPage(
        request,
        'deviceAppManagement/managedAppRegistrations',
        appRegistrationEntities(await request.control.deps.store.apps.list({ limit: 10_000 })),
      ),
  },
]

import { memoryPage } from '../collection.ts'
import type { GraphRoute } from '../graph-request.ts'
import { iso } from './managed-device.ts'

export const appRegistrationRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/deviceAppManagement/managedAppRegistrations',
    role: 'DeviceManagementApps.Read.All',
    handle: async (request) =>
      memoryPage(
        request,
        'deviceAppManagement/managedAppRegistrations',
        (await request.control.deps.store.apps.list({ limit: 10_000 })).map(
          ({ appId, createdAtMs, lastSyncAtMs, ...app }) => ({
            '@odata.type':
              app.platform === 'android'
                ? '#microsoft.graph.androidManagedAppRegistration'
                : '#microsoft.graph.iosManagedAppRegistration',
            ...app,
            appIdentifier: app.platform === 'android' ? { packageId: appId } : { bundleId: appId },
            createdDateTime: iso(createdAtMs),
            lastSyncDateTime: iso(lastSyncAtMs),
          }),
        ),
      ),
  },
]

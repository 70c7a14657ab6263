import type { GraphRoute } from './graph-request.ts'
import { catalogueRoutes } from './resources/catalogue.ts'
import { deviceManagementRoutes } from './resources/device-management.ts'
import { directoryRoutes } from './resources/directory.ts'
import { managedDeviceRoutes } from './resources/managed-devices.ts'
import { policyRoutes } from './resources/policies.ts'

/** All that Graph serves, v1.0 and beta alike. */
export const graphRoutes: readonly GraphRoute[] = [
  ...catalogueRoutes,
  ...deviceManagementRoutes,
  ...directoryRoutes,
  ...managedDeviceRoutes,
  ...policyRoutes,
]

/** Every application role that some route asks for. */
export const graphRoles: readonly string[] = [...new Set(graphRoutes.map(({ role }) => role))]

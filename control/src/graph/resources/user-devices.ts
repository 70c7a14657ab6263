import type { Device } from '../../domain/model.ts'
import { memoryPage, pageAnswer, wantedOf } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound, type Yields } from '../graph-request.ts'
import { rowPageOf, within } from '../odata/row-page.ts'
import { appRegistrationEntities } from './app-registrations.ts'
import { directoryDeviceRows } from './directory-devices.ts'
import { typedDevice, typedGroup } from './directory-objects.ts'
import { logCollectionRoutes } from './log-collections.ts'
import { managedDevicePartRoutes } from './managed-device-parts.ts'
import { managedDeviceWriteRoutes } from './managed-device-writes.ts'
import { DEVICE, managedDeviceAnswer, managedDevicePage, managedDeviceRoutes } from './managed-devices.ts'
import { userOf } from './users.ts'

const list = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id } = await userOf(request.control.deps.store, request)
  return managedDevicePage(request, `users('${id}')/managedDevices`, { op: 'eq', column: 'userId', value: id })
}

/** The device of the path, if it is under management and the user's. */
async function deviceOfUser(request: GraphRequest): Promise<Device & { readonly userId: string }> {
  const { store } = request.control.deps
  const { id: userId } = await userOf(store, request)
  const id = request.params['deviceId'] ?? ''
  const [device] = await store.devices.getMany([id])
  return device?.userId === userId && device.lifecycle === 'managed'
    ? { ...device, userId }
    : notFound('managedDevice', id)
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const device = await deviceOfUser(request)
  return managedDeviceAnswer(request, device, `users('${device.userId}')/managedDevices`)
}

const ONE = '/deviceManagement/managedDevices/{id}'
const THEIRS = '/users/{id}/managedDevices/{deviceId}'

/** What can be asked of a device and done to it can be below its user as well; nobody else's is there. */
const belowUser = (route: GraphRoute): GraphRoute => ({
  ...route,
  path: route.path.replace(ONE, THEIRS),
  handle: async (request) => {
    const { id } = await deviceOfUser(request)
    return route.handle({ ...request, params: { ...request.params, id } })
  },
})

const deviceRoutes = [
  ...managedDeviceRoutes,
  ...managedDevicePartRoutes,
  ...managedDeviceWriteRoutes,
  ...logCollectionRoutes,
]
  .filter(({ method, path }) => path.startsWith(ONE) && !(method === 'GET' && path === ONE))
  .map(belowUser)

/** The devices that a user has enrolled: they are registered for them, and theirs. */
const listRegistered = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const { id } = await userOf(store, request)
  const rows = within(directoryDeviceRows(store), { op: 'eq', column: 'userId', value: id })
  const typed = { ...rows, entities: async (devices: Parameters<typeof rows.entities>[0]) => devices.map(typedDevice) }
  return pageAnswer(request, 'directoryObjects', await rowPageOf(typed, wantedOf(request)))
}

const listOwned = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const { id } = await userOf(store, request)
  const [groups, devices] = await Promise.all([store.groups.list(), store.devices.ofUsers([id])])
  return memoryPage(request, 'directoryObjects', [
    ...groups.filter(({ ownerIds }) => ownerIds?.includes(id)).map(typedGroup),
    ...devices.map(typedDevice),
  ])
}

const listApps = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const { id } = await userOf(store, request)
  const apps = await store.apps.list({ userId: id, limit: 10_000 })
  return memoryPage(request, `users('${id}')/managedAppRegistrations`, appRegistrationEntities(apps))
}

const OBJECTS: Yields = {
  type: 'directoryObject',
  many: true,
  pageSize: { default: 100, max: 999 },
  isDirectory: true,
}
const READ = 'DeviceManagementManagedDevices.Read.All'
/** What is told of a device is for those who may read devices, whoever it belongs to. */
const DEVICES = 'Device.Read.All'

/** What a user has: devices, apps, and what they own in the directory. */
export const userDeviceRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: '/users/{id}/managedDevices', role: READ, of: { ...DEVICE, many: true }, handle: list },
  { method: 'GET', path: THEIRS, role: READ, of: DEVICE, handle: get },
  ...deviceRoutes,
  { method: 'GET', path: '/users/{id}/registeredDevices', role: DEVICES, of: OBJECTS, handle: listRegistered },
  { method: 'GET', path: '/users/{id}/ownedDevices', role: DEVICES, of: OBJECTS, handle: listRegistered },
  { method: 'GET', path: '/users/{id}/ownedObjects', role: 'Directory.Read.All', of: OBJECTS, handle: listOwned },
  {
    method: 'GET',
    path: '/users/{id}/managedAppRegistrations',
    role: 'DeviceManagementApps.Read.All',
    of: { type: 'managedAppRegistration', many: true },
    handle: listApps,
  },
]

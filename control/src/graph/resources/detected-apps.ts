import { type InstalledApp, installedApps, PlatformName, SOFTWARE_PROFILES } from '@muster/shared/contracts'
import type { DeviceColumn, RowFilter } from '../../app/row-query.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound, type Yields } from '../graph-request.ts'
import { idFor } from '../identity/permissions.ts'
import { devicesInReach, READ_DEVICES } from '../roles/device-sight.ts'
import { DEVICE, deviceOf, managedDevicePage } from './managed-devices.ts'

type Entity = Readonly<Record<string, unknown>>

/** Which devices an app is on: those of these platforms with one of these sets of installed apps. */
interface DetectedApp {
  readonly id: string
  readonly app: InstalledApp
  readonly platformType: string
  readonly places: Map<PlatformName, Set<number>>
}

/** Graph's names of platforms for apps; it has none for the others. */
const platformTypes: Readonly<Partial<Record<PlatformName, string>>> = {
  windows: 'windows',
  macOS: 'macOS',
  iOS: 'ios',
  iPadOS: 'ios',
  android: 'androidDedicatedAndFullyManaged',
}

const typeOf = (platform: PlatformName): string => platformTypes[platform] ?? 'unknown'
const idOf = (platform: PlatformName, { name, version }: InstalledApp): string =>
  idFor('detected app', typeOf(platform), name, version)

let known: ReadonlyMap<string, DetectedApp> | undefined

/** Every app in every version, by id: it follows from the catalogue alone. */
function allApps(): ReadonlyMap<string, DetectedApp> {
  if (known) return known
  const apps = new Map<string, DetectedApp>()
  for (const platform of PlatformName.options) {
    for (let profile = 0; profile < SOFTWARE_PROFILES; profile++) {
      for (const app of installedApps(platform, profile)) {
        const id = idOf(platform, app)
        const found = apps.get(id) ?? { id, app, platformType: typeOf(platform), places: new Map() }
        apps.set(id, found)
        found.places.set(platform, (found.places.get(platform) ?? new Set()).add(profile))
      }
    }
  }
  known = apps
  return apps
}

const appEntity = (id: string, app: InstalledApp, platformType: string, deviceCount: number): Entity => ({
  id,
  displayName: app.name,
  version: app.version,
  sizeInByte: app.sizeBytes,
  deviceCount,
  publisher: app.publisher,
  platform: platformType,
})

/** Apps that are on a device that the sender sees, with how many such devices there are. */
async function found({ control, reach }: GraphRequest): Promise<readonly Entity[]> {
  const { store } = control.deps
  const seen = await devicesInReach(store, reach, READ_DEVICES)
  const counts = await store.devices.countBy(['platform', 'software'], seen)
  return [...allApps().values()].flatMap(({ id, app, platformType, places }) => {
    const on = counts.filter(({ platform, software }) =>
      places.get(platform as PlatformName)?.has(Number(software ?? -1)),
    )
    const devices = on.reduce((sum, each) => sum + each.devices, 0)
    return devices === 0 ? [] : [appEntity(id, app, platformType, devices)]
  })
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const app = (await found(request)).find((each) => each['id'] === id)
  return entityAnswer(request, SET, app ?? notFound('detectedApp', id))
}

const listDevices = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const app = allApps().get(id) ?? notFound('detectedApp', id)
  const of = [...app.places].map(
    ([platform, profiles]): RowFilter<DeviceColumn> => ({
      op: 'and',
      of: [
        { op: 'eq', column: 'platform', value: platform },
        { op: 'in', column: 'software', values: [...profiles] },
      ],
    }),
  )
  return managedDevicePage(request, `${SET}('${id}')/managedDevices`, { op: 'or', of })
}

/** What is on one device. Of how many others have it Graph says nothing here. */
const listOfDevice = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id, platform, inventory } = await deviceOf(request)
  const apps = inventory.software === undefined ? [] : installedApps(platform, inventory.software)
  return memoryPage(
    request,
    `deviceManagement/managedDevices('${id}')/detectedApps`,
    apps.map((app) => appEntity(idOf(platform, app), app, typeOf(platform), 0)),
  )
}

const SET = 'deviceManagement/detectedApps'
const READ = 'DeviceManagementManagedDevices.Read.All'
const APP: Yields = { type: 'detectedApp' }

/** What is installed on devices, as they report it (https://learn.microsoft.com/graph/api/resources/intune-devices-detectedapp). */
export const detectedAppRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `/${SET}`,
    role: READ,
    of: { ...APP, many: true },
    handle: async (request) => memoryPage(request, SET, await found(request)),
  },
  { method: 'GET', path: `/${SET}/{id}`, role: READ, of: APP, handle: get },
  {
    method: 'GET',
    path: `/${SET}/{id}/managedDevices`,
    role: READ,
    of: { ...DEVICE, many: true },
    handle: listDevices,
  },
  {
    method: 'GET',
    path: '/deviceManagement/managedDevices/{id}/detectedApps',
    role: READ,
    of: { ...APP, many: true },
    handle: listOfDevice,
  },
]

import type { Device, RemoteAction } from '../../domain/model.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { iso } from './managed-device.ts'
import { deviceOf } from './managed-devices.ts'
import { userEntity } from './users.ts'

type Entity = Readonly<Record<string, unknown>>

/** Whom a device is for. */
const listUsers = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id, userId } = await deviceOf(request)
  const users = await request.control.deps.store.users.getMany(userId === undefined ? [] : [userId])
  return memoryPage(request, `deviceManagement/managedDevices('${id}')/users`, users.map(userEntity))
}

/** When the last scan of a kind ended; absent before the first. */
function lastScan(actions: readonly RemoteAction[], isQuick: boolean): string | null {
  const done = actions
    .filter(({ action, state }) => action === 'windowsDefenderScan' && state === 'done')
    .filter(({ parameters }) => (parameters['quickScan'] !== false) === isQuick)
    .map(({ finishedAtMs = 0 }) => finishedAtMs)
  return done.length === 0 ? null : iso(Math.max(...done))
}

/** Microsoft Defender as the device has reported it. */
function protectionState({ id, inventory, lastReportAtMs }: Device, actions: readonly RemoteAction[]): Entity {
  const { antivirusOn, antivirusCurrent } = inventory.posture
  return {
    id,
    malwareProtectionEnabled: antivirusOn ?? null,
    realTimeProtectionEnabled: antivirusOn ?? null,
    networkInspectionSystemEnabled: antivirusOn ?? null,
    signatureUpdateOverdue: antivirusCurrent === undefined ? null : !antivirusCurrent,
    deviceState: 'clean',
    productStatus:
      antivirusOn === false ? 'serviceNotRunning' : antivirusCurrent === false ? 'avSignaturesOutOfDate' : 'noStatus',
    quickScanOverdue: false,
    fullScanOverdue: false,
    fullScanRequired: false,
    rebootRequired: false,
    isVirtualMachine: false,
    lastQuickScanDateTime: lastScan(actions, true),
    lastFullScanDateTime: lastScan(actions, false),
    lastReportedDateTime: lastReportAtMs === undefined ? null : iso(lastReportAtMs),
  }
}

const getProtection = async (request: GraphRequest): Promise<GraphAnswer> => {
  const device = await deviceOf(request)
  if (!hasDefender(device)) return notFound('windowsProtectionState', device.id)
  const actions = await request.control.deps.store.actions.forDevice(device.id)
  const set = `deviceManagement/managedDevices('${device.id}')/windowsProtectionState`
  return entityAnswer(request, set, protectionState(device, actions))
}

/** Only Windows has a state of its own for it. */
const hasDefender = ({ platform, inventory }: Device): boolean =>
  platform === 'windows' && inventory.posture.antivirusOn !== undefined

const READ = 'DeviceManagementManagedDevices.Read.All'
const ONE = '/deviceManagement/managedDevices/{id}'

/** What belongs to a managed device. */
export const managedDevicePartRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: `${ONE}/users`, role: READ, of: { type: 'user', many: true }, handle: listUsers },
  {
    method: 'GET',
    path: `${ONE}/windowsProtectionState`,
    role: READ,
    of: { type: 'windowsProtectionState' },
    handle: getProtection,
  },
]

import type { PlatformName } from '@muster/shared/contracts'
import type { Store } from '../../app/ports.ts'
import type { DeviceColumn, RowFilter } from '../../app/row-query.ts'
import type { Device, DevicePolicy, Policy } from '../../domain/model.ts'
import { entityAnswer, pageAnswer, wantedOf } from '../collection.ts'
import type { GraphAnswer, GraphRequest, GraphRoute } from '../graph-request.ts'
import { type RowSource, rowPageOf, within } from '../odata/row-page.ts'
import { devicesInReach, READ_DEVICES } from '../roles/device-sight.ts'

type Entity = Readonly<Record<string, unknown>>
type Seen = RowFilter<DeviceColumn> | undefined

/** A summary of the devices that the sender sees. */
const summary =
  (name: string, of: (store: Store, seen: Seen) => Promise<Entity>) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const { store } = request.control.deps
    const seen = await devicesInReach(store, request.reach, READ_DEVICES)
    return entityAnswer(request, `deviceManagement/${name}`, { id: request.tenantId, ...(await of(store, seen)) })
  }

/** Where devices are counted in the overview, by platform; Graph has no place of their own for the others. */
const systems: Readonly<Partial<Record<PlatformName, string>>> = {
  windows: 'windowsCount',
  macOS: 'macOSCount',
  iOS: 'iosCount',
  iPadOS: 'iosCount',
  android: 'androidCount',
}

/** The same by enrolment mode, within a platform. */
const androidModes: Readonly<Record<string, string>> = {
  'fully-managed': 'androidFullyManagedCount',
  'work-profile': 'androidWorkProfileCount',
  'corporate-work-profile': 'androidCorporateWorkProfileCount',
  dedicated: 'androidDedicatedCount',
  'device-administrator': 'androidDeviceAdminCount',
}

const systemCounts = [...new Set([...Object.values(systems), ...Object.values(androidModes)])]

async function overview({ devices }: Store, seen: Seen): Promise<Entity> {
  const counts: Record<string, number> = Object.fromEntries(systemCounts.map((name) => [name, 0]))
  let [all, unknown] = [0, 0]
  for (const { platform, mode, devices: number } of await devices.countBy(['platform', 'mode'], seen)) {
    const system = systems[platform as PlatformName]
    const finer = system === 'androidCount' ? androidModes[String(mode)] : undefined
    all += number
    if (system === undefined) unknown += number
    for (const name of [system, finer]) if (name !== undefined) counts[name] = (counts[name] ?? 0) + number
  }
  return {
    enrolledDeviceCount: all,
    mdmEnrolledCount: all,
    dualEnrolledDeviceCount: 0,
    deviceOperatingSystemSummary: { ...counts, windowsMobileCount: 0, configMgrDeviceCount: 0, unknownCount: unknown },
    // No device has mail that Exchange could keep from it.
    deviceExchangeAccessStateSummary: {
      allowedDeviceCount: 0,
      blockedDeviceCount: 0,
      quarantinedDeviceCount: 0,
      unknownDeviceCount: 0,
      unavailableDeviceCount: all,
    },
  }
}

async function complianceSummary({ devices }: Store, seen: Seen): Promise<Entity> {
  const counts = await devices.countBy(['complianceState'], seen)
  const of = (state: string): number =>
    counts.find(({ complianceState }) => complianceState === state.toLowerCase())?.devices ?? 0
  return {
    compliantDeviceCount: of('compliant'),
    inGracePeriodCount: of('inGracePeriod'),
    nonCompliantDeviceCount: of('noncompliant'),
    errorDeviceCount: of('error'),
    conflictDeviceCount: of('conflict'),
    unknownDeviceCount: of('unknown'),
    notApplicableDeviceCount: 0,
    remediatedDeviceCount: 0,
    configManagerCount: 0,
  }
}

/** Each device counts by the worst of what its configuration policies say. */
async function configurationSummary({ policies, devicePolicies }: Store, seen: Seen): Promise<Entity> {
  const ids = (await policies.list()).filter(({ kind }) => kind === 'configuration').map(({ id }) => id)
  return stateCounts('Device', await devicePolicies.countByWorst(ids, seen))
}

/** Counts by state under Graph's names for them: `errorDeviceCount`. */
function stateCounts(
  noun: 'Device' | 'User',
  counts: readonly { readonly state: DevicePolicy['state']; readonly count: number }[],
): Entity {
  const of = (...states: readonly DevicePolicy['state'][]): number =>
    counts.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0)
  return {
    [`compliant${noun}Count`]: of('compliant'),
    [`remediated${noun}Count`]: of('remediated'),
    [`nonCompliant${noun}Count`]: of('nonCompliant', 'inGracePeriod'),
    [`error${noun}Count`]: of('error'),
    [`conflict${noun}Count`]: of('conflict'),
    [`notApplicable${noun}Count`]: of('notApplicable'),
    [`unknown${noun}Count`]: of('pending'),
  }
}

const aboutUpdates = ({ kind, graphType, settings }: Policy): boolean =>
  kind === 'configuration' && [graphType, ...Object.keys(settings)].some((name) => /softwareUpdate/i.test(name))

/** Devices and users by the worst of the policies about updates, as far as devices understand these. */
async function updateSummary({ policies, devicePolicies }: Store, seen: Seen): Promise<Entity> {
  const ids = (await policies.list()).filter(aboutUpdates).map(({ id }) => id)
  return {
    displayName: 'Software updates',
    ...stateCounts('Device', await devicePolicies.countByWorst(ids, seen)),
    ...stateCounts('User', await devicePolicies.countByWorst(ids, seen, 'users')),
  }
}

/** Platforms whose encryption Intune reports on, with Graph's word for what they run on. */
const encryptable: Readonly<Partial<Record<PlatformName, string>>> = { windows: 'desktop', macOS: 'macMDM' }
const ENCRYPTION = 'deviceManagement/managedDeviceEncryptionStates'
const encryptionColumns = { id: 'id', devicename: 'deviceName', osversion: 'osVersion' } as const

/** What the policies of a device say of encryption: the worst of it. */
function encryptionPolicy(rows: readonly DevicePolicy[]): string {
  const states = rows.flatMap(({ settings }) =>
    settings.filter(({ setting }) => /encrypt|bitLocker|fileVault/i.test(setting)).map(({ state }) => state),
  )
  if (states.length === 0) return 'notAssigned'
  const worst = (['error', 'conflict', 'nonCompliant', 'pending', 'remediated', 'compliant'] as const).find((state) =>
    (states as readonly string[]).includes(state),
  )
  return worst === undefined ? 'notApplicable' : worst === 'pending' ? 'unknown' : worst
}

const encryptionRows = ({
  devices,
  users,
  devicePolicies,
}: Store): RowSource<Device, (typeof encryptionColumns)[keyof typeof encryptionColumns] | 'platform'> => ({
  columns: encryptionColumns,
  query: (query) => devices.query({ ...query, among: 'managed' }),
  count: (filter) => devices.count(filter),
  entities: async (rows) => {
    const owners = new Map(
      (await users.getMany(rows.flatMap(({ userId = '' }) => userId))).map((each) => [each.id, each]),
    )
    const policies = Map.groupBy(await devicePolicies.forDevices(rows.map(({ id }) => id)), ({ deviceId }) => deviceId)
    return rows.map(({ id, platform, userId = '', inventory: { deviceName, os, posture } }) => ({
      id,
      deviceName,
      userPrincipalName: owners.get(userId)?.userPrincipalName ?? '',
      deviceType: encryptable[platform] ?? 'unknown',
      osVersion: os.version,
      tpmSpecificationVersion: posture.secureHardware && encryptable[platform] === 'desktop' ? '2.0' : null,
      encryptionReadinessState: posture.secureHardware === false ? 'notReady' : 'ready',
      encryptionState: posture.encrypted ? 'encrypted' : 'notEncrypted',
      encryptionPolicySettingState: encryptionPolicy(policies.get(id) ?? []),
      policyDetails: [],
    }))
  },
})

const listEncryption = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const seen = await devicesInReach(store, request.reach, READ_DEVICES)
  const only = { op: 'in', column: 'platform', values: Object.keys(encryptable) } as const
  return pageAnswer(
    request,
    ENCRYPTION,
    await rowPageOf(within(within(encryptionRows(store), only), seen as never), wantedOf(request)),
  )
}

const READ = 'DeviceManagementManagedDevices.Read.All'
const POLICIES = 'DeviceManagementConfiguration.Read.All'

const route = (
  name: string,
  type: string,
  role: string,
  of: (store: Store, seen: Seen) => Promise<Entity>,
): GraphRoute => ({
  method: 'GET',
  path: `/deviceManagement/${name}`,
  role,
  of: { type },
  handle: summary(name, of),
})

/** How the fleet stands, in numbers. */
export const deviceSummaryRoutes: readonly GraphRoute[] = [
  route('managedDeviceOverview', 'managedDeviceOverview', READ, overview),
  route(
    'deviceCompliancePolicyDeviceStateSummary',
    'deviceCompliancePolicyDeviceStateSummary',
    POLICIES,
    complianceSummary,
  ),
  route(
    'deviceConfigurationDeviceStateSummaries',
    'deviceConfigurationDeviceStateSummary',
    POLICIES,
    configurationSummary,
  ),
  route('softwareUpdateStatusSummary', 'softwareUpdateStatusSummary', POLICIES, updateSummary),
  {
    method: 'GET',
    path: `/${ENCRYPTION}`,
    role: READ,
    of: { type: 'managedDeviceEncryptionState', many: true, pageSize: { default: 1_000, max: 1_000 } },
    handle: listEncryption,
  },
]

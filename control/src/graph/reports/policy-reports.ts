import type { Tables } from '../../app/ports.ts'
import { resourceAction } from '../../domain/intune-roles/actions.ts'
import type { Device, DevicePolicy, Policy } from '../../domain/model.ts'
import { iso } from '../resources/managed-device.ts'
import type { Sight } from '../roles/sight.ts'
import { deviceColumns, devicePages, deviceRow, viewing } from './device-reports.ts'
import type { Column, ReportTable, Row } from './report-table.ts'

const PAGE = 1_000

const text = (name: string): Column => ({ name, type: 'String' })
const count = (name: string): Column => ({ name, type: 'Int32' })

const policyStatus: Column = {
  name: 'PolicyStatus',
  type: 'String',
  localized: (value) => words[String(value)] ?? String(value ?? ''),
}
const words: Readonly<Record<string, string>> = {
  pending: 'Pending',
  compliant: 'Compliant',
  remediated: 'Succeeded',
  nonCompliant: 'Not compliant',
  inGracePeriod: 'In grace period',
  error: 'Error',
  conflict: 'Conflict',
  notApplicable: 'Not applicable',
}

/** `pending` until the device has reported the revision that it should hold. */
const stateOf = (row: DevicePolicy): DevicePolicy['state'] =>
  row.reportedRevision === row.revision ? row.state : 'pending'

/** Devices of a page with the rows of their policies of one kind. */
async function* devicesWithPolicies(
  tables: Tables,
  sight: Sight,
  kind: Policy['kind'],
): AsyncGenerator<{ readonly device: Device; readonly row: Row; readonly held: readonly DevicePolicy[] }> {
  for await (const page of devicePages(tables, sight)) {
    const rows = await tables.devicePolicies.forDevices(page.map(({ device }) => device.id))
    const byDevice = Map.groupBy(
      rows.filter((row) => row.kind === kind),
      ({ deviceId }) => deviceId,
    )
    for (const { device, user } of page)
      yield { device, row: deviceRow(device, user), held: byDevice.get(device.id) ?? [] }
  }
}

const failing: ReadonlySet<string> = new Set(['nonCompliant', 'error', 'conflict'])

const NONCOMPLIANT_SETTINGS: ReportTable = {
  name: 'NoncompliantDevicesAndSettings',
  action: viewing('compliance'),
  columns: [
    deviceColumns.DeviceId,
    deviceColumns.DeviceName,
    text('PolicyId'),
    text('PolicyName'),
    text('SettingName'),
    { ...policyStatus, name: 'SettingStatus' },
    text('CurrentValue'),
    text('ErrorCode'),
    count('PolicyVersion'),
    count('CalculatedPolicyVersion'),
    deviceColumns.UPN,
    deviceColumns.UserName,
    deviceColumns.OS,
    deviceColumns.OSVersion,
    deviceColumns.LastContact,
  ],
  rows: async function* (tables, sight) {
    const policies = await policiesById(tables, sight)
    for await (const { row, held } of devicesWithPolicies(tables, sight, 'compliance')) {
      for (const policy of ofPolicies(held, policies)) {
        for (const setting of policy.settings.filter(({ state }) => failing.has(state))) {
          yield {
            ...row,
            PolicyId: policy.policyId,
            PolicyName: policies.get(policy.policyId)?.name ?? '',
            SettingName: setting.setting,
            SettingStatus: setting.state,
            CurrentValue: setting.actual === undefined ? null : String(setting.actual),
            ErrorCode: setting.errorCode ?? null,
            PolicyVersion: policy.revision,
            CalculatedPolicyVersion: policy.reportedRevision ?? null,
          }
        }
      }
    }
  },
}

const WITHOUT_POLICY: ReportTable = {
  name: 'DevicesWithoutCompliancePolicy',
  action: viewing('compliance'),
  columns: [
    deviceColumns.DeviceId,
    deviceColumns.DeviceName,
    deviceColumns.ComplianceState,
    deviceColumns.OS,
    deviceColumns.OSVersion,
    deviceColumns.OwnerType,
    deviceColumns.UPN,
    deviceColumns.UserName,
    deviceColumns.LastContact,
    deviceColumns.ManagementAgent,
  ],
  rows: async function* (tables, sight) {
    for await (const { row, held } of devicesWithPolicies(tables, sight, 'compliance')) if (held.length === 0) yield row
  },
}

const policiesById = async (tables: Pick<Tables, 'policies'>, sight: Sight): Promise<ReadonlyMap<string, Policy>> =>
  new Map((await tables.policies.list()).filter(sight.policy).map((policy) => [policy.id, policy]))

/** Rows of the policies that are in sight. */
const ofPolicies = (held: readonly DevicePolicy[], policies: ReadonlyMap<string, Policy>): readonly DevicePolicy[] =>
  held.filter(({ policyId }) => policies.has(policyId))

const states = ['compliant', 'nonCompliant', 'inGracePeriod', 'error', 'conflict', 'pending', 'notApplicable'] as const

/** How a policy stands on the devices that are in sight. */
async function tallyOf(
  tables: Tables,
  sight: Sight,
  policyId: string,
): Promise<readonly { readonly state: DevicePolicy['state']; readonly devices: number }[]> {
  if (sight.isWhole) return tables.devicePolicies.tally(policyId)
  const tally = new Map<DevicePolicy['state'], number>()
  for (let after: string | undefined; ; ) {
    const rows = await tables.devicePolicies.page({ policyId, limit: PAGE, ...(after === undefined ? {} : { after }) })
    const devices = await tables.devices.getMany(rows.map(({ deviceId }) => deviceId))
    const managed = devices.filter(({ lifecycle }) => lifecycle === 'managed')
    const seen = new Set((await sight.devices(managed)).map(({ id }) => id))
    for (const row of rows) if (seen.has(row.deviceId)) tally.set(stateOf(row), (tally.get(stateOf(row)) ?? 0) + 1)
    after = rows.at(-1)?.deviceId
    if (rows.length < PAGE) return [...tally].map(([state, count]) => ({ state, devices: count }))
  }
}

/** One row for each policy, with how many devices stand how; `remediated` counts as compliant. */
function aggregate(name: string, kind: Policy['kind']): ReportTable {
  const counted = states.map((state) => `NumberOf${state.charAt(0).toUpperCase()}${state.slice(1)}Devices`)
  return {
    name,
    action: viewing(kind),
    columns: [text('PolicyId'), text('PolicyName'), text('PolicyType'), text('Platforms'), ...counted.map(count)],
    rows: async function* (tables, sight) {
      for (const policy of (await policiesById(tables, sight)).values()) {
        if (policy.kind !== kind) continue
        const tally = new Map<string, number>()
        for (const { state, devices } of await tallyOf(tables, sight, policy.id)) {
          const shown = state === 'remediated' ? 'compliant' : state
          tally.set(shown, (tally.get(shown) ?? 0) + devices)
        }
        yield {
          PolicyId: policy.id,
          PolicyName: policy.name,
          PolicyType: policy.graphType,
          Platforms: policy.platforms.join(', '),
          ...Object.fromEntries(states.map((state, index) => [counted[index], tally.get(state) ?? 0])),
        }
      }
    },
  }
}

/** One row for each policy and device. */
function statuses(name: string, kind: Policy['kind']): ReportTable {
  return {
    name,
    action: viewing(kind),
    columns: [
      text('PolicyId'),
      text('PolicyName'),
      deviceColumns.DeviceId,
      deviceColumns.DeviceName,
      deviceColumns.UPN,
      deviceColumns.UserName,
      policyStatus,
      { name: 'PspdpuLastModifiedTimeUtc', type: 'DateTime' },
      text('SettingsInError'),
    ],
    rows: async function* (tables, sight) {
      const policies = await policiesById(tables, sight)
      for await (const { row, held } of devicesWithPolicies(tables, sight, kind)) {
        for (const policy of ofPolicies(held, policies)) {
          yield {
            ...row,
            PolicyId: policy.policyId,
            PolicyName: policies.get(policy.policyId)?.name ?? '',
            PolicyStatus: stateOf(policy),
            PspdpuLastModifiedTimeUtc: policy.lastReportedAtMs === undefined ? null : iso(policy.lastReportedAtMs),
            SettingsInError: policy.settings
              .filter(({ state }) => state === 'error')
              .map(({ setting }) => setting)
              .join(';'),
          }
        }
      }
    },
  }
}

/** Registrations of apps on devices that nobody manages. */
const APP_PROTECTION: ReportTable = {
  name: 'MAMAppProtectionStatus',
  action: resourceAction('ManagedApps', 'Read'),
  columns: [
    text('UserId'),
    text('AppId'),
    text('AppVersion'),
    text('Platform'),
    text('PlatformVersion'),
    text('DeviceName'),
    text('FlaggedReasons'),
    { name: 'LastSync', type: 'DateTime' },
  ],
  rows: async function* (tables) {
    for (let after: string | undefined; ; ) {
      const page = await tables.apps.list({ limit: PAGE, ...(after === undefined ? {} : { after }) })
      for (const app of page) {
        yield {
          UserId: app.userId,
          AppId: app.appId,
          AppVersion: app.appVersion,
          Platform: app.platform,
          PlatformVersion: app.platformVersion,
          DeviceName: app.deviceName,
          FlaggedReasons: app.flaggedReasons.join(', '),
          LastSync: iso(app.lastSyncAtMs),
        }
      }
      after = page.at(-1)?.id
      if (page.length < PAGE) return
    }
  },
}

export const policyReports: readonly ReportTable[] = [
  NONCOMPLIANT_SETTINGS,
  WITHOUT_POLICY,
  aggregate('NonCompliantCompliancePoliciesAggregate', 'compliance'),
  aggregate('ConfigurationPolicyAggregate', 'configuration'),
  statuses('DeviceStatusesByCompliancePolicy', 'compliance'),
  statuses('DeviceConfigurationPolicyStatuses', 'configuration'),
  APP_PROTECTION,
]

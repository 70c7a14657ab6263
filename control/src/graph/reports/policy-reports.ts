import type { Tables } from '../../app/ports.ts'
import type { Device, DevicePolicy, Policy } from '../../domain/model.ts'
import { iso } from '../resources/managed-device.ts'
import { deviceColumns, devicePages, deviceRow } from './device-reports.ts'
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
  kind: Policy['kind'],
): AsyncGenerator<{ readonly device: Device; readonly row: Row; readonly held: readonly DevicePolicy[] }> {
  for await (const page of devicePages(tables)) {
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
  rows: async function* (tables) {
    const policies = await policiesById(tables)
    for await (const { row, held } of devicesWithPolicies(tables, 'compliance')) {
      for (const policy of held) {
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
  rows: async function* (tables) {
    for await (const { row, held } of devicesWithPolicies(tables, 'compliance')) if (held.length === 0) yield row
  },
}

const policiesById = async (tables: Pick<Tables, 'policies'>): Promise<ReadonlyMap<string, Policy>> =>
  new Map((await tables.policies.list()).map((policy) => [policy.id, policy]))

const states = ['compliant', 'nonCompliant', 'inGracePeriod', 'error', 'conflict', 'pending', 'notApplicable'] as const

/** One row for each policy, with how many devices stand how; `remediated` counts as compliant. */
function aggregate(name: string, kind: Policy['kind']): ReportTable {
  const counted = states.map((state) => `NumberOf${state.charAt(0).toUpperCase()}${state.slice(1)}Devices`)
  return {
    name,
    columns: [text('PolicyId'), text('PolicyName'), text('PolicyType'), text('Platforms'), ...counted.map(count)],
    rows: async function* (tables) {
      for (const policy of await tables.policies.list()) {
        if (policy.kind !== kind) continue
        const tally = new Map<string, number>()
        for (const { state, devices } of await tables.devicePolicies.tally(policy.id)) {
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
    rows: async function* (tables) {
      const policies = await policiesById(tables)
      for await (const { row, held } of devicesWithPolicies(tables, kind)) {
        for (const policy of held) {
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

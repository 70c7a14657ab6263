import type { Tables } from '../../app/ports.ts'
import { type ResourceAction, resourceAction } from '../../domain/intune-roles/actions.ts'
import type { Device, Policy, User } from '../../domain/model.ts'
import { iso, managedDevice } from '../resources/managed-device.ts'
import type { Sight } from '../roles/sight.ts'
import type { Cell, Column, ReportTable, Row } from './report-table.ts'

const PAGE = 1_000

const DEVICES = resourceAction('ManagedDevices', 'ViewReports')

/** What lets somebody see reports on policies of a kind. */
export const viewing = (kind: Policy['kind']): ResourceAction =>
  resourceAction(kind === 'compliance' ? 'DeviceCompliancePolices' : 'DeviceConfigurations', 'ViewReports')

/** Managed devices with their users, page by page. */
export async function* devicePages(
  tables: Tables,
  sight: Sight,
): AsyncGenerator<readonly { readonly device: Device; readonly user: User | undefined }[]> {
  for (let after: string | undefined; ; ) {
    const page = await tables.devices.page({ limit: PAGE, ...(after === undefined ? {} : { after }) })
    const devices = await sight.devices(page)
    const ids = devices.flatMap(({ userId }) => (userId === undefined ? [] : [userId]))
    const users = new Map((await tables.users.getMany([...new Set(ids)])).map((user) => [user.id, user]))
    yield devices.map((device) => ({ device, user: users.get(device.userId ?? '') }))
    after = page.at(-1)?.id
    if (page.length < PAGE) return
  }
}

const text = (name: string): Column => ({ name, type: 'String' })
const time = (name: string): Column => ({ name, type: 'DateTime' })
const bytes = (name: string): Column => ({ name, type: 'Int64' })

const coded = (name: string, words: Readonly<Record<string, string>>): Column => ({
  name,
  type: 'String',
  localized: (value) => words[String(value)] ?? String(value ?? ''),
})

export const ownerType = coded('OwnerType', { '1': 'Company', '2': 'Personal' })
export const complianceState = coded('ComplianceState', {
  compliant: 'Compliant',
  noncompliant: 'Not compliant',
  inGracePeriod: 'In grace period',
  conflict: 'Conflict',
  error: 'Error',
  unknown: 'Not evaluated',
})

/** What every report on devices can show of one. */
export const deviceColumns = {
  DeviceId: text('DeviceId'),
  DeviceName: text('DeviceName'),
  SerialNumber: text('SerialNumber'),
  ManagementAgent: text('ManagementAgent'),
  OwnerType: ownerType,
  ComplianceState: complianceState,
  OS: text('OS'),
  OSVersion: text('OSVersion'),
  LastContact: time('LastContact'),
  CreatedDate: time('CreatedDate'),
  UPN: text('UPN'),
  UserId: text('UserId'),
  UserName: text('UserName'),
  UserEmail: text('UserEmail'),
  Manufacturer: text('Manufacturer'),
  Model: text('Model'),
  CategoryName: text('CategoryName'),
  ManagedDeviceName: text('ManagedDeviceName'),
  ReferenceId: text('ReferenceId'),
  EnrollmentType: text('EnrollmentType'),
  InGracePeriodUntil: time('InGracePeriodUntil'),
  JailBroken: text('JailBroken'),
  IMEI: text('IMEI'),
  WifiMacAddress: text('WifiMacAddress'),
  EncryptionStatus: coded('EncryptionStatus', { true: 'Encrypted', false: 'Not encrypted' }),
  SupervisedStatus: coded('SupervisedStatus', { true: 'Supervised', false: 'Unsupervised' }),
  FreeStorage: bytes('FreeStorage'),
  TotalStorage: bytes('TotalStorage'),
  CertificateExpirationDate: time('CertificateExpirationDate'),
} as const

export type DeviceColumnName = keyof typeof deviceColumns

/** A device as a row of reports, from what Graph shows of it. */
export function deviceRow(device: Device, user: User | undefined): Readonly<Record<DeviceColumnName, Cell>> {
  const entity = managedDevice(device, { user })
  const cell = (name: string): Cell => (entity[name] ?? null) as Cell
  return {
    DeviceId: device.id,
    DeviceName: cell('deviceName'),
    SerialNumber: cell('serialNumber'),
    ManagementAgent: cell('managementAgent'),
    OwnerType: device.ownership === 'company' ? '1' : '2',
    ComplianceState: device.complianceState,
    OS: cell('operatingSystem'),
    OSVersion: cell('osVersion'),
    LastContact: cell('lastSyncDateTime'),
    CreatedDate: cell('enrolledDateTime'),
    UPN: cell('userPrincipalName'),
    UserId: cell('userId'),
    UserName: cell('userDisplayName'),
    UserEmail: cell('emailAddress'),
    Manufacturer: cell('manufacturer'),
    Model: cell('model'),
    CategoryName: cell('deviceCategoryDisplayName'),
    ManagedDeviceName: cell('managedDeviceName'),
    ReferenceId: device.entraDeviceId,
    EnrollmentType: cell('deviceEnrollmentType'),
    InGracePeriodUntil: device.graceUntilMs === undefined ? null : iso(device.graceUntilMs),
    JailBroken: cell('jailBroken'),
    IMEI: cell('imei'),
    WifiMacAddress: cell('wiFiMacAddress'),
    EncryptionStatus: String(cell('isEncrypted')),
    SupervisedStatus: String(cell('isSupervised')),
    FreeStorage: cell('freeStorageSpaceInBytes'),
    TotalStorage: cell('totalStorageSpaceInBytes'),
    CertificateExpirationDate: iso(device.certificateNotAfterMs),
  }
}

const columnsNamed = (...names: readonly DeviceColumnName[]): readonly Column[] =>
  names.map((name) => deviceColumns[name])

const picked = (row: Row, columns: readonly Column[]): Row =>
  Object.fromEntries(columns.map(({ name }) => [name, row[name] ?? null]))

function onDevices(
  name: string,
  action: ResourceAction,
  columns: readonly Column[],
  isIn: (device: Device) => boolean,
): ReportTable {
  return {
    name,
    action,
    columns,
    rows: async function* (tables, sight) {
      for await (const page of devicePages(tables, sight))
        for (const { device, user } of page) if (isIn(device)) yield picked(deviceRow(device, user), columns)
    },
  }
}

const COMPLIANCE = columnsNamed(
  'DeviceId',
  'DeviceName',
  'UserId',
  'UPN',
  'UserName',
  'UserEmail',
  'ComplianceState',
  'OS',
  'OSVersion',
  'OwnerType',
  'ManagementAgent',
  'LastContact',
  'InGracePeriodUntil',
  'SerialNumber',
  'IMEI',
)

const WITH_FIREWALL: Column = coded('FirewallStatus', { '0': 'Enabled', '1': 'Disabled' })

export const deviceReports: readonly ReportTable[] = [
  onDevices(
    'Devices',
    DEVICES,
    columnsNamed(
      'DeviceId',
      'DeviceName',
      'ManagementAgent',
      'OwnerType',
      'ComplianceState',
      'OS',
      'OSVersion',
      'LastContact',
      'UPN',
      'SerialNumber',
      'Manufacturer',
      'Model',
      'CreatedDate',
      'CategoryName',
      'UserName',
      'UserEmail',
      'UserId',
    ),
    () => true,
  ),
  onDevices('DevicesWithInventory', DEVICES, Object.values(deviceColumns), () => true),
  onDevices('DeviceCompliance', viewing('compliance'), COMPLIANCE, () => true),
  onDevices('DeviceNonCompliance', viewing('compliance'), COMPLIANCE, ({ complianceState: state }) =>
    ['noncompliant', 'inGracePeriod', 'error', 'conflict'].includes(state),
  ),
  {
    name: 'FirewallStatus',
    action: DEVICES,
    columns: [...columnsNamed('DeviceName', 'DeviceId', 'UPN', 'UserName', 'LastContact', 'OS'), WITH_FIREWALL],
    rows: async function* (tables, sight) {
      for await (const page of devicePages(tables, sight)) {
        for (const { device, user } of page) {
          const { firewallOn } = device.inventory.posture
          if (firewallOn === undefined) continue
          yield { ...deviceRow(device, user), FirewallStatus: firewallOn ? '0' : '1' }
        }
      }
    },
  },
]

import { enrolmentMode } from '@muster/shared/contracts'
import type { DeviceColumn, DeviceSet } from '../../app/row-query.ts'
import type { Device } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { DEVICE, devicesIn } from './device-reading.ts'
import { noteChange } from './directory-changes.ts'
import type { ColumnSql } from './row-filter.ts'
import type { RowsFrom } from './row-query.ts'
import { type Columns, changedColumns, fold, tagsColumn, upsertSql } from './rows.ts'

/**
 * What devices are filtered and ordered by, in a narrow table of its own: a hundred thousand rows of it are looked through
 * in the time that a thousand whole devices take. Texts are folded.
 */
const mirrored: Columns<Device> = {
  id: (device) => device.id,
  isManaged: (device) => Number(device.lifecycle === 'managed'),
  inDirectory: (device) => Number(device.leftDirectory === undefined),
  directoryId: (device) => fold(device.directoryId),
  entraDeviceId: (device) => fold(device.entraDeviceId),
  userId: (device) => device.userId ?? null,
  deviceName: (device) => fold(device.inventory.deviceName),
  operatingSystem: (device) => fold(device.inventory.os.name),
  osVersion: (device) => fold(device.inventory.os.version),
  manufacturer: (device) => fold(device.inventory.hardware.manufacturer),
  model: (device) => fold(device.inventory.hardware.model),
  serialNumber: (device) => fold(device.inventory.hardware.serialNumber),
  ownership: (device) => fold(device.ownership),
  mode: (device) => fold(device.mode),
  platform: (device) => device.platform,
  software: (device) => device.inventory.software ?? null,
  category: (device) => fold(device.attributes['deviceCategory'] ?? 'Unknown'),
  managementState: (device) => fold(device.managementState),
  complianceState: (device) => fold(device.complianceState),
  isEncrypted: (device) => Number(device.inventory.posture.encrypted ?? false),
  isSupervised: (device) => Number(enrolmentMode(device.platform, device.mode)?.supervised ?? false),
  enrolledAtMs: (device) => device.enrolledAtMs,
  lastSyncAtMs: (device) => device.lastSyncAtMs,
  lastMaintenanceAtMs: (device) => device.lastMaintenanceAtMs ?? null,
  sequence: (device) => device.sequence ?? null,
  certificateNotAfterMs: (device) => device.certificateNotAfterMs,
  totalStorageBytes: (device) => device.inventory.hardware.totalStorageBytes,
  freeStorageBytes: (device) => device.inventory.posture.freeStorageBytes ?? 0,
  physicalMemoryBytes: (device) => device.inventory.hardware.physicalMemoryBytes,
  scopeTags: ({ scopeTagIds }) => tagsColumn(scopeTagIds),
}

const readers = Object.values(mirrored)
const upsert = upsertSql('device_listing', Object.keys(mirrored), ['id'], false)
const VISITS = `UPDATE device_listing SET lastSyncAtMs = ?, lastMaintenanceAtMs = ?, sequence = visit.value
  FROM json_each(?) AS visit WHERE device_listing.id = visit.key`

export function listDevice(database: Database, device: Device): void {
  database.run(upsert, ...readers.map((read) => read(device)))
  noteDevice(database, device)
}

/** Of these devices nothing has changed but when they were here. */
export function listVisits(
  database: Database,
  { lastSyncAtMs, lastMaintenanceAtMs }: Pick<Device, 'lastSyncAtMs' | 'lastMaintenanceAtMs'>,
  devices: readonly Pick<Device, 'id' | 'sequence'>[],
): void {
  const sequences = Object.fromEntries(devices.map(({ id, sequence = null }) => [id, sequence]))
  database.run(VISITS, lastSyncAtMs, lastMaintenanceAtMs ?? null, JSON.stringify(sequences))
}

export function relistDevice(database: Database, before: Device, after: Device): void {
  const { names, values } = changedColumns(mirrored, before, after)
  const isRewritten = before.attributes !== after.attributes || before.remarks !== after.remarks
  if (isRewritten || names.some((name) => inDirectory.has(name))) noteDevice(database, after)
  if (names.length === 0) return
  const set = names.map((name) => `${name} = ?`).join(', ')
  database.run(`UPDATE device_listing SET ${set} WHERE id = ?`, ...values, after.id)
}

/** What the directory shows of a device and clients of the directory want to hear of; check-ins are not among it. */
const inDirectory: ReadonlySet<string> = new Set([
  ...['isManaged', 'inDirectory', 'complianceState', 'deviceName', 'operatingSystem', 'osVersion'],
  ...['manufacturer', 'model', 'ownership', 'mode'],
])

function noteDevice(database: Database, { id, lifecycle, directoryId, leftDirectory }: Device): void {
  noteChange(database, 'device', directoryId, leftDirectory !== undefined)
  noteChange(database, 'managedDevice', id, lifecycle !== 'managed')
}

const own = (name: string): ColumnSql => ({ sql: `listing.${name}` })
const indexed = (name: string): ColumnSql => ({ ...own(name), indexed: true })
const ofUser = (column: string): ColumnSql => ({
  sql: `coalesce((SELECT ${column} FROM directory_user WHERE id = listing.userId), '')`,
  through: { key: 'listing.userId', table: 'directory_user', column },
})

const columns: Readonly<Record<DeviceColumn, ColumnSql>> = {
  id: own('id'),
  directoryId: own('directoryId'),
  entraDeviceId: own('entraDeviceId'),
  userId: own('userId'),
  deviceName: indexed('deviceName'),
  operatingSystem: own('operatingSystem'),
  osVersion: own('osVersion'),
  manufacturer: own('manufacturer'),
  model: own('model'),
  serialNumber: indexed('serialNumber'),
  ownership: own('ownership'),
  mode: own('mode'),
  platform: own('platform'),
  software: own('software'),
  category: own('category'),
  managementState: own('managementState'),
  complianceState: own('complianceState'),
  isManaged: own('isManaged'),
  isCompliant: { sql: "(listing.isManaged AND listing.complianceState IN ('compliant', 'ingraceperiod'))" },
  isEncrypted: own('isEncrypted'),
  isSupervised: own('isSupervised'),
  enrolledAtMs: own('enrolledAtMs'),
  lastSyncAtMs: own('lastSyncAtMs'),
  certificateNotAfterMs: own('certificateNotAfterMs'),
  totalStorageBytes: own('totalStorageBytes'),
  freeStorageBytes: own('freeStorageBytes'),
  physicalMemoryBytes: own('physicalMemoryBytes'),
  scopeTags: own('scopeTags'),
  userPrincipalName: ofUser('principalName'),
  userDisplayName: ofUser('displayName'),
  userMail: ofUser('mail'),
}

const sets: Readonly<Record<DeviceSet, string>> = {
  // Nearly all are: no index is of use for that.
  managed: '+listing.isManaged = 1',
  inDirectory: '+listing.inDirectory = 1',
}

/** Devices in order of the listing; whole devices are read only for what is shown. */
export const devicesFrom = (among: DeviceSet): RowsFrom<Device, DeviceColumn> => ({
  from: 'device_listing AS listing',
  where: sets[among],
  details: 'CROSS JOIN device ON device.id = page.id',
  select: DEVICE,
  read: devicesIn,
  columns,
})

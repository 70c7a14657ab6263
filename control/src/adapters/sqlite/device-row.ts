import type { Device } from '../../domain/model.ts'
import type { Database } from './database.ts'
import { listDevice, listVisits, relistDevice } from './device-listing.ts'
import { type Columns, changedColumns, upsertSql } from './rows.ts'

const mirrored: Columns<Device> = {
  id: (device) => device.id,
  directoryId: (device) => device.directoryId,
  entraDeviceId: (device) => device.entraDeviceId,
  agentId: (device) => device.agentId,
  userId: (device) => device.userId ?? null,
  platform: (device) => device.platform,
  operatingSystem: (device) => device.inventory.os.name,
  osVersion: (device) => device.inventory.os.version,
  deviceName: (device) => device.inventory.deviceName,
  manufacturer: (device) => device.inventory.hardware.manufacturer,
  model: (device) => device.inventory.hardware.model,
  serialNumber: (device) => device.inventory.hardware.serialNumber,
  ownership: (device) => device.ownership,
  lifecycle: (device) => device.lifecycle,
  managementState: (device) => device.managementState,
  complianceState: (device) => device.complianceState,
  enrolledAtMs: (device) => device.enrolledAtMs,
  nextEvaluationAtMs: (device) => device.nextEvaluationAtMs ?? null,
  ackedSeq: (device) => device.ackedSeq,
  appliedReports: (device) => device.appliedReports,
}

/** What every check-in changes stands in the listing alone: this row, two kilobytes of it, need not be written for that. */
const isVisit = (name: string): boolean =>
  name === 'lastSyncAtMs' || name === 'lastMaintenanceAtMs' || name === 'sequence'

const readers = Object.values(mirrored)
const upsert = upsertSql('device', Object.keys(mirrored), ['id'])

/** Write a device of which nothing is known. */
export function putDevice(database: Database, device: Device): void {
  database.run(upsert, ...readers.map((read) => read(device)), bodyOf(device))
  listDevice(database, device)
}

/** Write devices of which nothing differs from what is stored but what a check-in changes: those of one moment together. */
export function putVisits(database: Database, devices: readonly Device[]): void {
  const together = Map.groupBy(
    devices,
    ({ lastSyncAtMs, lastMaintenanceAtMs = '' }) => `${lastSyncAtMs} ${lastMaintenanceAtMs}`,
  )
  for (const [, [first, ...others]] of together) {
    if (!first) continue
    listVisits(database, first, [first, ...others])
  }
}

/** Write what differs between two versions of a device. */
export function updateDevice(database: Database, before: Device, after: Device): void {
  const { names, values } = changedColumns(mirrored, before, after)
  const set = [...names, 'body'].map((name) => `${name} = ?`).join(', ')
  database.run(`UPDATE device SET ${set} WHERE id = ?`, ...values, bodyOf(after), after.id)
  relistDevice(database, before, after)
}

const bodyOf = (device: Device): string =>
  JSON.stringify({ ...device, lastSyncAtMs: undefined, lastMaintenanceAtMs: undefined, sequence: undefined })

/** Whether two versions differ in more than a check-in changes. What is nested is shared as long as it is the same. */
export function isMoreThanVisit(before: Device, after: Device): boolean {
  let properties = 0
  for (const name in after) {
    if (isVisit(name)) continue
    if (before[name as keyof Device] !== after[name as keyof Device]) return true
    properties++
  }
  for (const name in before) if (!isVisit(name)) properties--
  return properties !== 0
}

import { shapedDevice } from '../../domain/device-shape.ts'
import type { Device } from '../../domain/model.ts'

/** What a device is read from. */
export const DEVICE = `device.body AS body,
  (SELECT lastSyncAtMs FROM device_listing WHERE id = device.id) AS lastSyncAtMs,
  (SELECT lastMaintenanceAtMs FROM device_listing WHERE id = device.id) AS lastMaintenanceAtMs,
  (SELECT sequence FROM device_listing WHERE id = device.id) AS sequence`

/** The devices in rows of `DEVICE`. */
export const devicesIn = (rows: readonly Record<string, unknown>[]): readonly Device[] =>
  rows.map(({ body, lastSyncAtMs, lastMaintenanceAtMs, sequence }) =>
    shapedDevice({
      ...(JSON.parse(String(body)) as Omit<Device, 'lastSyncAtMs'>),
      lastSyncAtMs: Number(lastSyncAtMs),
      lastMaintenanceAtMs: lastMaintenanceAtMs === null ? undefined : Number(lastMaintenanceAtMs),
      sequence: sequence === null ? undefined : Number(sequence),
    }),
  )

import type { Device } from '../../domain/model.ts'

/** What a device is read from. */
export const DEVICE = 'device.body AS body, device.lastSyncAtMs, device.lastMaintenanceAtMs'

/** The devices in rows of `DEVICE`. */
export const devicesIn = (rows: readonly Record<string, unknown>[]): readonly Device[] =>
  rows.map(({ body, lastSyncAtMs, lastMaintenanceAtMs }) => {
    const rest = JSON.parse(String(body)) as Omit<Device, 'lastSyncAtMs'>
    const device: Device = Object.assign(rest, { lastSyncAtMs: Number(lastSyncAtMs) })
    return lastMaintenanceAtMs === null
      ? device
      : Object.assign(device, { lastMaintenanceAtMs: Number(lastMaintenanceAtMs) })
  })

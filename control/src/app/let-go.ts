import type { EpochMs } from '@muster/shared/core'
import { leavesDirectory } from '../domain/directory-record.ts'
import type { Device } from '../domain/model.ts'
import type { Tables } from './ports.ts'

/**
 * Write devices that have just left: their certificates are revoked, their policy rows go, and so do their memberships,
 * those of dynamic groups always, the others when the directory forgets the device.
 */
export async function letGo(tables: Tables, devices: readonly Device[], nowMs: EpochMs): Promise<void> {
  if (devices.length === 0) return
  const ids = devices.map((device) => device.id)
  const gone = new Set(devices.filter(leavesDirectory).map((device) => device.id))
  await tables.devices.put(
    devices.map((device) => (gone.has(device.id) ? { ...device, leftDirectory: true as const } : device)),
  )
  await revoke(tables, ids, nowMs)
  const rows = await tables.devicePolicies.forDevices(ids)
  await tables.devicePolicies.delete(rows.map(({ deviceId, policyId }) => ({ deviceId, policyId })))
  const memberships = await tables.groups.groupsOf(ids)
  if (memberships.size === 0) return
  const dynamic = new Set((await tables.groups.list()).flatMap((group) => (group.dynamic ? [group.id] : [])))
  for (const [deviceId, groupIds] of memberships) {
    const leaving = gone.has(deviceId) ? groupIds : groupIds.filter((id) => dynamic.has(id))
    for (const groupId of leaving) await tables.groups.remove(groupId, [deviceId])
  }
}

async function revoke(tables: Pick<Tables, 'certificates'>, ids: readonly string[], nowMs: EpochMs): Promise<void> {
  const certificates = await tables.certificates.forDevices(ids)
  await tables.certificates.put(
    certificates
      .filter((certificate) => certificate.state !== 'revoked')
      .map((certificate) => ({
        ...certificate,
        state: 'revoked',
        revokedAtMs: nowMs,
        revocationReason: 'cessationOfOperation',
      })),
  )
}

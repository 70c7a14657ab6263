import type { DevicePolicy, Policy } from '../../domain/model.ts'
import { memoryPage } from '../collection.ts'
import type { GraphAnswer, GraphRequest, Yields } from '../graph-request.ts'
import { READ_DEVICES } from '../roles/device-sight.ts'
import { sightOf } from '../roles/sight.ts'
import { iso, NEVER } from './managed-device.ts'

/** The states are more than Graph's type has members for. */
export const statusYields: Yields = { many: true }

/** How a policy stands, device by device; `pending` until the device has reported the revision it should hold. */
export async function policyStatuses(request: GraphRequest, set: string, policy: Policy): Promise<GraphAnswer> {
  const { store } = request.control.deps
  const rows = await store.devicePolicies.page({ policyId: policy.id, limit: 100_000 })
  const all = await store.devices.getMany(rows.map((row) => row.deviceId))
  const devices = new Map(
    (await sightOf(store, request.reach, READ_DEVICES).devices(all)).map((device) => [device.id, device]),
  )
  const isKnown = ({ deviceId }: DevicePolicy): boolean => !request.reach.access || devices.has(deviceId)
  return memoryPage(
    request,
    `${set}('${policy.id}')/deviceStatuses`,
    rows.filter(isKnown).map((row) => ({
      id: `${policy.id}_${row.deviceId}`,
      deviceId: row.deviceId,
      deviceDisplayName: devices.get(row.deviceId)?.inventory.deviceName ?? '',
      deviceModel: devices.get(row.deviceId)?.inventory.hardware.model ?? '',
      status: row.reportedRevision === row.revision ? row.state : 'pending',
      lastReportedDateTime: row.lastReportedAtMs === undefined ? NEVER : iso(row.lastReportedAtMs),
      settings: row.settings,
    })),
  )
}

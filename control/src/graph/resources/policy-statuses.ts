import type { Policy } from '../../domain/model.ts'
import { memoryPage } from '../collection.ts'
import type { GraphAnswer, GraphRequest, Yields } from '../graph-request.ts'
import { iso, NEVER } from './managed-device.ts'

/** The states are more than Graph's type has members for. */
export const statusYields: Yields = { many: true }

/** How a policy stands, device by device; `pending` until the device has reported the revision it should hold. */
export async function policyStatuses(request: GraphRequest, set: string, policy: Policy): Promise<GraphAnswer> {
  const { store } = request.control.deps
  const rows = await store.devicePolicies.page({ policyId: policy.id, limit: 100_000 })
  const devices = new Map(
    (await store.devices.getMany(rows.map((row) => row.deviceId))).map((device) => [device.id, device]),
  )
  return memoryPage(
    request,
    `${set}('${policy.id}')/deviceStatuses`,
    rows.map((row) => ({
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

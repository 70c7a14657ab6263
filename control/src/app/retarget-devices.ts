import type { EpochMs } from '@muster/shared/core'
import type { Device, DevicePolicy } from '../domain/model.ts'
import { retarget } from '../domain/retarget.ts'
import { membershipsOf } from './memberships.ts'
import type { Plan, Planner } from './planner.ts'
import type { Tables } from './ports.ts'

export interface Retargeted {
  /** The device with its new target digest. */
  readonly device: Device
  readonly plan: Plan
  readonly changed: boolean
}

/**
 * Bring the rows of these devices in line with what the planner says they should hold. Writes the policy rows; leaves
 * the device rows to the caller, who has more to change in them.
 */
export async function retargetDevices(
  tables: Pick<Tables, 'groups' | 'devicePolicies'>,
  planner: Planner,
  devices: readonly Device[],
  cause: { readonly nowMs: EpochMs; readonly correlationId: string },
): Promise<readonly Retargeted[]> {
  const memberships = await membershipsOf(tables, devices)
  const planned = devices.map((device) => ({ device, plan: planner.plan(device, memberships(device)) }))
  const stale = planned.filter(({ device, plan }) => device.targetDigest !== plan.policySet.digest)
  if (stale.length > 0) await rewriteRows(tables, stale, cause)
  return planned.map(({ device, plan }) => {
    const { digest } = plan.policySet
    return device.targetDigest === digest
      ? { device, plan, changed: false }
      : { device: { ...device, targetDigest: digest }, plan, changed: true }
  })
}

async function rewriteRows(
  tables: Pick<Tables, 'devicePolicies'>,
  stale: readonly { readonly device: Device; readonly plan: Plan }[],
  cause: { readonly nowMs: EpochMs; readonly correlationId: string },
): Promise<void> {
  const rows = await tables.devicePolicies.forDevices(stale.map(({ device }) => device.id))
  const byDevice = Map.groupBy(rows, (row) => row.deviceId)
  const put: DevicePolicy[] = []
  const remove: { deviceId: string; policyId: string }[] = []
  for (const { device, plan } of stale) {
    const change = retarget(device.id, byDevice.get(device.id) ?? [], plan.effective, cause)
    put.push(...change.put)
    remove.push(...change.remove)
  }
  if (put.length > 0) await tables.devicePolicies.put(put)
  if (remove.length > 0) await tables.devicePolicies.delete(remove)
}

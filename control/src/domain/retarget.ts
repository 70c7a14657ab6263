import type { EpochMs } from '@muster/shared/core'
import type { EffectivePolicy } from './effective-policies.ts'
import type { DevicePolicy } from './model.ts'

/** How a device's rows must change so that there is one for every policy that it should hold. */
export interface Retargeting {
  readonly put: readonly DevicePolicy[]
  readonly remove: readonly { readonly deviceId: string; readonly policyId: string }[]
}

/**
 * Compare what a device has rows for with what it should hold. A row that stays keeps its states and dates; a new
 * revision (or a change of what conflicts with it) makes it wait for the device again from `nowMs` on.
 */
export function retarget(
  deviceId: string,
  rows: readonly DevicePolicy[],
  effective: readonly EffectivePolicy[],
  cause: { readonly nowMs: EpochMs; readonly correlationId: string },
): Retargeting {
  const put: DevicePolicy[] = []
  for (const { policy, conflicts } of effective) {
    const row = rows.find((candidate) => candidate.policyId === policy.id)
    const sameConflicts = row !== undefined && JSON.stringify(row.conflicts) === JSON.stringify(conflicts)
    if (row?.revision === policy.revision && sameConflicts) continue
    const { reportedRevision: _, ...kept } = row ?? freshRow(deviceId, policy)
    const repeated = row?.revision === policy.revision ? {} : reported(row)
    put.push({
      ...kept,
      ...repeated,
      revision: policy.revision,
      conflicts,
      targetedAtMs: cause.nowMs,
      correlationId: cause.correlationId,
    })
  }
  const wanted = new Set(effective.map(({ policy }) => policy.id))
  const remove = rows.filter((row) => !wanted.has(row.policyId)).map(({ policyId }) => ({ deviceId, policyId }))
  return { put, remove }
}

const reported = (row: DevicePolicy | undefined): Pick<DevicePolicy, 'reportedRevision'> =>
  row?.reportedRevision === undefined ? {} : { reportedRevision: row.reportedRevision }

function freshRow(deviceId: string, { id, kind, revision }: EffectivePolicy['policy']): DevicePolicy {
  return {
    deviceId,
    policyId: id,
    kind,
    revision,
    targetedAtMs: 0,
    correlationId: '',
    state: 'pending',
    settings: [],
    conflicts: [],
    actionsDone: [],
  }
}

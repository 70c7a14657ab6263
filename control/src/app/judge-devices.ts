import type { EpochMs } from '@muster/shared/core'
import { type ComplianceVerdict, evaluateCompliance } from '../domain/compliance.ts'
import type { ComplianceReason } from '../domain/compliance-change.ts'
import { reasonsAgainst } from '../domain/compliance-reasons.ts'
import type { Device, DevicePolicy, Policy, TenantSettings } from '../domain/model.ts'

export interface Judged {
  readonly device: Device
  readonly rows: readonly DevicePolicy[]
  readonly dueActions: ComplianceVerdict['dueActions']
  /** What speaks against it. */
  readonly reasons: readonly ComplianceReason[]
}

/** A device and its rows after compliance has been evaluated at `nowMs`. Devices out of management are left as they are. */
export function judgeDevice(
  device: Device,
  rows: readonly DevicePolicy[],
  context: {
    readonly policies: ReadonlyMap<string, Policy>
    readonly settings: TenantSettings
    readonly userExists: boolean
    readonly nowMs: EpochMs
  },
): Judged {
  if (device.lifecycle !== 'managed') return { device, rows, dueActions: [], reasons: [] }
  const compliance = rows.filter((row) => row.kind === 'compliance')
  const verdict = evaluateCompliance({
    nowMs: context.nowMs,
    previous: device.complianceState,
    lastSyncAtMs: device.lastSyncAtMs,
    settings: context.settings,
    userExists: context.userExists,
    rows: compliance.map((row) => ({
      row,
      policy: { scheduledActions: context.policies.get(row.policyId)?.scheduledActions ?? [] },
    })),
  })
  return {
    device: {
      ...device,
      complianceState: verdict.state,
      graceUntilMs: verdict.graceUntilMs,
      nextEvaluationAtMs: verdict.nextEvaluationAtMs,
    },
    rows: [...rows.filter((row) => row.kind !== 'compliance'), ...verdict.rows],
    dueActions: verdict.dueActions,
    reasons: reasonsAgainst({ ...context, lastSyncAtMs: device.lastSyncAtMs, rows: verdict.rows }),
  }
}

import type { EpochMs } from '@muster/shared/core'
import type { ComplianceState } from './model.ts'

/** A device's compliance state became another one. */
export interface ComplianceChange {
  readonly deviceId: string
  readonly atMs: EpochMs
  readonly from: ComplianceState
  readonly to: ComplianceState
  /** What it was that had been heard: a report, a change by an administrator, or a look when time had passed. */
  readonly occasion: 'report' | 'change' | 'look'
  readonly correlationId: string
  /** What spoke against the device then. */
  readonly reasons: readonly ComplianceReason[]
}

/** What speaks against a device: a setting of a policy, or one of the rules that every tenant has. */
export type ComplianceReason =
  | {
      readonly rule: 'setting'
      readonly policyId: string
      readonly setting: string
      readonly state: 'nonCompliant' | 'error' | 'conflict'
      readonly errorCode?: string
    }
  | { readonly rule: 'inactive' | 'no-policy' | 'user-gone' }

import type { DeviceAccount } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { ComplianceChange } from '../compliance-change.ts'
import type {
  AuditEvent,
  Device,
  DeviceCertificate,
  DevicePolicy,
  Policy,
  RemoteAction,
  TenantSettings,
} from '../model.ts'

/** A report as it was committed. */
export interface CommittedReport {
  readonly seq: number
  readonly committedAtMs: EpochMs
  readonly correlationId: string
  readonly parts: readonly string[]
}

/** All that is known of one device, by the service and by the device itself. */
export interface DeviceFacts {
  readonly nowMs: EpochMs
  /** Absent: it has never been enrolled. */
  readonly device?: Device
  readonly rows: readonly DevicePolicy[]
  /** The policies of the rows and those that they are in conflict with. */
  readonly policies: readonly Pick<Policy, 'id' | 'name' | 'scheduledActions'>[]
  readonly settings: TenantSettings
  readonly userExists: boolean
  /** Oldest first, as all lists here. */
  readonly changes: readonly ComplianceChange[]
  readonly actions: readonly RemoteAction[]
  readonly certificates: readonly DeviceCertificate[]
  readonly reports: readonly CommittedReport[]
  /** What administrators did that the rest refers to by its correlation id. */
  readonly audit: readonly AuditEvent[]
  /** What the device says of itself; absent when nobody answers for it. */
  readonly account?: DeviceAccount
}

import type {
  CertificateStatus,
  EnrolmentMode,
  Inventory,
  Ownership,
  PlatformName,
  PolicyKind,
  RemoteActionName,
  SettingValue,
} from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { SettingOutcome } from './management/management.ts'

/** The nouns of the control service, as the domain sees them. Ids are lower-case GUIDs unless said otherwise. */

export interface User {
  readonly id: string
  readonly userPrincipalName: string
  readonly displayName: string
  readonly mail?: string
  readonly accountEnabled: boolean
  readonly department?: string
  readonly jobTitle?: string
  readonly country?: string
  readonly preferredLanguage?: string
  /** Their manager, a user. */
  readonly managerId?: string
  readonly createdAtMs: EpochMs
  /** Subscriptions that they may use, by stock-keeping unit, without some of their parts. */
  readonly licences?: readonly Licence[]
  /** Other properties that Graph has, as they were written. */
  readonly further?: Readonly<Record<string, unknown>>
}

export interface Licence {
  readonly skuId: string
  readonly disabledPlans: readonly string[]
}

export interface Group {
  readonly id: string
  readonly displayName: string
  readonly description?: string
  /** Users and service principals who may change it. */
  readonly ownerIds?: readonly string[]
  readonly createdAtMs: EpochMs
  /** A group of Microsoft 365. */
  readonly isUnified?: boolean
  /** Present on dynamic groups: the membership rule and what it is about. Assigned groups list their members. */
  readonly dynamic?: {
    readonly rule: string
    readonly members: 'user' | 'device'
    readonly processing: 'On' | 'Paused'
  }
  /** Other properties that Graph has, as they were written. */
  readonly further?: Readonly<Record<string, unknown>>
}

export type MemberType = 'user' | 'device' | 'group' | 'servicePrincipal'

/** Where a device stands with the service. Only `managed` devices appear in Graph's `managedDevices`. */
export type Lifecycle = 'managed' | 'retired' | 'wiped' | 'deleted'

/** Graph's `managementState`, the members that we reach. */
export type ManagementState =
  | 'managed'
  | 'retirePending'
  | 'retireIssued'
  | 'retireFailed'
  | 'wipePending'
  | 'wipeIssued'
  | 'wipeFailed'
  | 'deletePending'

/** Graph's `complianceState` of a managed device. */
export type ComplianceState = 'unknown' | 'compliant' | 'inGracePeriod' | 'noncompliant' | 'error' | 'conflict'

/** A device under management; Graph shows it as `managedDevice` and, with `directoryId`, as directory `device`. */
export interface Device {
  readonly id: string
  /** `id` of the directory's device object. */
  readonly directoryId: string
  /** `azureADDeviceId` here, `deviceId` there. */
  readonly entraDeviceId: string
  /** The agent process that speaks for it. */
  readonly agentId: string
  readonly userId?: string | undefined
  readonly platform: PlatformName
  readonly mode: EnrolmentMode['id']
  readonly ownership: Ownership
  readonly enrolmentRequestId: string
  readonly enrolmentTokenId: string
  readonly enrolledAtMs: EpochMs
  readonly lastSyncAtMs: EpochMs
  readonly lastReportAtMs?: EpochMs | undefined
  /** Last periodic check-in that was let through the maintenance gate. */
  readonly lastMaintenanceAtMs?: EpochMs | undefined
  readonly inventory: Inventory
  /** Scope tags of its own, beside those of its groups. */
  readonly scopeTagIds?: readonly string[] | undefined
  /** Extension attributes and what else rules may ask for. */
  readonly attributes: Readonly<Record<string, string>>
  /** What administrators have written of it, that it does not know of itself. */
  readonly remarks?: DeviceRemarks | undefined
  readonly lifecycle: Lifecycle
  /** The directory has no record of it any more: its retirement took that along. */
  readonly leftDirectory?: true | undefined
  readonly managementState: ManagementState
  readonly complianceState: ComplianceState
  readonly graceUntilMs?: EpochMs | undefined
  /** On the retire list since then: a noncompliance action put it there, an administrator has to confirm. */
  readonly retireListedAtMs?: EpochMs | undefined
  /** When the compliance state can change by time alone; the sweep looks at it then. */
  readonly nextEvaluationAtMs?: EpochMs | undefined
  readonly certificateSerial: string
  readonly certificateNotAfterMs: EpochMs
  /** What the device last said of its own certificate. */
  readonly reportedCertificate?: CertificateStatus | undefined
  /** The highest sequence of what it has signed beside reports, since it enrolled. */
  readonly sequence?: number | undefined
  /** Every report up to this sequence is committed. */
  readonly ackedSeq: number
  /** How many reports have changed this row: equals `ackedSeq` unless something was applied twice. */
  readonly appliedReports: number
  /** Digest of the policy set that the device should hold, and of the one it said it holds. */
  readonly targetDigest?: string | undefined
  readonly heldDigest?: string | undefined
}

export interface DeviceRemarks {
  /** Its account in the directory is disabled. */
  readonly disabled?: true
  readonly notes?: string
  readonly managedDeviceName?: string
}

/** One policy. `settings` are checked against the family's catalogue before they get here. */
export interface Policy {
  readonly id: string
  /** Scope tags; none stands for the default one. */
  readonly scopeTagIds?: readonly string[] | undefined
  readonly kind: PolicyKind
  readonly platforms: readonly PlatformName[]
  readonly name: string
  readonly description: string
  /** The Graph resource and type that it was written as (see `graphPolicyTypes`). */
  readonly graphResource: string
  readonly graphType: string
  readonly settings: Readonly<Record<string, SettingValue>>
  /** Other properties that Graph has, as they were written: no device is told of them. */
  readonly further?: Readonly<Record<string, unknown>> | undefined
  /** Compliance only: what happens when, at least one `block`. */
  readonly scheduledActions: readonly ScheduledAction[]
  readonly assignments: readonly Assignment[]
  /** Grows with every change of settings. */
  readonly revision: number
  readonly createdAtMs: EpochMs
  readonly modifiedAtMs: EpochMs
}

export type NoncomplianceActionType =
  | 'noAction'
  | 'notification'
  | 'block'
  | 'retire'
  | 'wipe'
  | 'removeResourceAccessProfiles'
  | 'pushNotification'
  | 'remoteLock'

export interface ScheduledAction {
  readonly id: string
  readonly actionType: NoncomplianceActionType
  /** Hours after the device was first found noncompliant; for `block` this is the grace period. */
  readonly gracePeriodHours: number
  readonly notificationTemplateId?: string
}

export interface Assignment {
  readonly id: string
  readonly target:
    | { readonly type: 'allDevices' }
    | { readonly type: 'allUsers' }
    | { readonly type: 'group'; readonly groupId: string }
    | { readonly type: 'exclusionGroup'; readonly groupId: string }
  readonly filter?: { readonly id: string; readonly mode: 'include' | 'exclude' }
}

export interface AssignmentFilter {
  readonly id: string
  /** Scope tags; none stands for the default one. */
  readonly scopeTagIds?: readonly string[] | undefined
  readonly displayName: string
  readonly description: string
  /** Platforms whose devices it can match. */
  readonly platforms: readonly PlatformName[]
  /** Graph's `platform`. */
  readonly graphPlatform: string
  readonly managementType: 'devices' | 'apps'
  readonly rule: string
  readonly createdAtMs: EpochMs
  readonly modifiedAtMs: EpochMs
}

/** How one policy stands on one device. There is a row for every policy that the device should hold. */
export interface DevicePolicy {
  readonly deviceId: string
  readonly policyId: string
  readonly kind: PolicyKind
  /** The revision that the device should hold, since when. */
  readonly revision: number
  readonly targetedAtMs: EpochMs
  readonly correlationId: string
  /** The revision that the device last reported. */
  readonly reportedRevision?: number
  /** When the device was first done with this revision, nothing of it pending, and when that was committed. */
  readonly appliedAtMs?: EpochMs
  readonly committedAtMs?: EpochMs
  readonly lastReportedAtMs?: EpochMs
  /** Of the last reported revision; `pending` before the first. Status lists show `pending` while `reportedRevision` lags. */
  readonly state: PolicyState
  readonly settings: readonly SettingOutcome[]
  /** Settings that another policy sets otherwise; not sent, shown as conflict. */
  readonly conflicts: readonly SettingConflict[]
  /** Compliance only. */
  readonly nonCompliantSinceMs?: EpochMs
  readonly errorSinceMs?: EpochMs
  /** What the policy said before it came to be in error; holds while the error is held. */
  readonly stateBeforeError?: PolicyState
  /** When its user was last sent a push message because of it: one a day and policy. */
  readonly pushedAtMs?: EpochMs
  /** Ids of scheduled actions that have been carried out since `nonCompliantSinceMs`. */
  readonly actionsDone: readonly string[]
}

/** Graph's per-policy states, the members that we reach. */
export type PolicyState =
  | 'pending'
  | 'compliant'
  | 'remediated'
  | 'nonCompliant'
  | 'inGracePeriod'
  | 'error'
  | 'conflict'
  | 'notApplicable'

export interface SettingConflict {
  readonly setting: string
  /** The other policies that set it, with what value. */
  readonly others: readonly { readonly policyId: string; readonly value: SettingValue }[]
}

export interface EnrolmentToken {
  readonly id: string
  readonly platform: PlatformName
  readonly mode: string
  /** SHA-256 of the secret; the secret is shown once. */
  readonly secretSha256: string
  readonly createdAtMs: EpochMs
  readonly expiresAtMs: EpochMs
  readonly usesMax?: number
  readonly uses: number
  readonly revoked: boolean
}

/** What may enrol of one platform. */
export interface PlatformRestriction {
  readonly platformBlocked: boolean
  readonly personalDeviceEnrolmentBlocked: boolean
  readonly osMinimumVersion?: string
  readonly osMaximumVersion?: string
  readonly blockedManufacturers: readonly string[]
}

/**
 * An enrolment restriction: of those of its kind the assigned one with the lowest priority decides. A default has priority
 * 0, applies to everybody, and comes last.
 */
export interface EnrolmentRestriction {
  readonly id: string
  /** Scope tags; none stands for the default one. */
  readonly scopeTagIds?: readonly string[] | undefined
  readonly displayName: string
  readonly description: string
  readonly priority: number
  readonly isDefault: boolean
  readonly rule:
    | {
        readonly kind: 'platform'
        readonly byPlatform: Readonly<Partial<Record<PlatformName, PlatformRestriction>>>
        /** Graph's `platformType`; absent on the default, which is for all. */
        readonly graphPlatform?: string
      }
    | { readonly kind: 'limit'; readonly devicesPerUserMax: number }
  readonly assignments: readonly Assignment[]
  readonly createdAtMs: EpochMs
  readonly modifiedAtMs: EpochMs
}

export interface DeviceCertificate {
  /** Lower-case hex, no leading zeros beyond whole octets. */
  readonly serialNumber: string
  readonly deviceId: string
  readonly thumbprintSha256: string
  /** DER in Base64. */
  readonly certificate: string
  readonly notBeforeMs: EpochMs
  readonly notAfterMs: EpochMs
  readonly renewAfterMs: EpochMs
  readonly issuedAtMs: EpochMs
  /** `superseded` certificates stay usable until the device shows the new one, then they are revoked. */
  readonly state: 'active' | 'superseded' | 'revoked' | 'expired'
  readonly revokedAtMs?: EpochMs
  readonly revocationReason?: 'unspecified' | 'keyCompromise' | 'superseded' | 'cessationOfOperation'
}

export type RemoteActionState = 'pending' | 'active' | 'done' | 'failed' | 'canceled' | 'notSupported'

export interface RemoteAction {
  /** Also the command's id on the wire. */
  readonly id: string
  readonly deviceId: string
  readonly action: RemoteActionName
  readonly parameters: Readonly<Record<string, unknown>>
  readonly state: RemoteActionState
  readonly requestedAtMs: EpochMs
  readonly deliveredAtMs?: EpochMs
  readonly finishedAtMs?: EpochMs
  readonly requestedBy: Actor
  readonly correlationId: string
  /** What the device brought back, or why it failed, in its own code. */
  readonly detail?: Readonly<Record<string, unknown>>
}

/** Who did something. */
export interface Actor {
  readonly type: 'application' | 'user' | 'service'
  readonly id: string
  readonly displayName: string
}

export interface AuditEvent {
  readonly id: string
  readonly atMs: EpochMs
  /** "Create DeviceCompliancePolicy" and its kin. */
  readonly activityType: string
  readonly operation: 'Create' | 'Patch' | 'Delete' | 'Action' | 'Get'
  readonly result: 'Success' | 'Failure'
  readonly category: 'Compliance' | 'DeviceConfiguration' | 'Device' | 'Enrollment' | 'Application' | 'Role' | 'Other'
  readonly componentName: string
  readonly actor: Actor
  readonly correlationId: string
  /** Scope tags of what it is about; none stands for the default one. */
  readonly scopeTagIds?: readonly string[] | undefined
  readonly resources: readonly {
    readonly id: string
    readonly type: string
    readonly displayName: string
    readonly modifiedProperties: readonly {
      readonly name: string
      readonly oldValue: string | null
      readonly newValue: string | null
    }[]
  }[]
}

/** An app on an unmanaged device that registered for app protection. */
export interface AppRegistration {
  readonly id: string
  /** The agent process that speaks for it; those of before there was one noted have none. */
  readonly agentId?: string
  readonly userId: string
  readonly platform: PlatformName
  readonly appId: string
  readonly appVersion: string
  readonly deviceTag: string
  readonly deviceName: string
  readonly platformVersion: string
  readonly flaggedReasons: readonly string[]
  readonly createdAtMs: EpochMs
  readonly lastSyncAtMs: EpochMs
}

/** `deviceManagement.settings` and what else holds for the whole tenant. */
export interface TenantSettings {
  /** True: a device without any compliance policy is noncompliant. */
  readonly secureByDefault: boolean
  /** Days without a report after which a device is noncompliant, 1 to 120. */
  readonly deviceComplianceCheckinThresholdDays: number
}

import type { PlatformName, Poke } from '@muster/shared/contracts'
import type { EpochMs, Result } from '@muster/shared/core'
import type {
  Application,
  AppRoleAssignment,
  DirectoryRoleAssignment,
  Grant,
  PermissionGrant,
  ServicePrincipal,
} from '../domain/applications.ts'
import type { ComplianceChange } from '../domain/compliance-change.ts'
import type {
  AppRegistration,
  AssignmentFilter,
  AuditEvent,
  Device,
  DeviceCertificate,
  DevicePolicy,
  EnrolmentRestriction,
  EnrolmentToken,
  Group,
  MemberType,
  Policy,
  RemoteAction,
  TenantSettings,
  User,
} from '../domain/model.ts'
import type { Notification, NotificationTemplate } from '../domain/notification.ts'
import type { SignInEvent } from '../domain/sign-in-event.ts'
import type { ChangeSubscription } from '../domain/subscriptions/subscription.ts'
import type { Agent, AgentInvitation } from './agents/agent.ts'
import type { DeadLetters } from './dead-letters.ts'
import type { DirectoryChanges } from './directory-changes.ts'
import type {
  AuditColumn,
  DeviceColumn,
  DeviceSet,
  GroupColumn,
  Queryable,
  RowFilter,
  RowPage,
  RowQuery,
  SignInColumn,
  UserColumn,
} from './row-query.ts'

/**
 * What the use cases need from the outside. One `Store` port with one conformance suite; SQLite now, PostgreSQL later.
 * Everything that a use case changes it changes in one transaction: all or nothing, one writer at a time.
 *
 * Reads take many ids at once, because check-ins and reports come in batches; unknown ids are simply absent from the
 * answer. Nothing here decides anything.
 */
export interface Store extends Tables {
  /** Run `work` in one transaction; rejects with what `work` rejects with, having changed nothing. Not nested. */
  transaction<T>(work: (tables: Tables) => Promise<T>): Promise<T>
  close(): Promise<void>
}

export interface Tables {
  readonly devices: Devices
  readonly devicePolicies: DevicePolicies
  readonly complianceChanges: ComplianceChanges
  readonly reports: Reports
  readonly certificates: Certificates
  readonly actions: Actions
  readonly policies: Documents<Policy>
  readonly filters: Documents<AssignmentFilter>
  readonly restrictions: Documents<EnrolmentRestriction>
  readonly users: Users
  readonly groups: Groups
  readonly directoryChanges: DirectoryChanges
  readonly tokens: Tokens
  readonly apps: AppRegistrations
  readonly audit: Audit
  readonly signIns: SignIns
  readonly notifications: Notifications
  readonly templates: Documents<NotificationTemplate>
  readonly settings: Settings
  readonly outbox: Outbox
  readonly objects: GraphObjects
  readonly applications: Documents<Application>
  readonly servicePrincipals: Documents<ServicePrincipal>
  readonly appRoleAssignments: Documents<AppRoleAssignment>
  readonly permissionGrants: Documents<PermissionGrant>
  readonly directoryRoleAssignments: Documents<DirectoryRoleAssignment>
  readonly grants: Grants
  readonly subscriptions: Documents<ChangeSubscription>
  readonly deadLetters: DeadLetters
  readonly agents: Documents<Agent>
  readonly agentInvitations: Documents<AgentInvitation>
}

/** Codes and refresh tokens that are out. */
export interface Grants extends Documents<Grant> {
  findByUserCode(userCode: string): Promise<Grant | undefined>
  /** Forget what has expired before this time. */
  removeExpired(beforeMs: EpochMs): Promise<number>
}

/** Low-count entities kept whole. `list` is in order of id. */
export interface Documents<T extends { readonly id: string }> {
  get(id: string): Promise<T | undefined>
  list(): Promise<readonly T[]>
  put(document: T): Promise<void>
  /** False when there was none. */
  delete(id: string): Promise<boolean>
}

export interface Devices {
  getMany(ids: readonly string[]): Promise<readonly Device[]>
  /** Same serial number and platform, still managed: the device that enrols anew. */
  findBySerial(platform: PlatformName, serialNumbers: readonly string[]): Promise<readonly Device[]>
  /** By directory id, managed or not, as long as the directory has them. */
  findInDirectory(directoryIds: readonly string[]): Promise<readonly Device[]>
  /** Managed devices of these users. */
  ofUsers(userIds: readonly string[]): Promise<readonly Device[]>
  /** How many managed devices each user has. */
  countByUser(userIds: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Agents that managed devices live on. */
  agents(): Promise<readonly string[]>
  /** Insert or replace whole rows. */
  put(devices: readonly Device[]): Promise<void>
  /**
   * All managed devices, in order of id, for retargeting and sweeps; `after` is the last id seen. `inDirectory`: also those
   * that have left management and not the directory.
   */
  page(query: {
    after?: string
    limit: number
    platforms?: readonly PlatformName[]
    inDirectory?: boolean
  }): Promise<readonly Device[]>
  /** Managed devices whose compliance may have changed by time alone. */
  dueForEvaluation(nowMs: EpochMs, limit: number): Promise<readonly Device[]>
  /** A filtered, ordered page for the Graph door, and the count of all that match. */
  query(query: RowQuery<DeviceColumn> & { readonly among: DeviceSet }): Promise<RowPage<Device>>
  count(filter?: RowFilter<DeviceColumn>, among?: DeviceSet): Promise<number>
  /** How many of the managed devices that match there are for each combination of what is in these columns. */
  countBy<C extends DeviceColumn>(
    by: readonly C[],
    filter?: RowFilter<DeviceColumn>,
  ): Promise<readonly (Readonly<Record<C, string | number | null>> & { readonly devices: number })[]>
  /** Counts for the live view: managed devices by platform and compliance state, others by lifecycle. */
  tally(): Promise<
    readonly {
      platform: PlatformName
      lifecycle: Device['lifecycle']
      complianceState: Device['complianceState']
      devices: number
    }[]
  >
}

export interface DevicePolicies {
  /** Rows of these devices. */
  forDevices(deviceIds: readonly string[]): Promise<readonly DevicePolicy[]>
  /** Insert or replace by (device, policy). */
  put(rows: readonly DevicePolicy[]): Promise<void>
  delete(keys: readonly { readonly deviceId: string; readonly policyId: string }[]): Promise<void>
  /** Per device: the policies whose targeted revision has not been reported. Devices without any are absent. */
  unreported(deviceIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  /** How a policy stands: managed devices by state, `pending` where the reported revision lags behind the targeted one. */
  tally(policyId: string): Promise<readonly { revision: number; state: DevicePolicy['state']; devices: number }[]>
  /**
   * How many managed devices that match, or users of such, have one of these policies in a state, and none of them in a
   * worse one.
   */
  countByWorst(
    policyIds: readonly string[],
    filter?: RowFilter<DeviceColumn>,
    of?: 'devices' | 'users',
  ): Promise<readonly { readonly state: DevicePolicy['state']; readonly count: number }[]>
  /** For each device that is done with this revision: from targeted to applied and to committed, milliseconds. */
  latencies(
    policyId: string,
    revision: number,
  ): Promise<readonly { appliedAfterMs: number; committedAfterMs: number }[]>
  /** The same of its current revision, device by device, in pages by device id. */
  applied(query: {
    policyId: string
    after?: string
    limit: number
  }): Promise<readonly { deviceId: string; targetedAtMs: EpochMs; appliedAtMs: EpochMs; committedAtMs: EpochMs }[]>
  /** Rows of a policy in pages by device id, for status lists. */
  page(query: { policyId: string; after?: string; limit: number }): Promise<readonly DevicePolicy[]>
}

export interface ComplianceChanges {
  append(changes: readonly ComplianceChange[]): Promise<void>
  /** A device's changes, newest first. */
  forDevice(deviceId: string, limit: number): Promise<readonly ComplianceChange[]>
}

export interface Reports {
  /** Note committed reports; a (device, seq) that is there already is a broken invariant and rejects. */
  append(rows: readonly ReportRow[]): Promise<void>
  /** Per device: how many, lowest, highest; in pages by device id. For the history checker. */
  summary(query: { after?: string; limit: number }): Promise<readonly ReportSummary[]>
  /** Observation and commit of every report that was committed `sinceMs` or later, in pages by device and sequence. */
  latencies(query: {
    after?: { deviceId: string; seq: number }
    sinceMs: EpochMs
    limit: number
  }): Promise<readonly Pick<ReportRow, 'deviceId' | 'seq' | 'observedAtMs' | 'committedAtMs'>[]>
  /** A device's reports, newest first. */
  forDevice(deviceId: string, limit: number): Promise<readonly ReportRow[]>
  count(): Promise<number>
}

export interface ReportRow {
  readonly deviceId: string
  readonly seq: number
  readonly observedAtMs: EpochMs
  readonly committedAtMs: EpochMs
  readonly correlationId: string
  /** Which parts it carried: inventory, policies, commands, … */
  readonly parts: readonly string[]
}

export interface ReportSummary {
  readonly deviceId: string
  readonly reports: number
  readonly firstSeq: number
  readonly lastSeq: number
  readonly ackedSeq: number
  readonly appliedReports: number
}

export interface Certificates {
  getMany(serialNumbers: readonly string[]): Promise<readonly DeviceCertificate[]>
  forDevices(deviceIds: readonly string[]): Promise<readonly DeviceCertificate[]>
  put(certificates: readonly DeviceCertificate[]): Promise<void>
  /** Active ones past their end, to be marked expired. */
  expired(nowMs: EpochMs, limit: number): Promise<readonly DeviceCertificate[]>
  /** In pages by serial number; only those past their end that are not revoked, when `pastMs` says what is past. */
  page(query: { after?: string; limit: number; pastMs?: EpochMs }): Promise<readonly DeviceCertificate[]>
  tally(): Promise<readonly { state: DeviceCertificate['state']; certificates: number }[]>
}

export interface Actions {
  getMany(ids: readonly string[]): Promise<readonly RemoteAction[]>
  /** Actions of these devices that are pending or active. */
  open(deviceIds: readonly string[]): Promise<readonly RemoteAction[]>
  forDevice(deviceId: string): Promise<readonly RemoteAction[]>
  put(actions: readonly RemoteAction[]): Promise<void>
  /** How many of an action were requested since then, for the tenant's daily limits. */
  countSince(action: RemoteAction['action'], sinceMs: EpochMs): Promise<number>
  tally(): Promise<readonly { state: RemoteAction['state']; actions: number }[]>
}

export interface Users extends Documents<User>, Queryable<User, UserColumn> {
  findByPrincipalName(names: readonly string[]): Promise<readonly User[]>
  getMany(ids: readonly string[]): Promise<readonly User[]>
}

export interface Groups extends Documents<Group>, Queryable<Group, GroupColumn> {
  /** Ids of the groups that each member (a device, a user or a group) is itself in. */
  groupsOf(memberIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>
  members(groupId: string): Promise<readonly MemberTuple[]>
  add(groupId: string, members: readonly MemberTuple[]): Promise<void>
  remove(groupId: string, memberIds: readonly string[]): Promise<void>
}

export interface MemberTuple {
  readonly type: MemberType
  readonly id: string
}

export interface Tokens extends Documents<EnrolmentToken> {
  findBySecret(secretsSha256: readonly string[]): Promise<readonly EnrolmentToken[]>
  /** Count a use. */
  use(id: string, times: number): Promise<void>
}

export interface AppRegistrations {
  getMany(ids: readonly string[]): Promise<readonly AppRegistration[]>
  put(registrations: readonly AppRegistration[]): Promise<void>
  list(query: { userId?: string; after?: string; limit: number }): Promise<readonly AppRegistration[]>
  count(): Promise<number>
}

export interface Audit extends Queryable<AuditEvent, AuditColumn> {
  append(events: readonly AuditEvent[]): Promise<void>
  /** Newest first. */
  list(query: { before?: { atMs: EpochMs; id: string }; limit: number }): Promise<readonly AuditEvent[]>
  /** What was done under these correlation ids. */
  forCorrelations(correlationIds: readonly string[]): Promise<readonly AuditEvent[]>
}

/** Attempts to get tokens. */
export interface SignIns extends Queryable<SignInEvent, SignInColumn> {
  append(events: readonly SignInEvent[]): Promise<void>
  /** Forget what is older than this. */
  removeExpired(beforeMs: EpochMs): Promise<number>
}

export interface Notifications {
  append(notifications: readonly Notification[]): Promise<void>
  list(query: { limit: number }): Promise<readonly Notification[]>
  count(): Promise<number>
}

export interface Settings {
  get(): Promise<TenantSettings>
  put(settings: TenantSettings): Promise<void>
}

/**
 * Graph objects that no behaviour stands behind: kept as they were written, by the path of their collection
 * (`deviceManagement/deviceManagementScripts`, and below an object `…/{id}/assignments`).
 */
export interface GraphObjects {
  get(collection: string, id: string): Promise<GraphObject | undefined>
  /** In the order in which they were made. */
  list(collection: string): Promise<readonly GraphObject[]>
  put(collection: string, objects: readonly GraphObject[]): Promise<void>
  /** With everything below it. False when there was none. */
  delete(collection: string, id: string): Promise<boolean>
}

export type GraphObject = Readonly<Record<string, unknown>> & { readonly id: string }

/** Messages to be sent after the commit that decided on them; sent at least once, in order. */
export interface Outbox {
  append(messages: readonly OutboxMessage[]): Promise<void>
  oldest(limit: number): Promise<readonly (OutboxMessage & { readonly position: number })[]>
  /** Forget messages up to this position. */
  sent(upToPosition: number): Promise<void>
}

export interface OutboxMessage {
  readonly kind: 'poke'
  readonly subject: string
  readonly poke: Poke
}

/** Where policy bodies lie for devices to fetch. Writing the same key again is harmless. */
export interface PolicyBodies {
  put(sha256: string, body: string): Promise<void>
}

/** The tenant's certificate authority. Keys stay behind it. */
export interface CertificateIssuer {
  /** Issuing CA first, root last; DER in Base64. */
  readonly chain: readonly string[]
  /** Check the CSR (signature, curve) and issue a client certificate for a device. */
  issue(request: {
    csrDer: Uint8Array
    deviceId: string
    nowMs: EpochMs
    validityMs: number
  }): Result<IssuedDeviceCertificate>
  /** That a text was signed with the key of a CSR. Refusals: `enrolment/bad-proof`, those of the CSR. */
  checkProof(csrDer: Uint8Array, text: string, signature: Uint8Array): Result<void>
  /** Whether a certificate (DER) is for the key that a CSR asks for one for. */
  isFor(certificateDer: Uint8Array, csrDer: Uint8Array): boolean
}

export interface IssuedDeviceCertificate {
  readonly certificateDer: Uint8Array
  readonly serialNumber: string
  readonly thumbprintSha256: string
  readonly notBeforeMs: EpochMs
  readonly notAfterMs: EpochMs
}

/** New ids; a seeded source in virtual worlds. */
export interface Ids {
  guid(): string
  /** A secret with at least 128 random bits, URL-safe. */
  secret(): string
}

/** Something that happened, for the live view and for integrations; sent after the commit, nothing waits for it. */
export interface Signal {
  readonly atMs: EpochMs
  /** `device.enrolled`, `device.compliance`, `device.left`, `policy.published`, `action.finished`, `certificate.renewed` … */
  readonly what: string
  readonly text: string
  readonly deviceId?: string
  readonly correlationId?: string
}

export interface Signals {
  emit(signal: Signal): void
}

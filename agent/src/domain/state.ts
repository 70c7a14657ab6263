import type {
  CheckInCause,
  CommandResult,
  DeviceFault,
  DeviceNote,
  DevicePhase,
  Hardware,
  Inventory,
  IssuedCertificate,
  ItemResult,
  PlatformName,
  PolicyBody,
  PolicyReference,
  PolicySet,
  Posture,
  Report,
  SettingValue,
  Temperament,
} from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import type { ManagedApp } from './app-catalog.ts'
import type { Wait } from './platform.ts'

/**
 * A simulated device, whole. Immutable: `step` answers the next one and shares what did not change. What it has not is
 * there as `undefined`: objects that have the same properties in one order are copied many times as fast.
 */
export interface DeviceState {
  /** Its name in the simulation; with `seed` the source of all its chance. */
  readonly key: string
  readonly seed: string
  /** Part of the population that it belongs to. */
  readonly group: string
  /** Counts the steps: each draws from a stream of chance of its own. */
  readonly turn: number
  readonly platform: PlatformName
  readonly mode: string
  readonly userPrincipalName?: string | undefined
  readonly attributes?: Readonly<Record<string, string>> | undefined
  readonly temperament: Temperament
  readonly phase: DevicePhase
  readonly online: boolean
  /** Why it is out of reach, where that is known; it is back when none of the reasons stands. */
  readonly away?: readonly Away[] | undefined
  /** What is wrong with it by order of the scenario. Absent on a device that is well. */
  readonly faults?: ActiveFaults | undefined
  readonly inventory: Inventory
  /** The account that the service has; where it differs from `inventory` there is something to report. */
  readonly reportedInventory: Inventory
  readonly enrolmentRequestId: string
  readonly deviceId?: string | undefined
  readonly enrolledAtMs?: EpochMs | undefined
  /** When it first asked to be managed, this time. */
  readonly enrolBeganAtMs?: EpochMs | undefined
  readonly certificate?: Omit<IssuedCertificate, 'certificate'> | undefined
  readonly policySetDigest?: string | undefined
  readonly policies: readonly HeldPolicy[]
  /** What compliance was answered for the last time: as long as these are the same objects, so is the answer. */
  readonly answeredFor?: Pick<DeviceState, 'policies' | 'inventory' | 'settings'> | undefined
  /** What was done of a policy when the device died in the middle of it. */
  readonly unfinished?: Unfinished | undefined
  /** What management has set: native address → value. */
  readonly settings: Readonly<Record<string, SettingValue>>
  readonly agenda: readonly Appointment[]
  /** The check-in that waits for an answer; there is never more than one. */
  readonly conversation?: Conversation | undefined
  readonly marks: Marks
  readonly lastSeq: number
  /** Counts what it has signed beside reports: a number is never used twice. */
  readonly sequence: number
  /** Reports that are not known to be committed, oldest first. */
  readonly outbox: readonly Report[]
  /** Commands carried out lately, so that one that comes again is not carried out again. */
  readonly answered: readonly CommandResult[]
  /** True while a command was put off until the user is there; then the device asks for it again. */
  readonly postponed?: true | undefined
  /** Failed requests in a row. */
  readonly failures: number
  /** What was notable lately, oldest first; absent before there was anything. */
  readonly notes?: readonly DeviceNote[] | undefined
  /** App management only: the apps that register for themselves. */
  readonly apps?: readonly AppOnDevice[] | undefined
}

/** The same state, with every property and all of them in one order, whatever was left out where it was kept. */
export function shaped(state: DeviceState): DeviceState {
  const all: Required<DeviceState> = {
    key: state.key,
    seed: state.seed,
    group: state.group,
    turn: state.turn,
    platform: state.platform,
    mode: state.mode,
    userPrincipalName: state.userPrincipalName,
    attributes: state.attributes,
    temperament: state.temperament,
    phase: state.phase,
    online: state.online,
    away: state.away,
    faults: state.faults,
    inventory: state.inventory,
    reportedInventory: state.reportedInventory,
    enrolmentRequestId: state.enrolmentRequestId,
    deviceId: state.deviceId,
    enrolledAtMs: state.enrolledAtMs,
    enrolBeganAtMs: state.enrolBeganAtMs,
    certificate: state.certificate,
    policySetDigest: state.policySetDigest,
    policies: state.policies,
    answeredFor: state.answeredFor,
    unfinished: state.unfinished,
    settings: state.settings,
    agenda: state.agenda,
    conversation: state.conversation,
    marks: state.marks,
    lastSeq: state.lastSeq,
    // A device that was kept before there was one has not.
    sequence: state.sequence ?? 0,
    outbox: state.outbox,
    answered: state.answered,
    postponed: state.postponed,
    failures: state.failures,
    notes: state.notes,
    apps: state.apps,
  }
  return all
}

/** Reasons to be out of reach: an order, switched off, a flapping link, the hours of its owner. */
export type Away = 'order' | 'power' | 'flap' | 'hours'

export interface ActiveFaults {
  /** Dies in the middle of the next policy. */
  readonly crash?: true
  /** Share of settings that fail. */
  readonly failing?: number
  readonly notNow?: true
  /** The report that will be sent once more; `next`: the one that is made next. */
  readonly stale?: 'next' | Report
  /** What it is while it says that it is another device. */
  readonly ownHardware?: Hardware
  /** Whose managed device it speaks as. */
  readonly claimedId?: string
  readonly clockSkewMs?: number
  /** How things were before somebody tampered with them. */
  readonly untampered?: Posture
  /** Free storage before the disk was full, bytes. */
  readonly diskFull?: number
  readonly flapping?: { readonly upMs: number; readonly downMs: number }
  readonly link?: Omit<Extract<DeviceFault, { kind: 'link' }>, 'kind'>
}

/** A journal: the results of the items of one policy body that are done. */
export interface Unfinished extends Pick<HeldPolicy, 'results' | 'waiting' | 'spoilt'> {
  readonly sha256: string
}

/** An app that takes app protection, with the registration that it holds. */
export interface AppOnDevice extends ManagedApp {
  readonly registrationId: string
  /** When it checks in: in the foreground, and not before its time. */
  readonly nextMs: EpochMs
  /** Tries in a row that had no answer. */
  readonly failures: number
}

export interface HeldPolicy {
  readonly reference: PolicyReference
  readonly body: PolicyBody
  readonly results: readonly ItemResult[]
  readonly appliedAtMs: EpochMs
  /** Items that are not in force before something happens: item id → what. Absent when there are none. */
  readonly waiting?: Readonly<Record<string, Wait>>
  /** Items that a fault of the scenario made fail; carried out anew when it is over. */
  readonly spoilt?: readonly string[]
}

export interface Conversation {
  readonly cause: CheckInCause
  readonly correlationId: string
  /** The managed device as which it was begun, where that is another. */
  readonly claimedId?: string
  /** Reports up to this one had been handed out when the check-in was sent. */
  readonly seqAtStart: number
  /** The set that the service wants held, while its bodies are being fetched. */
  readonly wanted?: PolicySet
  /** Asked for while this one was under way: check in again afterwards. */
  readonly again?: { readonly cause: CheckInCause; readonly correlationId?: string }
}

/** What has changed since the last report. */
export interface Marks {
  readonly policyIds: readonly string[]
  readonly removedPolicyIds: readonly string[]
  readonly commands: readonly CommandResult[]
  readonly certificate: boolean
  readonly policySet: boolean
}

export const noMarks: Marks = {
  policyIds: [],
  removedPolicyIds: [],
  commands: [],
  certificate: false,
  policySet: false,
}

/** Something that the device will do at a time. At most one of each kind, but for `mend`. */
export type Appointment =
  | {
      readonly what:
        | 'enrol'
        | 'renew'
        | 'drift'
        | 'update'
        | 'restart'
        | 'back-up'
        | 'user-acts'
        | 'installed'
        | 'power-on'
        | 'register'
        | 'flap'
        | 'hours'
        | 'apply'
      readonly atMs: EpochMs
    }
  | { readonly what: 'check-in'; readonly atMs: EpochMs; readonly cause: CheckInCause; readonly correlationId?: string }
  | { readonly what: 'mend'; readonly atMs: EpochMs; readonly posture: Posture; readonly osVersion?: string }

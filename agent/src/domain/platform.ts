import type {
  CommandResult,
  EnrolmentMode,
  Inventory,
  ItemResult,
  NativeCommand,
  OperatingSystem,
  PlatformName,
  PolicyItem,
  Posture,
  PostureFact,
  SettingValue,
} from '@muster/shared/contracts'
import type { Rng } from '@muster/shared/core'

/**
 * What a platform is to the device. Shared code asks for a member or a capability, never for a platform's name. All
 * functions are pure: the same view and the same stream of chance give the same outcome.
 */
export interface Platform {
  readonly name: PlatformName
  /** Check-in rhythm: after enrolment and later. */
  readonly cadence: Cadence
  /** How facts change by themselves on an average device of this platform. */
  readonly drifts: readonly Drift[]

  /** A device as it comes out of the box or is found in a drawer, for a mode; weights as in the fleet statistics. */
  describe(mode: EnrolmentMode, chance: Rng, models?: Readonly<Record<string, number>>): Inventory

  /** Carry out one item of a configuration policy. */
  apply(item: PolicyItem, device: DeviceView, attempt: Attempt): ItemOutcome

  /** Answer one item of a compliance policy: read, never write. */
  evaluate(item: PolicyItem, device: DeviceView): ItemResult

  /** Take back what an item had set, as far as the platform does (the rest stays, tattooed). */
  remove(item: PolicyItem, device: DeviceView): Pick<ItemOutcome, 'settings'>

  /** Carry out a remote command. */
  perform(command: NativeCommand, device: DeviceView, attempt: Attempt): CommandOutcome

  /** Present where a locked device puts things off: what is otherwise once its user is there, if they can unlock it. */
  readonly unlock?: (device: DeviceView) => Partial<Posture>

  /** Present where the system updates itself: the next release for this hardware, or `undefined` when up to date. */
  readonly updater?: {
    next(os: OperatingSystem, device: DeviceView): OperatingSystem | undefined
    readonly perDay: number
  }
}

/** After enrolment each stretch in turn, then `steadyMs` for ever. */
export interface Cadence {
  readonly afterEnrolment: readonly { readonly everyMs: number; readonly forMs: number }[]
  readonly steadyMs: number
}

/** A fact that changes to a value, so often a day per device (a Poisson rate), and whether people or the OS mend it. */
export interface Drift {
  readonly fact: PostureFact
  /** The value, or how it comes of the one before. */
  readonly to: Exclude<Posture[PostureFact], undefined> | ((before: Inventory, chance: Rng) => Posture[PostureFact])
  readonly perDay: number
  readonly heals: boolean
}

/** What platform code may see of a device. */
export interface DeviceView {
  readonly inventory: Inventory
  readonly mode: EnrolmentMode
  /** What management has set so far, by native address (CSP LocURI, declaration key, policy field, setting id). */
  readonly settings: Readonly<Record<string, SettingValue>>
}

/** What has to happen before an item is in force: a restart, an act of the user, an app's installation. */
export type Wait = 'restart' | 'user' | 'install'

/** The circumstances of one try. */
export interface Attempt {
  readonly chance: Rng
  /** Probability that something which can fail does (see `Temperament.applyFailure`). */
  readonly failure: number
  /** Set when this item waited for it and it has happened since. */
  readonly after?: Wait
}

export interface ItemOutcome {
  readonly result: ItemResult
  /** Native address → value now in force; `null` removes. */
  readonly settings?: Readonly<Record<string, SettingValue | null>>
  /** Facts that the OS itself changed by enforcing the setting. */
  readonly posture?: Partial<Posture>
  /** The operating system that the device runs from now on, where the item brought it: an enforced update, after its restart. */
  readonly os?: OperatingSystem
  /** The item is not in force before this happens; the device tries again then. */
  readonly waitsFor?: Wait
}

export interface CommandOutcome {
  readonly result: CommandResult['result']
  readonly detail?: CommandResult['detail']
  /** What it does to the device as a whole. */
  readonly effect?: 'restart' | 'shut-down' | 'lock' | 'wipe' | 'unenrol' | 'sync'
  readonly posture?: Partial<Posture>
  readonly deviceName?: string
  readonly settings?: Readonly<Record<string, SettingValue | null>>
  /** True for an answer such as NotNow: the command stays open and comes again at a later check-in. */
  readonly later?: boolean
}

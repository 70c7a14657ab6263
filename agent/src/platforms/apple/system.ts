import type { EnrolmentMode, PlatformName, Posture } from '@muster/shared/contracts'
import type { Rng } from '@muster/shared/core'
import type { DeviceView, Drift } from '../../domain/platform.ts'
import type { Enrolment, SchemaSystem, Target } from './support.ts'

/** A kind of hardware. */
export interface Model {
  /** As Graph shows it: product names for iPhone and iPad, product identifiers for the others. */
  readonly name: string
  /** Apple's product identifier, e.g. `iPhone17,3`. */
  readonly identifier: string
  readonly marketingName: string
  readonly weight: number
  /** First and last major version of the system that it runs. */
  readonly majors: readonly [first: number, last: number]
  /** Chip id in hexadecimal, the first part of the UDID. */
  readonly chip: string
  readonly memoryGb: number
  readonly storageGb: readonly number[]
  /** Share of devices with a modem (0 to 1). */
  readonly cellular: number
  readonly battery: boolean
  /** Absent: Apple silicon. */
  readonly intel?: true
}

/** A published version of a system; the weight is its share of the fleet. */
export interface Release {
  readonly version: string
  readonly build: string
  readonly weight: number
}

/** What sets one of Apple's systems apart from the others: data, and how its facts look at first. */
export interface AppleSystem {
  readonly name: PlatformName
  readonly schema: SchemaSystem
  /** `device.model.family`. */
  readonly family: string
  readonly models: readonly Model[]
  /** Oldest first. */
  readonly releases: readonly Release[]
  readonly drifts: readonly Drift[]
  /** Releases that a device installs by itself, a day. */
  readonly updatesPerDay: number
  /** Bundle identifier of the Company Portal app, which reports what MDM cannot see; absent where there is none. */
  readonly companyPortal?: string
  /** Commands that a locked device answers with NotNow. */
  readonly waitsForUnlock: ReadonlySet<string>
  /** True where a user's approval of the enrolment supervises the device (macOS 11 and later). */
  readonly approvalSupervises: boolean
  udid(model: Model, chance: Rng): string
  posture(mode: EnrolmentMode, model: Model, chance: Rng): Posture
}

export function enrolmentOf(system: AppleSystem, mode: EnrolmentMode): Enrolment {
  if (mode.deviceEnrollmentType === 'appleUserEnrollment') return 'user'
  return mode.supervised || system.approvalSupervises ? 'supervised' : 'device'
}

/** The device as declarations and commands are matched against it. */
export const targetOf = (system: AppleSystem, device: DeviceView): Target => ({
  system: system.schema,
  version: device.inventory.os.version,
  enrolment: enrolmentOf(system, device.mode),
  sharedIPad: device.mode.id === 'shared-ipad',
})

/** The model of a device; unknown names count as the family's most usual model under that name. */
export function modelNamed(system: AppleSystem, name: string): Model {
  const known = system.models.find((model) => model.name === name)
  if (known) return known
  const usual = system.models.reduce((a, b) => (b.weight > a.weight ? b : a))
  return { ...usual, name, identifier: name, marketingName: name, majors: [0, Number.POSITIVE_INFINITY] }
}

export const majorOf = (version: string): number => Number.parseInt(version, 10) || 0

export const runs = (model: Model, release: Release): boolean =>
  model.majors[0] <= majorOf(release.version) && majorOf(release.version) <= model.majors[1]

import { compareVersions } from '@muster/shared/core'

/** Apple's systems as Apple's schemas name them; iPadOS goes by iOS's versions there. */
export type SchemaSystem = 'iOS' | 'macOS' | 'tvOS' | 'visionOS'

/** How far a device has given itself into management: `user` is a personal device with a managed part. */
export type Enrolment = 'supervised' | 'device' | 'user'

/** Since which version a system has something, and under which enrolments. */
export interface Availability {
  readonly since: string
  readonly enrolments: readonly Enrolment[]
  /** Shared iPad differs: it lacks it, or is the only one to have it. Absent: no difference. */
  readonly sharedIPad?: 'never' | 'only'
}

/** A system that is absent does not have it. */
export type Support = Readonly<Partial<Record<SchemaSystem, Availability>>>

export const anyEnrolment = (since: string): Availability => ({ since, enrolments: ['supervised', 'device', 'user'] })
export const wholeDevice = (since: string): Availability => ({ since, enrolments: ['supervised', 'device'] })
export const supervised = (since: string): Availability => ({ since, enrolments: ['supervised'] })
export const notShared = (availability: Availability): Availability => ({ ...availability, sharedIPad: 'never' })
export const onlyShared = (availability: Availability): Availability => ({ ...availability, sharedIPad: 'only' })

/** Who is asked: the system, its version and its enrolment. */
export interface Target {
  readonly system: SchemaSystem
  readonly version: string
  readonly enrolment: Enrolment
  readonly sharedIPad: boolean
}

/** Why a target does not have something. `system` covers version too. */
export type Obstacle = 'system' | 'supervision' | 'enrolment' | 'sharedIPad'

/** What keeps a target from something; `undefined` when nothing does. */
export function obstacle(support: Support, target: Target): Obstacle | undefined {
  const available = support[target.system]
  if (!available || compareVersions(target.version, available.since) < 0) return 'system'
  if (available.sharedIPad === (target.sharedIPad ? 'never' : 'only')) return 'sharedIPad'
  if (available.enrolments.includes(target.enrolment)) return undefined
  return target.enrolment === 'device' ? 'supervision' : 'enrolment'
}

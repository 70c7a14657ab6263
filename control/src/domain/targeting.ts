import type { PlatformName } from '@muster/shared/contracts'
import type { Assignment, Policy } from './model.ts'

/** What targeting needs to know of a device and its user. */
export interface TargetSubject {
  readonly platform: PlatformName
  readonly hasUser: boolean
  readonly deviceGroupIds: ReadonlySet<string>
  readonly userGroupIds: ReadonlySet<string>
  /** Whether the device matches an assignment filter; `undefined` for one that is unknown or for other platforms. */
  readonly matchesFilter: (filterId: string) => boolean | undefined
}

type Kind = 'device' | 'user'

/**
 * Whether a policy is assigned to a device.
 *
 * An exclusion wins over an inclusion of its own kind only: a device excluded as a device still receives what its user is
 * included for, and the other way round (mixing kinds is unsupported and has no effect). Filters narrow an inclusion.
 * Source: Intune, "Assign policies", exclusion of groups.
 */
export function isTargeted(policy: Pick<Policy, 'platforms' | 'assignments'>, subject: TargetSubject): boolean {
  if (!policy.platforms.includes(subject.platform)) return false
  const included = kindsReached(policy.assignments, subject, 'group')
  if (included.size === 0) return false
  const excluded = kindsReached(policy.assignments, subject, 'exclusionGroup')
  return [...included].some((kind) => !excluded.has(kind))
}

function kindsReached(
  assignments: readonly Assignment[],
  subject: TargetSubject,
  type: 'group' | 'exclusionGroup',
): Set<Kind> {
  const kinds = new Set<Kind>()
  for (const assignment of assignments) {
    for (const kind of kindsOf(assignment, subject, type)) {
      if (passesFilter(assignment, subject)) kinds.add(kind)
    }
  }
  return kinds
}

function kindsOf({ target }: Assignment, subject: TargetSubject, type: 'group' | 'exclusionGroup'): Kind[] {
  if (type === 'group' && target.type === 'allDevices') return ['device']
  if (type === 'group' && target.type === 'allUsers') return subject.hasUser ? ['user'] : []
  if (target.type !== type) return []
  const kinds: Kind[] = []
  if (subject.deviceGroupIds.has(target.groupId)) kinds.push('device')
  if (subject.userGroupIds.has(target.groupId)) kinds.push('user')
  return kinds
}

function passesFilter({ filter }: Assignment, subject: TargetSubject): boolean {
  if (!filter) return true
  const matches = subject.matchesFilter(filter.id)
  // A filter that cannot say anything of the device narrows the assignment away from it, whatever its mode.
  return matches !== undefined && matches === (filter.mode === 'include')
}

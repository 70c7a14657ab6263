import { transitiveGroupsOf, transitiveMembersOf } from '../../app/memberships.ts'
import type { Tables } from '../../app/ports.ts'
import type { Subject } from '../../domain/intune-roles/access.ts'

/** Whom something is assigned to, told apart by words: `group/…`, `allDevices`, `allUsers`. */
type Target = string

const kinds: Readonly<Record<string, string>> = {
  allDevicesAssignmentTarget: 'allDevices',
  allLicensedUsersAssignmentTarget: 'allUsers',
  groupAssignmentTarget: 'group',
  exclusionGroupAssignmentTarget: 'exclusionGroup',
}

/** A target as Graph writes it or as the service keeps it. */
function targetFrom(value: unknown): Target | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { '@odata.type': name, type, groupId } = value as Readonly<Record<string, unknown>>
  const written = String(name ?? type ?? '').replace(/^#?microsoft\.graph\./, '')
  if (written === '') return undefined
  const kind = Object.hasOwn(kinds, written) ? kinds[written] : written
  return typeof groupId === 'string' ? `${kind}/${groupId}` : kind
}

/** Targets anywhere in a body. */
export function targetsIn(body: unknown): ReadonlySet<Target> {
  const found = new Set<Target>()
  const look = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    for (const [name, member] of Object.entries(value)) {
      const target = name === 'target' ? targetFrom(member) : undefined
      if (target !== undefined) found.add(target)
      look(member)
    }
  }
  look(body)
  return found
}

/** What is in one of two sets only. */
export const differing = (before: ReadonlySet<string>, after: ReadonlySet<string>): readonly string[] => [
  ...[...before].filter((each) => !after.has(each)),
  ...[...after].filter((each) => !before.has(each)),
]

/** Whom a target is about: a group is about itself, and about members of one kind where all of them are. */
export async function subjectOfTarget(tables: Pick<Tables, 'groups'>, target: Target): Promise<Subject> {
  if (target === 'allDevices') return { kinds: ['device'], groupIds: [] }
  if (target === 'allUsers') return { kinds: ['user'], groupIds: [] }
  const groupId = target.split('/')[1]
  if (groupId === undefined) return { kinds: [], groupIds: [] }
  const group = await tables.groups.get(groupId)
  const members = (await transitiveMembersOf(tables, groupId)).filter(({ type }) => type !== 'group')
  const types = new Set(members.map(({ type }) => type))
  const kind = group?.dynamic?.members ?? (types.size === 1 ? [...types][0] : undefined)
  const around = (await transitiveGroupsOf(tables, [groupId])).get(groupId) ?? []
  return { kinds: kind === 'device' || kind === 'user' ? [kind] : [], groupIds: [groupId, ...around] }
}

import type { Device, Group, User } from '../domain/model.ts'
import { membershipDevice, membershipUser } from '../domain/rule-subjects.ts'
import { type MembershipRule, parseMembershipRule } from '../domain/rules/index.ts'
import type { Tables } from './ports.ts'

interface DynamicGroup {
  readonly group: Group
  readonly rule: MembershipRule
}

/** Groups whose rule is processed now. A rule that does not parse has no members; it was refused when it was written. */
async function dynamicGroups(
  tables: Pick<Tables, 'groups'>,
  members: 'user' | 'device',
): Promise<readonly DynamicGroup[]> {
  const groups = await tables.groups.list()
  return groups.flatMap((group) => {
    if (group.dynamic?.processing !== 'On' || group.dynamic.members !== members) return []
    const parsed = parseMembershipRule(group.dynamic.rule)
    return parsed.ok ? [{ group, rule: parsed.value }] : []
  })
}

/** Bring the dynamic memberships of these devices in line with what they are now. */
export async function updateDynamicGroupsOf(tables: Pick<Tables, 'groups'>, devices: readonly Device[]): Promise<void> {
  if (devices.length === 0) return
  const groups = await dynamicGroups(tables, 'device')
  await update(
    tables,
    groups,
    devices.map((device) => ({ id: device.id, type: 'device', subject: membershipDevice(device) })),
  )
}

/** The same for users. */
export async function updateDynamicGroupsOfUsers(
  tables: Pick<Tables, 'groups'>,
  users: readonly User[],
): Promise<void> {
  if (users.length === 0) return
  const groups = await dynamicGroups(tables, 'user')
  await update(
    tables,
    groups,
    users.map((user) => ({ id: user.id, type: 'user', subject: membershipUser(user) })),
  )
}

interface Candidate {
  readonly id: string
  readonly type: 'device' | 'user'
  readonly subject: ReturnType<typeof membershipDevice>
}

async function update(
  tables: Pick<Tables, 'groups'>,
  groups: readonly DynamicGroup[],
  candidates: readonly Candidate[],
): Promise<void> {
  if (groups.length === 0) return
  const memberships = await tables.groups.groupsOf(candidates.map(({ id }) => id))
  for (const { group, rule } of groups) {
    const isMember = ({ id }: Candidate): boolean => memberships.get(id)?.includes(group.id) ?? false
    const joining = candidates.filter((candidate) => !isMember(candidate) && rule.matches(candidate.subject))
    const leaving = candidates.filter((candidate) => isMember(candidate) && !rule.matches(candidate.subject))
    if (joining.length > 0)
      await tables.groups.add(
        group.id,
        joining.map(({ id, type }) => ({ id, type })),
      )
    if (leaving.length > 0)
      await tables.groups.remove(
        group.id,
        leaving.map(({ id }) => id),
      )
  }
}

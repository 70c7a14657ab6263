import type { Device, Group, User } from '../domain/model.ts'
import { membershipDevice, membershipUser } from '../domain/rule-subjects.ts'
import { type MembershipRule, parseMembershipRule } from '../domain/rules/index.ts'
import type { MemberTuple, Tables } from './ports.ts'

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

/** Bring the dynamic memberships of these devices in line with what they are now. Answers whose have changed. */
export async function updateDynamicGroupsOf(
  tables: Pick<Tables, 'groups'>,
  devices: readonly Device[],
): Promise<ReadonlySet<string>> {
  if (devices.length === 0) return new Set()
  const groups = await dynamicGroups(tables, 'device')
  return updateAll(
    tables,
    groups,
    // Of what the directory has no record of it has no members.
    devices
      .filter(({ leftDirectory }) => !leftDirectory)
      .map((device) => ({ id: device.id, type: 'device', subject: membershipDevice(device) })),
  )
}

/** The same for users. */
export async function updateDynamicGroupsOfUsers(
  tables: Pick<Tables, 'groups'>,
  users: readonly User[],
): Promise<void> {
  if (users.length === 0) return
  const groups = await dynamicGroups(tables, 'user')
  await updateAll(
    tables,
    groups,
    users.map((user) => ({ id: user.id, type: 'user', subject: membershipUser(user) })),
  )
}

/** These came to a group or left it, by hand: groups that ask for its members follow. */
export async function followMembers(
  tables: Pick<Tables, 'groups' | 'devices' | 'users'>,
  members: readonly MemberTuple[],
): Promise<void> {
  const ids = (type: MemberTuple['type']): string[] =>
    members.filter((member) => member.type === type).map(({ id }) => id)
  await updateDynamicGroupsOf(tables, await tables.devices.getMany(ids('device')))
  await updateDynamicGroupsOfUsers(tables, await tables.users.getMany(ids('user')))
}

const PAGE = 1_000

/** A dynamic group that is new, has another rule, or is processed again: look at everybody. Paused ones stay as they are. */
export async function refillGroup(tables: Pick<Tables, 'groups' | 'devices' | 'users'>, group: Group): Promise<void> {
  if (group.dynamic?.processing !== 'On') return
  const { members } = group.dynamic
  const strangers = (await tables.groups.members(group.id)).filter(({ type }) => type !== members)
  await tables.groups.remove(
    group.id,
    strangers.map(({ id }) => id),
  )
  await followMembers(tables, strangers)
  if (members === 'user') return updateDynamicGroupsOfUsers(tables, await tables.users.list())
  for (let after: string | undefined; ; ) {
    const page = await tables.devices.page({ limit: PAGE, ...(after === undefined ? {} : { after }) })
    await updateDynamicGroupsOf(tables, page)
    after = page.at(-1)?.id
    if (page.length < PAGE) return
  }
}

interface Candidate {
  readonly id: string
  readonly type: 'device' | 'user'
  readonly subject: ReturnType<typeof membershipDevice>
}

/**
 * Groups that ask for members of other groups come after those others, and do not see each other: Entra does not let a rule
 * of this kind build on another.
 */
async function updateAll(
  tables: Pick<Tables, 'groups'>,
  groups: readonly DynamicGroup[],
  candidates: readonly Candidate[],
): Promise<ReadonlySet<string>> {
  const following = groups.filter(({ rule }) => rule.memberOf.length > 0)
  const changed = await update(
    tables,
    groups.filter(({ rule }) => rule.memberOf.length === 0),
    candidates,
  )
  if (following.length === 0) return changed
  const unseen = new Set(following.map(({ group }) => group.id))
  const memberships = await tables.groups.groupsOf(candidates.map(({ id }) => id))
  const placed = candidates.map((candidate): Candidate => {
    const memberOf = (memberships.get(candidate.id) ?? []).filter((id) => !unseen.has(id))
    return { ...candidate, subject: { ...candidate.subject, memberOf, memberof: memberOf } }
  })
  return new Set([...changed, ...(await update(tables, following, placed))])
}

async function update(
  tables: Pick<Tables, 'groups'>,
  groups: readonly DynamicGroup[],
  candidates: readonly Candidate[],
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>()
  if (groups.length === 0) return changed
  const memberships = await tables.groups.groupsOf(candidates.map(({ id }) => id))
  for (const { group, rule } of groups) {
    const isMember = ({ id }: Candidate): boolean => memberships.get(id)?.includes(group.id) ?? false
    const joining = candidates.filter((candidate) => !isMember(candidate) && rule.matches(candidate.subject))
    const leaving = candidates.filter((candidate) => isMember(candidate) && !rule.matches(candidate.subject))
    for (const { id } of [...joining, ...leaving]) changed.add(id)
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
  return changed
}

import type { Device } from '../domain/model.ts'
import type { Memberships } from './planner.ts'
import type { MemberTuple, Tables } from './ports.ts'

/** Group ids of each device and of its user, by device id: groups within groups count, and a whole batch takes few queries. */
export async function membershipsOf(
  tables: Pick<Tables, 'groups'>,
  devices: readonly Device[],
): Promise<(device: Device) => Memberships> {
  const members = new Set<string>()
  for (const device of devices) {
    members.add(device.id)
    if (device.userId !== undefined) members.add(device.userId)
  }
  const groupsOf = await transitiveGroupsOf(tables, [...members])
  return (device) => ({
    deviceGroupIds: groupsOf.get(device.id) ?? [],
    userGroupIds: device.userId === undefined ? [] : (groupsOf.get(device.userId) ?? []),
  })
}

/** The groups that each of these is in, itself or through another group. Groups may be in each other. */
export async function transitiveGroupsOf(
  { groups }: Pick<Tables, 'groups'>,
  memberIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const direct = await groups.groupsOf(memberIds)
  const above = new Map<string, readonly string[]>()
  for (let open = new Set([...direct.values()].flat()); open.size > 0; ) {
    for (const [id, parents] of await groups.groupsOf([...open])) above.set(id, parents)
    for (const id of open) if (!above.has(id)) above.set(id, [])
    open = new Set([...open].flatMap((id) => above.get(id) ?? []).filter((id) => !above.has(id)))
  }
  if ([...above.values()].every((parents) => parents.length === 0)) return direct
  return new Map([...direct].map(([id, own]) => [id, reached(own, above)]))
}

/** Members of a group and of the groups in it, each once, the groups among them. The group itself is not its own member. */
export async function transitiveMembersOf(
  { groups }: Pick<Tables, 'groups'>,
  groupId: string,
): Promise<readonly MemberTuple[]> {
  const found = new Map<string, MemberTuple>()
  const seen = new Set([groupId])
  for (const open = [groupId]; open.length > 0; ) {
    for (const member of await groups.members(open.pop() ?? '')) {
      if (member.type === 'group' && seen.has(member.id)) continue
      found.set(member.id, member)
      if (member.type !== 'group') continue
      seen.add(member.id)
      open.push(member.id)
    }
  }
  return [...found.values()]
}

function reached(own: readonly string[], above: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const all = new Set(own)
  // A set is walked through what is added meanwhile as well.
  for (const id of all) for (const parent of above.get(id) ?? []) all.add(parent)
  return [...all]
}

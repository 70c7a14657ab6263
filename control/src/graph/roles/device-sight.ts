import { membershipsOf, transitiveGroupsOf } from '../../app/memberships.ts'
import type { Tables } from '../../app/ports.ts'
import type { DeviceColumn, RowFilter } from '../../app/row-query.ts'
import { DEFAULT_SCOPE_TAG, type Subject } from '../../domain/intune-roles/access.ts'
import type { Device } from '../../domain/model.ts'
import { ROLE_SCOPE_TAGS } from './intune-access.ts'
import { type Reach, reaches } from './reach.ts'

type Read = Pick<Tables, 'objects' | 'groups'>

/** Tags that are given to the devices of groups, by group. */
async function tagsByGroup({ objects }: Read): Promise<ReadonlyMap<string, readonly string[]>> {
  const byGroup = new Map<string, string[]>()
  for (const tag of await objects.list(ROLE_SCOPE_TAGS)) {
    for (const { target } of await objects.list(`${ROLE_SCOPE_TAGS}/${tag.id}/assignments`)) {
      const { '@odata.type': type, groupId } = (target ?? {}) as { '@odata.type'?: string; groupId?: string }
      if (groupId === undefined || !type?.endsWith('.groupAssignmentTarget')) continue
      byGroup.set(groupId, [...(byGroup.get(groupId) ?? []), tag.id])
    }
  }
  return byGroup
}

/** Tags of devices, by id: their own, those of their groups, and where there is none the default one. */
export async function tagsOfDevices(
  tables: Read,
  devices: readonly Pick<Device, 'id' | 'scopeTagIds'>[],
): Promise<(id: string) => readonly string[]> {
  const byGroup = await tagsByGroup(tables)
  const ids = devices.map(({ id }) => id)
  const groupsOf = byGroup.size === 0 ? undefined : await transitiveGroupsOf(tables, ids)
  const tags = new Map(
    devices.map(({ id, scopeTagIds = [] }) => {
      const given = (groupsOf?.get(id) ?? []).flatMap((group) => byGroup.get(group) ?? [])
      return [id, [...new Set([...scopeTagIds, ...given])].toSorted()]
    }),
  )
  return (id) => {
    const found = tags.get(id) ?? []
    return found.length === 0 ? [DEFAULT_SCOPE_TAG] : found
  }
}

/** Those of these devices that somebody may do this with, wherever they are. */
export async function devicesSeen<D extends Pick<Device, 'id' | 'scopeTagIds'>>(
  tables: Read,
  reach: Reach,
  action: string,
  devices: readonly D[],
): Promise<readonly D[]> {
  if (!reach.access?.tagsFor(action)) return devices
  const tagsOf = await tagsOfDevices(tables, devices)
  return devices.filter(({ id }) => reaches(reach, tagsOf(id), [action]))
}

/** The same as a condition on the listing of devices; undefined where it holds for all. */
export async function devicesInReach(
  tables: Read,
  reach: Reach,
  action: string,
): Promise<RowFilter<DeviceColumn> | undefined> {
  const { access } = reach
  if (!access) return undefined
  const byGroup = await tagsByGroup(tables)
  const tags = access.tagsFor(action) ?? new Set<string>()
  const groupIds = [...byGroup].filter(([, ids]) => ids.some((id) => tags.has(id))).map(([id]) => id)
  const untagged: RowFilter<DeviceColumn> = {
    op: 'and',
    of: [
      { op: 'eq', column: 'scopeTags', value: null },
      { op: 'not', of: { op: 'memberOf', groupIds: [...byGroup.keys()] } },
    ],
  }
  const own = tagsInReach(reach, action, untagged)
  return own && { op: 'or', of: [own, { op: 'memberOf', groupIds }] }
}

/** A condition on tags that rows hold as a text; `untagged` is what has none and so the default one. */
export function tagsInReach<C extends string>(
  { access }: Reach,
  action: string,
  untagged: RowFilter<C>,
): RowFilter<C> | undefined {
  const wanted = access?.tagsFor(action)
  if (!access || (!wanted && access.may(action))) return undefined
  const tags = [...(wanted ?? [])]
  const own = tags.map((tag): RowFilter<C> => ({ op: 'contains', column: 'scopeTags' as C, value: `,${tag},` }))
  return { op: 'or', of: [...own, ...(tags.includes(DEFAULT_SCOPE_TAG) ? [untagged] : [])] }
}

/** What a role assignment may be about when it is about a device: its groups and those of its user. */
export async function subjectsOf(
  tables: Pick<Tables, 'groups'>,
  devices: readonly Device[],
): Promise<(device: Device) => Subject> {
  const memberships = await membershipsOf(tables, devices)
  return (device) => {
    const { deviceGroupIds, userGroupIds } = memberships(device)
    const kinds = device.userId === undefined ? (['device'] as const) : (['device', 'user'] as const)
    return { kinds, groupIds: [...deviceGroupIds, ...userGroupIds] }
  }
}

/** Devices by what may be done with them: seen and within the scope of who asks, seen only, or not there for them. */
export async function devicesByReach(
  tables: Pick<Tables, 'devices'> & Read,
  reach: Reach,
  action: string,
  ids: readonly string[],
): Promise<{
  readonly allowed: readonly string[]
  readonly outside: readonly string[]
  readonly unseen: readonly string[]
}> {
  const { access } = reach
  if (!access) return { allowed: ids, outside: [], unseen: [] }
  const devices = await tables.devices.getMany(ids)
  const [tagsOf, subjectOf] = [await tagsOfDevices(tables, devices), await subjectsOf(tables, devices)]
  const seen = new Set((await devicesSeen(tables, reach, READ_DEVICES, devices)).map(({ id }) => id))
  const mayRead = access.may(READ_DEVICES)
  const may = (device: Device): boolean =>
    access.mayWith(action, { scopeTagIds: tagsOf(device.id), subject: subjectOf(device) })
  const allowed = new Set(devices.filter(may).map(({ id }) => id))
  return {
    allowed: ids.filter((id) => allowed.has(id)),
    outside: ids.filter((id) => !allowed.has(id) && mayRead && seen.has(id)),
    unseen: ids.filter((id) => !allowed.has(id) && !(mayRead && seen.has(id))),
  }
}

export const READ_DEVICES = 'Microsoft.Intune_ManagedDevices_Read'

import type { Device } from '../domain/model.ts'
import type { Memberships } from './planner.ts'
import type { Tables } from './ports.ts'

/** Group ids of each device and of its user, by device id: one query for the whole batch. */
export async function membershipsOf(
  { groups }: Pick<Tables, 'groups'>,
  devices: readonly Device[],
): Promise<(device: Device) => Memberships> {
  const members = new Set<string>()
  for (const device of devices) {
    members.add(device.id)
    if (device.userId !== undefined) members.add(device.userId)
  }
  const groupsOf = await groups.groupsOf([...members])
  return (device) => ({
    deviceGroupIds: groupsOf.get(device.id) ?? [],
    userGroupIds: device.userId === undefined ? [] : (groupsOf.get(device.userId) ?? []),
  })
}

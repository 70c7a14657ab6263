import type { HistoryEntry, PlatformName } from '@muster/shared/contracts'
import { selectionDraw } from '@muster/shared/core'
import { listAll } from '../client/graph.ts'
import { partOf, type RunContext, sentHistory } from './context.ts'

/** Members that one PATCH of a group may add. */
const BIND_MAX = 20

/** Devices of a part of the population or a platform, in a seeded order that is the same in every run. */
export async function devicesOf(
  context: RunContext,
  part: string | undefined,
  salt: string,
): Promise<readonly HistoryEntry[]> {
  const { scenario, client } = context
  const parts = new Set(
    scenario.population.mix
      .filter(({ name, platform }) => part === undefined || name === part || platform === (part as PlatformName))
      .map(({ name }) => name),
  )
  const entries = (await sentHistory(client)).filter(
    ({ phase, deviceId, deviceKey }) => phase === 'enrolled' && deviceId !== undefined && parts.has(partOf(deviceKey)),
  )
  return entries
    .map((entry) => ({ entry, draw: selectionDraw(scenario.seed, salt, entry.deviceKey) }))
    .sort((a, b) => a.draw - b.draw)
    .map(({ entry }) => entry)
}

/** Put devices into a group, through the directory. */
export async function addMembers(
  { client }: RunContext,
  groupId: string,
  devices: readonly HistoryEntry[],
): Promise<void> {
  const wanted = new Set(devices.map(({ deviceId }) => deviceId))
  const managed = await listAll(client, '/v1.0/deviceManagement/managedDevices?$top=1000&$select=id,azureADDeviceId')
  const entraIds = new Set(
    managed.filter(({ id }) => wanted.has(String(id))).map((device) => String(device['azureADDeviceId'])),
  )
  const directory = await listAll(client, '/v1.0/devices?$top=1000&$select=id,deviceId')
  const references = directory
    .filter(({ deviceId }) => entraIds.has(String(deviceId)))
    .map(({ id }) => `${client.url}/v1.0/directoryObjects/${String(id)}`)
  for (let from = 0; from < references.length; from += BIND_MAX) {
    await client.call('PATCH', `/v1.0/groups/${groupId}`, {
      'members@odata.bind': references.slice(from, from + BIND_MAX),
    })
  }
}

/** Fill the groups that are a share of the population; before enrolment there is nobody to put into them. */
export async function fillGroups(context: RunContext): Promise<void> {
  for (const group of context.scenario.tenant.groups) {
    if (group.percent === undefined) continue
    const groupId = context.groupIds.get(group.id) ?? ''
    const devices = await devicesOf(context, group.of, `group/${group.id}`)
    await addMembers(context, groupId, devices.slice(0, Math.round((devices.length * group.percent) / 100)))
  }
}

import { z } from 'zod'
import { updateDynamicGroupsOf } from '../../app/dynamic-groups.ts'
import type { Tables } from '../../app/ports.ts'
import type { Device } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
  type Yields,
} from '../graph-request.ts'
import { publishFrom } from '../publishing.ts'
import { readWritten } from '../written.ts'
import { deviceEntity } from './directory-devices.ts'
import { typedUser } from './directory-objects.ts'

const extension = z.enum(Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`))
const DevicePatch = z.object({
  accountEnabled: z.boolean().optional(),
  extensionAttributes: z.partialRecord(extension, z.string().max(200).nullable()).optional(),
})
const writable: ReadonlySet<string> = new Set(['@odata.type', ...Object.keys(DevicePatch.shape)])

async function recordOf({ devices }: Pick<Tables, 'devices'>, { params }: GraphRequest): Promise<Device> {
  const id = params['id'] ?? ''
  const [device] = await devices.findInDirectory([id.toLowerCase()])
  return device ?? notFound('Device', id)
}

/** `null` takes an extension attribute away. */
function patched(device: Device, { accountEnabled, extensionAttributes = {} }: z.infer<typeof DevicePatch>): Device {
  const attributes = Object.entries({ ...device.attributes, ...extensionAttributes })
  const { disabled: was, ...remarks } = device.remarks ?? {}
  const isDisabled = accountEnabled === undefined ? was : !accountEnabled
  return {
    ...device,
    attributes: Object.fromEntries(
      attributes.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    ),
    remarks: { ...remarks, ...(isDisabled ? { disabled: true } : {}) },
  }
}

const audit = (request: GraphRequest, operation: 'Patch' | 'Delete', before: Device, after: Device | undefined) =>
  auditOf(
    request,
    { activityType: `${operation} Device`, operation, category: 'Device', componentName: 'Directory' },
    {
      id: before.directoryId,
      type: 'Device',
      displayName: before.inventory.deviceName,
      modifiedProperties: modifiedProperties(deviceEntity(before), after && deviceEntity(after)),
    },
  )

/** Groups and filters that ask for what is changed follow at once. */
const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const written = readWritten(request, 'device', 'patch')
  const foreign = Object.keys(written).find((name) => !writable.has(name))
  if (foreign !== undefined) badBody(`Property '${foreign}' is read-only and cannot be set.`, foreign)
  const given = parseBody(DevicePatch, written)
  await publishFrom(request, undefined, async (tables) => {
    const before = await recordOf(tables, request)
    const after = patched(before, given)
    await tables.devices.put([after])
    await updateDynamicGroupsOf(tables, [after])
    const devices = after.lifecycle === 'managed' ? [after] : []
    return { audit: audit(request, 'Patch', before, after), devices, answer: undefined }
  })
  return answer(204)
}

/** The record goes, with its memberships; a device that is managed stays so. */
const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await publishFrom(request, undefined, async (tables) => {
    const before = await recordOf(tables, request)
    const after: Device = { ...before, leftDirectory: true }
    await tables.devices.put([after])
    for (const groupId of (await tables.groups.groupsOf([before.id])).get(before.id) ?? [])
      await tables.groups.remove(groupId, [before.id])
    const devices = after.lifecycle === 'managed' ? [after] : []
    return { audit: audit(request, 'Delete', before, undefined), devices, answer: undefined }
  })
  return answer(204)
}

/** Who has enrolled a device is registered with it, and its owner. */
const listUsers = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const { userId } = await recordOf(store, request)
  const users = await store.users.getMany(userId === undefined ? [] : [userId])
  return memoryPage(request, 'directoryObjects', users.map(typedUser))
}

const OBJECTS: Yields = { type: 'directoryObject', many: true, isDirectory: true }
const READ = 'Device.Read.All'
const WRITE = 'Device.ReadWrite.All'

/** https://learn.microsoft.com/graph/api/resources/device */
export const directoryDeviceWriteRoutes: readonly GraphRoute[] = [
  { method: 'PATCH', path: '/devices/{id}', role: WRITE, handle: update },
  { method: 'DELETE', path: '/devices/{id}', role: WRITE, handle: remove },
  { method: 'GET', path: '/devices/{id}/registeredOwners', role: READ, of: OBJECTS, handle: listUsers },
  { method: 'GET', path: '/devices/{id}/registeredUsers', role: READ, of: OBJECTS, handle: listUsers },
]

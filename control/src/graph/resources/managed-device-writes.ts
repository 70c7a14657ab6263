import { z } from 'zod'
import { updateDynamicGroupsOf } from '../../app/dynamic-groups.ts'
import type { Tables } from '../../app/ports.ts'
import type { AuditEvent, Device, DeviceRemarks } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
} from '../graph-request.ts'
import { publishFrom } from '../publishing.ts'
import { tagsOfDevices } from '../roles/device-sight.ts'
import { writtenTags } from '../roles/written-tags.ts'
import { readWritten } from '../written.ts'
import { managedDevice } from './managed-device.ts'

const ownership = z.enum(['company', 'personal'])
const Patch = z.object({
  roleScopeTagIds: z.array(z.string().max(40)).max(100).optional(),
  managedDeviceOwnerType: ownership.optional(),
  /** Beta's name of it. */
  ownerType: ownership.optional(),
  managedDeviceName: z.string().min(1).max(255).optional(),
  notes: z.string().max(8_000).nullish(),
})
const writable: ReadonlySet<string> = new Set(['@odata.type', ...Object.keys(Patch.shape)])

/** The device of the path as it is in a transaction, to be changed there. */
export async function changedDevice({ devices }: Pick<Tables, 'devices'>, { params }: GraphRequest): Promise<Device> {
  const id = params['id'] ?? ''
  const [device] = await devices.getMany([id])
  return device?.lifecycle === 'managed' ? device : notFound('managedDevice', id)
}

const auditable = (device: Device): object => ({ ...managedDevice(device, {}), roleScopeTagIds: device.scopeTagIds })

/** The event is seen by who sees the device as it was, or as it is now. */
export async function auditDevice(
  request: GraphRequest,
  tables: Pick<Tables, 'groups' | 'objects'>,
  before: Device,
  after: Device,
): Promise<AuditEvent> {
  const [tagsBefore, tagsAfter] = [await tagsOfDevices(tables, [before]), await tagsOfDevices(tables, [after])]
  return auditOf(
    request,
    { activityType: 'Patch ManagedDevice', operation: 'Patch', category: 'Device', componentName: 'ManagedDevices' },
    {
      id: before.id,
      type: 'ManagedDevice',
      displayName: before.inventory.deviceName,
      modifiedProperties: modifiedProperties(auditable(before), auditable(after)),
      scopeTagIds: [...tagsBefore(before.id), ...tagsAfter(after.id)],
    },
  )
}

function patched(request: GraphRequest, before: Device, given: z.infer<typeof Patch>): Device {
  const { scopeTagIds: _, ...rest } = before
  const { notes: had, ...remarks } = before.remarks ?? {}
  const notes = given.notes === undefined ? had : (given.notes ?? undefined)
  const { managedDeviceName } = given
  const written: DeviceRemarks = {
    ...remarks,
    ...(notes === undefined ? {} : { notes }),
    ...(managedDeviceName === undefined ? {} : { managedDeviceName }),
  }
  return {
    ...rest,
    ...writtenTags(request, before),
    ownership: given.managedDeviceOwnerType ?? given.ownerType ?? before.ownership,
    remarks: written,
  }
}

/** What an administrator says of a device: scope tags of its own, whose it is, its name in lists, and notes. */
const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const written = readWritten({ ...request, version: 'beta' }, 'managedDevice', 'patch')
  const foreign = Object.keys(written).find((name) => !writable.has(name))
  if (foreign !== undefined) badBody(`Property '${foreign}' is read-only and cannot be set.`, foreign)
  const given = parseBody(Patch, written)
  await publishFrom(request, undefined, async (tables) => {
    const before = await changedDevice(tables, request)
    const after = patched(request, before, given)
    await tables.devices.put([after])
    await updateDynamicGroupsOf(tables, [after])
    return { audit: await auditDevice(request, tables, before, after), devices: [after], answer: undefined }
  })
  return answer(204)
}

export const managedDeviceWriteRoutes: readonly GraphRoute[] = [
  {
    method: 'PATCH',
    path: '/deviceManagement/managedDevices/{id}',
    role: 'DeviceManagementManagedDevices.ReadWrite.All',
    handle: update,
  },
]

import { CodedError, DAY_MS } from '@muster/shared/core'
import { z } from 'zod'
import type { GraphObject } from '../../app/ports.ts'
import { parseBody } from '../body.ts'
import { contextOf, entityAnswer, memoryPage } from '../collection.ts'
import { answer, auditOf, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { tagsOfDevices } from '../roles/device-sight.ts'
import { iso } from './managed-device.ts'
import { deviceOf } from './managed-devices.ts'

/** What is collected is kept for so long. */
const KEPT_MS = 28 * DAY_MS

const setOf = (deviceId: string): string => `deviceManagement/managedDevices/${deviceId}/logCollectionRequests`

const Asked = z.object({
  templateType: z
    .object({
      '@odata.type': z.literal([
        'microsoft.graph.deviceLogCollectionRequest',
        '#microsoft.graph.deviceLogCollectionRequest',
      ]),
      id: z.string().max(100).nullable(),
      templateType: z.enum(['predefined', 'unknownFutureValue']),
    })
    .partial()
    .nullish(),
})

/**
 * Ask a Windows device for its logs (https://learn.microsoft.com/graph/api/resources/intune-devices-devicelogcollectionresponse).
 * Simulated devices have none to send, so the request stays pending.
 */
const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  parseBody(Asked, request.body ?? {})
  const device = await deviceOf(request)
  if (device.platform !== 'windows') throw new CodedError('action/not-supported', 'only Windows devices collect logs')
  const { store, ids, clock } = request.control.deps
  const [user] = await store.users.getMany(device.userId === undefined ? [] : [device.userId])
  const sender = request.actor.type === 'user' ? await store.users.get(request.actor.id) : undefined
  const nowMs = clock.nowMs()
  const made: GraphObject = {
    id: ids.guid(),
    status: 'pending',
    managedDeviceId: device.id,
    requestedDateTimeUTC: iso(nowMs),
    receivedDateTimeUTC: null,
    initiatedByUserPrincipalName: sender?.userPrincipalName ?? null,
    expirationDateTimeUTC: iso(nowMs + KEPT_MS),
    sizeInKB: 0,
    enrolledByUser: user?.userPrincipalName ?? null,
  }
  await store.transaction(async (tables) => {
    await tables.objects.put(setOf(device.id), [made])
    const tagsOf = await tagsOfDevices(tables, [device])
    await tables.audit.append([
      auditOf(
        request,
        {
          activityType: 'createDeviceLogCollectionRequest ManagedDevice',
          operation: 'Action',
          category: 'Device',
          componentName: 'ManagedDevices',
        },
        {
          id: device.id,
          type: 'ManagedDevice',
          displayName: device.inventory.deviceName,
          modifiedProperties: [],
          scopeTagIds: tagsOf(device.id),
        },
      ),
    ])
  })
  return answer(200, { '@odata.context': contextOf(request, 'microsoft.graph.deviceLogCollectionResponse'), ...made })
}

const list = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id } = await deviceOf(request)
  return memoryPage(request, setOf(id), await request.control.deps.store.objects.list(setOf(id)))
}

const requestId = ({ params }: GraphRequest): string => params['requestId'] ?? ''

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id } = await deviceOf(request)
  const found = await request.control.deps.store.objects.get(setOf(id), requestId(request))
  return entityAnswer(request, setOf(id), found ?? notFound('deviceLogCollectionResponse', requestId(request)))
}

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id } = await deviceOf(request)
  await request.control.deps.store.transaction(async ({ objects }) => {
    if (!(await objects.delete(setOf(id), requestId(request))))
      notFound('deviceLogCollectionResponse', requestId(request))
  })
  return answer(204)
}

const READ = 'DeviceManagementManagedDevices.Read.All'
const WRITE = 'DeviceManagementManagedDevices.ReadWrite.All'
const DEVICE = '/deviceManagement/managedDevices/{id}'
const REQUESTS = `${DEVICE}/logCollectionRequests`
const OF = { type: 'deviceLogCollectionResponse' }

export const logCollectionRoutes: readonly GraphRoute[] = [
  { method: 'POST', path: `${DEVICE}/createDeviceLogCollectionRequest`, role: WRITE, handle: create },
  { method: 'GET', path: REQUESTS, role: READ, of: { ...OF, many: true }, handle: list },
  { method: 'GET', path: `${REQUESTS}/{requestId}`, role: READ, of: OF, handle: get },
  { method: 'DELETE', path: `${REQUESTS}/{requestId}`, role: WRITE, handle: remove },
]

import { RemoteActionName } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import { requestActions } from '../../app/request-actions.ts'
import type { Device } from '../../domain/model.ts'
import { parseBody } from '../body.ts'
import { contextOf, entityAnswer, pageAnswer, topOf } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  notFound,
  orRefuse,
} from '../graph-request.ts'
import { readBulkParameters, readParameters } from './action-parameters.ts'
import { deviceFilter, deviceOrder } from './device-filter.ts'
import { managedDevice } from './managed-device.ts'
import { policyStates } from './policy-states.ts'

const SET = 'deviceManagement/managedDevices'
const BASE = '/deviceManagement/managedDevices'
const READ = 'DeviceManagementManagedDevices.Read.All'
const PRIVILEGED = 'DeviceManagementManagedDevices.PrivilegedOperations.All'

const list = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const { query } = request
  const filter = query['filter'] === undefined ? undefined : deviceFilter(query['filter'])
  const [page, count] = await Promise.all([
    store.devices.query({
      ...(filter ? { filter } : {}),
      orderBy: deviceOrder(query['orderby']),
      limit: topOf(request),
      ...(query['skiptoken'] === undefined ? {} : { after: query['skiptoken'] }),
    }),
    query['count'] === 'true' ? store.devices.count(filter) : undefined,
  ])
  const users = new Map((await store.users.getMany(userIdsOf(page.rows))).map((user) => [user.id, user]))
  return pageAnswer(request, SET, {
    entities: page.rows.map((device) =>
      managedDevice(device, { user: device.userId === undefined ? undefined : users.get(device.userId) }),
    ),
    ...(count === undefined ? {} : { count }),
    ...(page.next === undefined ? {} : { next: page.next }),
  })
}

const userIdsOf = (devices: readonly Device[]): string[] => [
  ...new Set(devices.flatMap(({ userId }) => (userId === undefined ? [] : [userId]))),
]

const count = async ({ control, query }: GraphRequest): Promise<GraphAnswer> =>
  answer(
    200,
    await control.deps.store.devices.count(query['filter'] === undefined ? undefined : deviceFilter(query['filter'])),
  )

/** The device of the path, if it is under management. */
export async function deviceOf({ control, params }: GraphRequest): Promise<Device> {
  const id = params['id'] ?? ''
  const [device] = await control.deps.store.devices.getMany([id])
  return device?.lifecycle === 'managed' ? device : notFound('managedDevice', id)
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const device = await deviceOf(request)
  const [users, actions] = await Promise.all([
    store.users.getMany(userIdsOf([device])),
    store.actions.forDevice(device.id),
  ])
  return entityAnswer(request, SET, managedDevice(device, { user: users[0], actions }))
}

/** Submit an action for devices as this request's actor, with one audit event. */
export async function submit(
  request: GraphRequest,
  action: RemoteActionName,
  deviceIds: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
) {
  const { control, actor, correlationId } = request
  const audit = auditOf(
    request,
    {
      activityType: `${action} ManagedDevice`,
      operation: 'Action',
      category: 'Device',
      componentName: 'ManagedDevices',
    },
    ...deviceIds.map((id) => ({ id, type: 'ManagedDevice', displayName: '', modifiedProperties: [] })),
  )
  const { store, clock, ids } = control.deps
  const deps = { store, clock, ids, poke: control.poke, relay: () => control.relay.wake() }
  return orRefuse(
    await requestActions(deps, { action, deviceIds, parameters, requestedBy: actor, correlationId, audit }),
  )
}

/** Submit an action for one device: 204 even where the platform lacks it; the result says `notSupported`. */
const act =
  (action: RemoteActionName) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const device = await deviceOf(request)
    const outcome = await submit(request, action, [device.id], readParameters(action, request.body))
    // It may have left since it was looked up.
    if (outcome.notFound.length > 0) notFound('managedDevice', device.id)
    if (outcome.failed.length > 0)
      throw new CodedError('action/device-leaving', 'the device is being retired, wiped or deleted')
    return answer(204)
  }

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  const device = await deviceOf(request)
  const outcome = await submit(request, 'delete', [device.id], {})
  if (outcome.notSupported.length > 0) throw new CodedError('action/not-supported', 'the device cannot be deleted')
  return answer(204)
}

const Bulk = z.object({ actionName: RemoteActionName, deviceIds: z.array(z.string().max(40)).min(1).max(100) })

const executeAction = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { actionName, deviceIds } = parseBody(Bulk, request.body)
  const outcome = await submit(request, actionName, deviceIds, readBulkParameters(actionName, request.body))
  return answer(200, {
    '@odata.context': contextOf(request, 'microsoft.graph.bulkManagedDeviceActionResult'),
    successfulDeviceIds: outcome.successful,
    failedDeviceIds: outcome.failed,
    notFoundDeviceIds: outcome.notFound,
    notSupportedDeviceIds: outcome.notSupported,
  })
}

export const managedDeviceRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: BASE, role: READ, handle: list },
  { method: 'GET', path: `${BASE}/$count`, role: READ, handle: count },
  { method: 'POST', path: `${BASE}/executeAction`, role: PRIVILEGED, handle: executeAction },
  { method: 'GET', path: `${BASE}/{id}`, role: READ, handle: get },
  { method: 'DELETE', path: `${BASE}/{id}`, role: PRIVILEGED, handle: remove },
  {
    method: 'GET',
    path: `${BASE}/{id}/deviceCompliancePolicyStates`,
    role: READ,
    handle: policyStates('compliance', 'deviceCompliancePolicyStates'),
  },
  {
    method: 'GET',
    path: `${BASE}/{id}/deviceConfigurationStates`,
    role: READ,
    handle: policyStates('configuration', 'deviceConfigurationStates'),
  },
  ...RemoteActionName.options
    .filter((action) => action !== 'delete')
    .map(
      (action): GraphRoute => ({
        method: 'POST',
        path: `${BASE}/{id}/${action}`,
        role: PRIVILEGED,
        handle: act(action),
      }),
    ),
]

import { RemoteActionName } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { Store } from '../../app/ports.ts'
import { requestActions } from '../../app/request-actions.ts'
import type { DeviceColumn, RowFilter } from '../../app/row-query.ts'
import type { Device } from '../../domain/model.ts'
import { parseBody } from '../body.ts'
import { contextOf, entityAnswer, pageAnswer, wantedOf } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  notFound,
  orRefuse,
  type Yields,
} from '../graph-request.ts'
import { type RowSource, rowPageOf, within } from '../odata/row-page.ts'
import { devicesByReach, devicesInReach, READ_DEVICES, tagsOfDevices } from '../roles/device-sight.ts'
import { notPermitted } from '../roles/require-reach.ts'
import { remoteTaskAction } from '../roles/route-actions.ts'
import { readBulkParameters, readParameters } from './action-parameters.ts'
import { managedDevice } from './managed-device.ts'
import { policyStates } from './policy-states.ts'

const SET = 'deviceManagement/managedDevices'
const BASE = '/deviceManagement/managedDevices'
const READ = 'DeviceManagementManagedDevices.Read.All'
export const DEVICE: Yields = { type: 'managedDevice', pageSize: { default: 1_000, max: 1_000 } }
const PRIVILEGED = 'DeviceManagementManagedDevices.PrivilegedOperations.All'

/** Columns of what can be filtered and ordered in the store. */
const columns = {
  id: 'id',
  userid: 'userId',
  devicename: 'deviceName',
  manageddeviceownertype: 'ownership',
  enrolleddatetime: 'enrolledAtMs',
  lastsyncdatetime: 'lastSyncAtMs',
  operatingsystem: 'operatingSystem',
  osversion: 'osVersion',
  compliancestate: 'complianceState',
  managementstate: 'managementState',
  azureaddeviceid: 'entraDeviceId',
  devicecategorydisplayname: 'category',
  enrollmentprofilename: 'mode',
  issupervised: 'isSupervised',
  isencrypted: 'isEncrypted',
  userprincipalname: 'userPrincipalName',
  userdisplayname: 'userDisplayName',
  emailaddress: 'userMail',
  model: 'model',
  manufacturer: 'manufacturer',
  serialnumber: 'serialNumber',
  totalstoragespaceinbytes: 'totalStorageBytes',
  freestoragespaceinbytes: 'freeStorageBytes',
  physicalmemoryinbytes: 'physicalMemoryBytes',
  managementcertificateexpirationdate: 'certificateNotAfterMs',
} as const

/** Devices under management, as Graph pages through them. */
const rowsOf = ({
  devices,
  users,
  groups,
  objects,
}: Store): RowSource<Device, (typeof columns)[keyof typeof columns]> => ({
  columns,
  query: (query) => devices.query({ ...query, among: 'managed' }),
  count: (filter) => devices.count(filter),
  entities: async (rows) => {
    const byId = new Map((await users.getMany(userIdsOf(rows))).map((user) => [user.id, user]))
    const tagsOf = await tagsOfDevices({ groups, objects }, rows)
    return rows.map((device) =>
      managedDevice(device, { user: byId.get(device.userId ?? ''), scopeTagIds: tagsOf(device.id) }),
    )
  },
})

/** A page of the managed devices that the sender sees; `only`: of those for which this holds. */
export async function managedDevicePage(
  request: GraphRequest,
  set = SET,
  only?: RowFilter<DeviceColumn>,
): Promise<GraphAnswer> {
  const { store } = request.control.deps
  const seen = await devicesInReach(store, request.reach, READ_DEVICES)
  return pageAnswer(request, set, await rowPageOf(within(within(rowsOf(store), only), seen), wantedOf(request)))
}

const userIdsOf = (devices: readonly Device[]): string[] => [
  ...new Set(devices.flatMap(({ userId }) => (userId === undefined ? [] : [userId]))),
]

/** The device of the path, if it is under management. */
export async function deviceOf({ control, params }: GraphRequest): Promise<Device> {
  const id = params['id'] ?? ''
  const [device] = await control.deps.store.devices.getMany([id])
  return device?.lifecycle === 'managed' ? device : notFound('managedDevice', id)
}

/** A device with what has been done to it. */
export async function managedDeviceAnswer(request: GraphRequest, device: Device, set = SET): Promise<GraphAnswer> {
  const { store } = request.control.deps
  const [users, actions, tagsOf] = await Promise.all([
    store.users.getMany(userIdsOf([device])),
    store.actions.forDevice(device.id),
    tagsOfDevices(store, [device]),
  ])
  return entityAnswer(request, set, managedDevice(device, { user: users[0], actions, scopeTagIds: tagsOf(device.id) }))
}

/** Submit an action for devices as this request's actor, with one audit event. */
export async function submit(
  request: GraphRequest,
  action: RemoteActionName,
  deviceIds: readonly string[],
  parameters: Readonly<Record<string, unknown>>,
) {
  const { control, actor, correlationId } = request
  const { store, clock, ids } = control.deps
  const tagsOf = await tagsOfDevices(store, await store.devices.getMany(deviceIds))
  const audit = auditOf(
    request,
    {
      activityType: `${action} ManagedDevice`,
      operation: 'Action',
      category: 'Device',
      componentName: 'ManagedDevices',
    },
    ...deviceIds.map((id) => ({
      id,
      type: 'ManagedDevice',
      displayName: '',
      modifiedProperties: [],
      scopeTagIds: tagsOf(id),
    })),
  )
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

const NOBODY = { successful: [], failed: [], notFound: [], notSupported: [] }

const executeAction = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { actionName, deviceIds } = parseBody(Bulk, request.body)
  const { store } = request.control.deps
  const parameters = readBulkParameters(actionName, request.body)
  const action = remoteTaskAction(actionName)
  if (request.reach.access?.may(action) === false) notPermitted()
  const { allowed, outside, unseen } = await devicesByReach(store, request.reach, action, deviceIds)
  const outcome = allowed.length > 0 ? await submit(request, actionName, allowed, parameters) : NOBODY
  return answer(200, {
    '@odata.context': contextOf(request, 'microsoft.graph.bulkManagedDeviceActionResult'),
    successfulDeviceIds: outcome.successful,
    failedDeviceIds: [...outcome.failed, ...outside],
    notFoundDeviceIds: [...outcome.notFound, ...unseen],
    notSupportedDeviceIds: outcome.notSupported,
  })
}

export const managedDeviceRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: BASE,
    role: READ,
    of: { ...DEVICE, many: true },
    handle: (request) => managedDevicePage(request),
  },
  { method: 'POST', path: `${BASE}/executeAction`, role: PRIVILEGED, handle: executeAction },
  {
    method: 'GET',
    path: `${BASE}/{id}`,
    role: READ,
    of: DEVICE,
    handle: async (request) => managedDeviceAnswer(request, await deviceOf(request)),
  },
  { method: 'DELETE', path: `${BASE}/{id}`, role: PRIVILEGED, handle: remove },
  {
    method: 'GET',
    path: `${BASE}/{id}/deviceCompliancePolicyStates`,
    role: READ,
    of: { type: 'deviceCompliancePolicyState', many: true },
    handle: policyStates('compliance', 'deviceCompliancePolicyStates'),
  },
  {
    method: 'GET',
    path: `${BASE}/{id}/deviceConfigurationStates`,
    role: READ,
    of: { type: 'deviceConfigurationState', many: true },
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

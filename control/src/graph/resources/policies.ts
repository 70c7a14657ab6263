import { platformsTouched, publish, revised } from '../../app/publish-policy.ts'
import type { Policy } from '../../domain/model.ts'
import { contextOf, entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
} from '../graph-request.ts'
import { assignmentEntity, readAssignments } from './assignments.ts'
import { iso } from './managed-device.ts'
import { type PolicyWrite, policyEntity, readPolicy, settingInstances } from './policy-shape.ts'

const resources = {
  deviceCompliancePolicies: { noun: 'DeviceCompliancePolicy', category: 'Compliance' },
  deviceConfigurations: { noun: 'DeviceConfiguration', category: 'DeviceConfiguration' },
  compliancePolicies: { noun: 'DeviceManagementCompliancePolicy', category: 'Compliance' },
  configurationPolicies: { noun: 'DeviceManagementConfigurationPolicy', category: 'DeviceConfiguration' },
} as const

type Resource = keyof typeof resources

const READ = 'DeviceManagementConfiguration.Read.All'
const WRITE = 'DeviceManagementConfiguration.ReadWrite.All'

/** Catalogue policies have a block action at once unless told otherwise. */
const BLOCK_AT_ONCE = [{ actionType: 'block', gracePeriodHours: 0 }] as const

function routesOf(resource: Resource): readonly GraphRoute[] {
  const set = `deviceManagement/${resource}`
  const base = `/${set}`
  const { noun, category } = resources[resource]

  const policyOf = async ({ control, params }: GraphRequest): Promise<Policy> => {
    const id = params['id'] ?? ''
    const policy = await control.deps.store.policies.get(id)
    return policy?.graphResource === resource ? policy : notFound(noun, id)
  }

  const write = async (
    request: GraphRequest,
    verb: string,
    before: Policy | undefined,
    after: Policy | undefined,
  ): Promise<void> => {
    const { store, clock, ids } = request.control.deps
    const { control, correlationId } = request
    const subject = after ?? before
    if (!subject) throw new Error('nothing is written')
    const operation =
      verb === 'Assign' ? 'Action' : verb === 'Create' ? 'Create' : verb === 'Delete' ? 'Delete' : 'Patch'
    const audit = auditOf(
      request,
      { activityType: `${verb} ${noun}`, operation, category, componentName: category },
      {
        id: subject.id,
        type: noun,
        displayName: subject.name,
        modifiedProperties: modifiedProperties(auditable(before), auditable(after)),
      },
    )
    const deps = {
      store,
      planning: control.planning,
      clock,
      ids,
      signals: control.signals,
      poke: control.poke,
      relay: () => control.relay.wake(),
    }
    await publish(deps, { correlationId, audit }, platformsTouched(before, after), async (tables) => {
      if (after) await tables.policies.put(after)
      else await tables.policies.delete(subject.id)
    })
  }

  const create = async (request: GraphRequest): Promise<GraphAnswer> => {
    const wanted = readPolicy(resource, request.body)
    const { ids, clock } = request.control.deps
    const nowMs = clock.nowMs()
    const policy: Policy = {
      id: ids.guid(),
      kind: wanted.type.kind,
      platforms: wanted.type.platforms,
      name: wanted.name ?? '',
      description: wanted.description ?? '',
      graphResource: resource,
      graphType: wanted.type.type,
      settings: wanted.settings ?? {},
      scheduledActions: actionsOf(request, wanted),
      assignments: [],
      revision: 1,
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
    }
    await write(request, 'Create', undefined, policy)
    return entityAnswer(request, set, policyEntity(policy), 201)
  }

  const update = async (request: GraphRequest): Promise<GraphAnswer> => {
    const before = await policyOf(request)
    const wanted = readPolicy(resource, request.body, before)
    const after = revised(before, {
      ...before,
      name: wanted.name ?? before.name,
      description: wanted.description ?? before.description,
      // Typed policies are patched property by property, catalogue policies carry all their settings.
      settings: resource.startsWith('device')
        ? { ...before.settings, ...wanted.settings }
        : (wanted.settings ?? before.settings),
      scheduledActions: wanted.scheduledActions ? actionsOf(request, wanted) : before.scheduledActions,
      modifiedAtMs: request.control.deps.clock.nowMs(),
    })
    await write(request, 'Patch', before, after)
    return entityAnswer(request, set, policyEntity(after))
  }

  const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
    await write(request, 'Delete', await policyOf(request), undefined)
    return answer(200)
  }

  const assign = async (request: GraphRequest): Promise<GraphAnswer> => {
    const before = await policyOf(request)
    const assignments = await readAssignments(request, before.id)
    await write(request, 'Assign', before, { ...before, assignments, modifiedAtMs: request.control.deps.clock.nowMs() })
    return answer(200, {
      '@odata.context': contextOf(request, `${set}('${before.id}')/assignments`),
      value: assignments.map(assignmentEntity),
    })
  }

  const statuses = async (request: GraphRequest): Promise<GraphAnswer> => {
    const policy = await policyOf(request)
    const { store } = request.control.deps
    const rows = await store.devicePolicies.page({ policyId: policy.id, limit: 100_000 })
    const devices = new Map(
      (await store.devices.getMany(rows.map((row) => row.deviceId))).map((device) => [device.id, device]),
    )
    return memoryPage(
      request,
      `${set}('${policy.id}')/deviceStatuses`,
      rows.map((row) => ({
        id: `${policy.id}_${row.deviceId}`,
        deviceId: row.deviceId,
        deviceDisplayName: devices.get(row.deviceId)?.inventory.deviceName ?? '',
        deviceModel: devices.get(row.deviceId)?.inventory.hardware.model ?? '',
        status: row.reportedRevision === row.revision ? row.state : 'pending',
        lastReportedDateTime: row.lastReportedAtMs === undefined ? null : iso(row.lastReportedAtMs),
        settings: row.settings,
      })),
    )
  }

  return [
    {
      method: 'GET',
      path: base,
      role: READ,
      handle: async (request) => {
        const policies = await request.control.deps.store.policies.list()
        return memoryPage(
          request,
          set,
          policies.filter((policy) => policy.graphResource === resource).map(policyEntity),
        )
      },
    },
    { method: 'POST', path: base, role: WRITE, handle: create },
    {
      method: 'GET',
      path: `${base}/{id}`,
      role: READ,
      handle: async (request) => entityAnswer(request, set, policyEntity(await policyOf(request))),
    },
    { method: 'PATCH', path: `${base}/{id}`, role: WRITE, handle: update },
    ...(resource.startsWith('device')
      ? []
      : [{ method: 'PUT', path: `${base}/{id}`, role: WRITE, handle: update } as const]),
    { method: 'DELETE', path: `${base}/{id}`, role: WRITE, handle: remove },
    { method: 'POST', path: `${base}/{id}/assign`, role: WRITE, handle: assign },
    {
      method: 'GET',
      path: `${base}/{id}/assignments`,
      role: READ,
      handle: async (request) =>
        memoryPage(request, `${set}/assignments`, (await policyOf(request)).assignments.map(assignmentEntity)),
    },
    {
      method: 'GET',
      path: `${base}/{id}/settings`,
      role: READ,
      handle: async (request) => memoryPage(request, `${set}/settings`, settingInstances(await policyOf(request))),
    },
    { method: 'GET', path: `${base}/{id}/deviceStatuses`, role: READ, handle: statuses },
  ]
}

const actionsOf = ({ control }: GraphRequest, { scheduledActions, type }: PolicyWrite): Policy['scheduledActions'] =>
  type.kind === 'configuration'
    ? []
    : (scheduledActions ?? BLOCK_AT_ONCE).map((action) => ({ id: control.deps.ids.guid(), ...action }))

/** What an audit event compares of a policy. */
const auditable = (policy: Policy | undefined): object | undefined =>
  policy && {
    name: policy.name,
    description: policy.description,
    ...policy.settings,
    scheduledActions: policy.scheduledActions.map(({ id: _, ...action }) => action),
    assignments: policy.assignments,
  }

export const policyRoutes: readonly GraphRoute[] = (Object.keys(resources) as Resource[]).flatMap(routesOf)

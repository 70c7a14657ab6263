import type { Tables } from '../../app/ports.ts'
import { revised } from '../../app/publish-policy.ts'
import type { AssignmentFilter, AuditEvent, Policy } from '../../domain/model.ts'
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
import { publishFrom } from '../publishing.ts'
import { eitherTags, shownTags, writtenTags } from '../roles/written-tags.ts'
import { statusesOf } from '../write-statuses.ts'
import { assignmentEntity, readAssignments } from './assignments.ts'
import { policyEntity, settingInstances } from './policy-shape.ts'
import { policyStatuses, statusYields } from './policy-statuses.ts'
import { type PolicyWrite, readPolicy } from './policy-write.ts'
import { BLOCK_AT_ONCE, readActionsBody, scheduledActionEntities, withIds } from './scheduled-actions.ts'

const resources = {
  deviceCompliancePolicies: {
    noun: 'DeviceCompliancePolicy',
    type: 'deviceCompliancePolicy',
    category: 'Compliance',
    assignment: 'deviceCompliancePolicyAssignment',
  },
  deviceConfigurations: {
    noun: 'DeviceConfiguration',
    type: 'deviceConfiguration',
    category: 'DeviceConfiguration',
    assignment: 'deviceConfigurationAssignment',
  },
  compliancePolicies: {
    noun: 'DeviceManagementCompliancePolicy',
    type: 'deviceManagementCompliancePolicy',
    category: 'Compliance',
    assignment: 'deviceManagementConfigurationPolicyAssignment',
  },
  configurationPolicies: {
    noun: 'DeviceManagementConfigurationPolicy',
    type: 'deviceManagementConfigurationPolicy',
    category: 'DeviceConfiguration',
    assignment: 'deviceManagementConfigurationPolicyAssignment',
  },
} as const

type Resource = keyof typeof resources
type Verb = 'Create' | 'Patch' | 'Delete' | 'Assign' | 'ScheduleActions'

const READ = 'DeviceManagementConfiguration.Read.All'
const WRITE = 'DeviceManagementConfiguration.ReadWrite.All'

/** Typed policies are patched property by property, catalogue policies carry all their settings. */
const isTyped = (resource: Resource): boolean => resource.startsWith('device')

async function policyOf(
  { policies }: Pick<Tables, 'policies'>,
  resource: Resource,
  { params }: GraphRequest,
): Promise<Policy> {
  const id = params['id'] ?? ''
  const policy = await policies.get(id)
  return policy?.graphResource === resource ? policy : notFound(resources[resource].noun, id)
}

/** What an audit event compares of a policy. */
const auditable = (policy: Policy | undefined): object | undefined =>
  policy && {
    name: policy.name,
    description: policy.description,
    roleScopeTagIds: shownTags(policy),
    ...policy.settings,
    scheduledActions: policy.scheduledActions.map(({ id: _, ...action }) => action),
    assignments: policy.assignments,
  }

function audit(
  request: GraphRequest,
  resource: Resource,
  verb: Verb,
  before: Policy | undefined,
  after: Policy | undefined,
): AuditEvent {
  const { noun, category } = resources[resource]
  const operation = verb === 'Assign' || verb === 'ScheduleActions' ? 'Action' : verb
  return auditOf(
    request,
    { activityType: `${verb} ${noun}`, operation, category, componentName: category },
    {
      id: (after ?? before)?.id ?? '',
      type: noun,
      displayName: (after ?? before)?.name ?? '',
      scopeTagIds: eitherTags(before, after),
      modifiedProperties: modifiedProperties(auditable(before), auditable(after)),
    },
  )
}

/** Change the policy of the path and publish it; what is changed is read in the same transaction. */
async function change(
  request: GraphRequest,
  resource: Resource,
  verb: Verb,
  how: (before: Policy, tables: Tables) => Promise<Policy | undefined>,
): Promise<Policy | undefined> {
  // The platforms of a policy never change.
  const { platforms } = await policyOf(request.control.deps.store, resource, request)
  return publishFrom(request, platforms, async (tables) => {
    const before = await policyOf(tables, resource, request)
    const after = await how(before, tables)
    if (after) await tables.policies.put(after)
    else await tables.policies.delete(before.id)
    const evaluate = after !== undefined && after.scheduledActions !== before.scheduledActions
    return { audit: audit(request, resource, verb, before, after), evaluate, answer: after }
  })
}

const create =
  (resource: Resource) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const wanted = readPolicy(resource, request.body)
    const { ids, clock } = request.control.deps
    const nowMs = clock.nowMs()
    const isCompliance = wanted.type.kind === 'compliance'
    const policy = await publishFrom(request, wanted.type.platforms, async (tables) => {
      const actions = isCompliance ? (wanted.scheduledActions ?? BLOCK_AT_ONCE) : []
      const made: Policy = {
        id: ids.guid(),
        ...writtenTags(request),
        kind: wanted.type.kind,
        platforms: wanted.type.platforms,
        name: wanted.name ?? '',
        description: wanted.description ?? '',
        graphResource: resource,
        graphType: wanted.type.type,
        settings: wanted.settings ?? {},
        ...(wanted.further ? { further: wanted.further } : {}),
        scheduledActions: await withIds(tables, request, [], actions),
        assignments: [],
        revision: 1,
        createdAtMs: nowMs,
        modifiedAtMs: nowMs,
      }
      await tables.policies.put(made)
      // Nobody is assigned yet.
      return { audit: audit(request, resource, 'Create', undefined, made), devices: [], answer: made }
    })
    return entityAnswer(
      request,
      `deviceManagement/${resource}`,
      policyEntity(policy),
      statusesOf(`deviceManagement/${resource}`).create,
    )
  }

const patchedSettings = ({ settings }: Policy, wanted: PolicyWrite): Policy['settings'] => ({
  ...Object.fromEntries(Object.entries(settings).filter(([name]) => !wanted.unset.includes(name))),
  ...wanted.settings,
})

const update =
  (resource: Resource) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const modifiedAtMs = request.control.deps.clock.nowMs()
    await change(request, resource, 'Patch', async (before, tables) => {
      const wanted = readPolicy(resource, request.body, before)
      const { scopeTagIds: _, ...rest } = before
      return revised(before, {
        ...rest,
        ...writtenTags(request, before),
        name: wanted.name ?? before.name,
        description: wanted.description ?? before.description,
        settings: isTyped(resource) ? patchedSettings(before, wanted) : (wanted.settings ?? before.settings),
        further: wanted.further,
        scheduledActions: wanted.scheduledActions
          ? await withIds(tables, request, before.scheduledActions, wanted.scheduledActions)
          : before.scheduledActions,
        modifiedAtMs,
      })
    })
    return answer(statusesOf(`deviceManagement/${resource}`).patch)
  }

const scheduleActions =
  (resource: Resource, key: string) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const wanted = readActionsBody(request.body, key)
    const modifiedAtMs = request.control.deps.clock.nowMs()
    await change(request, resource, 'ScheduleActions', async (before, tables) => ({
      ...before,
      scheduledActions: await withIds(tables, request, before.scheduledActions, wanted),
      modifiedAtMs,
    }))
    return answer(200)
  }

const assign =
  (resource: Resource) =>
  async (request: GraphRequest): Promise<GraphAnswer> => {
    const modifiedAtMs = request.control.deps.clock.nowMs()
    const after = await change(request, resource, 'Assign', async (before, tables) => {
      const objection = ({ platforms, managementType }: AssignmentFilter): string | undefined =>
        managementType === 'devices' && platforms.some((platform) => before.platforms.includes(platform))
          ? undefined
          : 'the filter is for other platforms, or for apps'
      const owner = { ownerId: before.id, key: 'assignments', objection }
      return { ...before, assignments: await readAssignments(tables, request.body, owner), modifiedAtMs }
    })
    return answer(statusesOf(`deviceManagement/${resource}`).assign, {
      '@odata.context': contextOf(request, `deviceManagement/${resource}('${after?.id}')/assignments`),
      value: after?.assignments.map(assignmentEntity) ?? [],
    })
  }

function routesOf(resource: Resource): readonly GraphRoute[] {
  const set = `deviceManagement/${resource}`
  const base = `/${set}`
  const one = (request: GraphRequest) => policyOf(request.control.deps.store, resource, request)
  const actions = {
    deviceCompliancePolicies: ['scheduleActionsForRules', 'deviceComplianceScheduledActionForRules'],
    compliancePolicies: ['setScheduledActions', 'scheduledActions'],
    deviceConfigurations: undefined,
    configurationPolicies: undefined,
  }[resource]
  const list = async (request: GraphRequest): Promise<GraphAnswer> => {
    const policies = (await request.control.deps.store.policies.list()).filter(
      (each) => each.graphResource === resource,
    )
    return memoryPage(request, set, policies.map(policyEntity))
  }
  const part =
    (name: string, of: (policy: Policy) => readonly Readonly<Record<string, unknown>>[]) =>
    async (request: GraphRequest): Promise<GraphAnswer> => {
      const policy = await one(request)
      return memoryPage(request, `${set}('${policy.id}')/${name}`, of(policy))
    }
  const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
    await change(request, resource, 'Delete', async () => undefined)
    return answer(statusesOf(set).remove)
  }
  const route = (
    method: GraphRoute['method'],
    path: string,
    handle: GraphRoute['handle'],
    of?: GraphRoute['of'],
  ): GraphRoute => ({
    method,
    path: `${base}${path}`,
    role: method === 'GET' ? READ : WRITE,
    ...(of ? { of } : {}),
    handle,
  })
  const { type, assignment } = resources[resource]
  return [
    route('GET', '', list, { type, many: true }),
    route('POST', '', create(resource)),
    route('GET', '/{id}', async (request) => entityAnswer(request, set, policyEntity(await one(request))), { type }),
    route('PATCH', '/{id}', update(resource)),
    ...(isTyped(resource) ? [] : [route('PUT', '/{id}', update(resource))]),
    route('DELETE', '/{id}', remove),
    route('POST', '/{id}/assign', assign(resource)),
    ...(actions ? [route('POST', `/{id}/${actions[0]}`, scheduleActions(resource, actions[1] ?? ''))] : []),
    route(
      'GET',
      '/{id}/assignments',
      part('assignments', ({ assignments }) => assignments.map(assignmentEntity)),
      { type: assignment, many: true },
    ),
    route('GET', '/{id}/scheduledActionsForRule', part('scheduledActionsForRule', scheduledActionEntities), {
      type: 'deviceComplianceScheduledActionForRule',
      many: true,
    }),
    route('GET', '/{id}/settings', part('settings', settingInstances), {
      type: 'deviceManagementConfigurationSetting',
      many: true,
    }),
    route(
      'GET',
      '/{id}/deviceStatuses',
      async (request) => policyStatuses(request, set, await one(request)),
      statusYields,
    ),
  ]
}

export const policyRoutes: readonly GraphRoute[] = (Object.keys(resources) as Resource[]).flatMap(routesOf)

import { PlatformName } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { Tables } from '../../app/ports.ts'
import type { AssignmentFilter, Device } from '../../domain/model.ts'
import { filterDevice } from '../../domain/rule-subjects.ts'
import { type AssignmentFilterRule, parseAssignmentFilter } from '../../domain/rules/index.ts'
import { objectBody, parseBody } from '../body.ts'
import { contextOf, entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
  orRefuse,
} from '../graph-request.ts'
import { publishFrom } from '../publishing.ts'
import { READ_DEVICES } from '../roles/device-sight.ts'
import { sightOf } from '../roles/sight.ts'
import { eitherTags, shownTags, writtenTags } from '../roles/written-tags.ts'
import { statusesOf } from '../write-statuses.ts'
import { readWritten } from '../written.ts'
import { iso } from './managed-device.ts'

const SET = 'deviceManagement/assignmentFilters'
const TYPE = 'deviceAndAppManagementAssignmentFilter'
const STATUSES = statusesOf(SET)
const READ = 'DeviceManagementConfiguration.Read.All'
const WRITE = 'DeviceManagementConfiguration.ReadWrite.All'

/** Filters that a tenant may have. */
const FILTERS_MAX = 200

/** Graph's `platform` → platforms, beside our own names; iPads go with iPhones. */
const platformsOf: Readonly<Record<string, readonly PlatformName[]>> = {
  ...Object.fromEntries(PlatformName.options.map((name) => [name, [name]])),
  windows10AndLater: ['windows'],
  androidForWork: ['android'],
  androidWorkProfile: ['android'],
  androidAOSP: ['android'],
  iOS: ['iOS', 'iPadOS'],
}

/** Graph's platforms of filters for managed apps. */
const appPlatformsOf: Readonly<Record<string, readonly PlatformName[]>> = {
  androidMobileApplicationManagement: ['android'],
  iOSMobileApplicationManagement: ['iOS', 'iPadOS'],
  windowsMobileApplicationManagement: ['windows'],
}

const filterEntity = (filter: AssignmentFilter): Readonly<Record<string, unknown>> => ({
  id: filter.id,
  displayName: filter.displayName,
  description: filter.description,
  platform: filter.graphPlatform,
  rule: filter.rule,
  assignmentFilterManagementType: filter.managementType,
  roleScopeTags: shownTags(filter),
  createdDateTime: iso(filter.createdAtMs),
  lastModifiedDateTime: iso(filter.modifiedAtMs),
})

const names = [...Object.keys(platformsOf), ...Object.keys(appPlatformsOf)] as [string, ...string[]]
const RuleShape = z.object({
  platform: z.enum(names),
  rule: z.string().min(1),
  assignmentFilterManagementType: z.enum(['devices', 'apps']).optional(),
})
const FilterShape = RuleShape.extend({
  displayName: z.string().min(1).max(200),
  description: z.string().max(1_000).nullish(),
})
const FilterPatch = z.object({
  displayName: z.string().min(1).max(200).optional(),
  description: z.string().max(1_000).nullish(),
  rule: z.string().min(1).optional(),
})

type Described = Pick<AssignmentFilter, 'platforms' | 'managementType'> & { readonly parsed: AssignmentFilterRule }

function readRule({ platform, rule, assignmentFilterManagementType }: z.infer<typeof RuleShape>): Described {
  const forApps = appPlatformsOf[platform]
  const managementType = forApps ? 'apps' : 'devices'
  if (assignmentFilterManagementType !== undefined && assignmentFilterManagementType !== managementType) {
    throw new CodedError('graph/bad-body', `${platform} is a platform of filters for ${managementType}`, {
      at: 'assignmentFilterManagementType',
    })
  }
  const platforms = forApps ?? platformsOf[platform] ?? []
  const [first = 'windows'] = platforms
  return { platforms, managementType, parsed: orRefuse(parseAssignmentFilter(rule, first, managementType)) }
}

const audit = (
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  before: AssignmentFilter | undefined,
  after: AssignmentFilter | undefined,
) =>
  auditOf(
    request,
    {
      activityType: `${operation} DeviceAndAppManagementAssignmentFilter`,
      operation,
      category: 'DeviceConfiguration',
      componentName: 'DeviceConfiguration',
    },
    {
      id: (after ?? before)?.id ?? '',
      type: 'DeviceAndAppManagementAssignmentFilter',
      displayName: (after ?? before)?.displayName ?? '',
      scopeTagIds: eitherTags(before, after),
      modifiedProperties: modifiedProperties(before && filterEntity(before), after && filterEntity(after)),
    },
  )

/** Against Graph's type, but for the platform: Muster has more of them. */
function checkWritten(request: GraphRequest, mode: 'create' | 'patch'): void {
  const { platform: _, ...body } = objectBody(request.body)
  readWritten({ ...request, body }, TYPE, mode)
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, ids, clock } = request.control.deps
  checkWritten(request, 'create')
  const wanted = parseBody(FilterShape, request.body)
  const { platforms, managementType } = readRule(wanted)
  const nowMs = clock.nowMs()
  const filter: AssignmentFilter = {
    id: ids.guid(),
    ...writtenTags(request),
    displayName: wanted.displayName,
    description: wanted.description ?? '',
    platforms,
    graphPlatform: wanted.platform,
    managementType,
    rule: wanted.rule,
    createdAtMs: nowMs,
    modifiedAtMs: nowMs,
  }
  // Nothing is assigned with it yet, so nobody is touched.
  await store.transaction(async (tables) => {
    if ((await tables.filters.list()).length >= FILTERS_MAX)
      throw new CodedError('graph/quota', `a tenant has at most ${FILTERS_MAX} assignment filters`)
    await tables.filters.put(filter)
    await tables.audit.append([audit(request, 'Create', undefined, filter)])
    request.control.planning.invalidate()
  })
  return entityAnswer(request, SET, filterEntity(filter), STATUSES.create)
}

async function filterOf({ filters }: Pick<Tables, 'filters'>, { params }: GraphRequest): Promise<AssignmentFilter> {
  const id = params['id'] ?? ''
  return (await filters.get(id)) ?? notFound('deviceAndAppManagementAssignmentFilter', id)
}

const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  checkWritten(request, 'patch')
  const wanted = parseBody(FilterPatch, request.body)
  const { clock } = request.control.deps
  const filter = await publishFrom(request, undefined, async (tables) => {
    const before = await filterOf(tables, request)
    const { scopeTagIds: _, ...rest } = before
    const after: AssignmentFilter = {
      ...rest,
      ...writtenTags(request, before),
      displayName: wanted.displayName ?? before.displayName,
      description: wanted.description === undefined ? before.description : (wanted.description ?? ''),
      rule: wanted.rule ?? before.rule,
      modifiedAtMs: clock.nowMs(),
    }
    readRule({ platform: after.graphPlatform, rule: after.rule })
    await tables.filters.put(after)
    return { audit: audit(request, 'Patch', before, after), answer: after }
  })
  return entityAnswer(request, SET, filterEntity(filter))
}

/** A filter that an assignment needs cannot be deleted. */
const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await request.control.deps.store.transaction(async (tables) => {
    const filter = await filterOf(tables, request)
    const owners = [...(await tables.policies.list()), ...(await tables.restrictions.list())]
    if (owners.some(({ assignments }) => assignments.some((assignment) => assignment.filter?.id === filter.id)))
      throw new CodedError('graph/in-use', `the filter ${filter.displayName} is used by an assignment`)
    await tables.filters.delete(filter.id)
    await tables.audit.append([audit(request, 'Delete', filter, undefined)])
    request.control.planning.invalidate()
  })
  return answer(STATUSES.remove)
}

/** Whether a rule would be taken, without keeping it. */
const validate = async (request: GraphRequest): Promise<GraphAnswer> => {
  const Body = z.object({ deviceAndAppManagementAssignmentFilter: RuleShape })
  readRule(parseBody(Body, request.body).deviceAndAppManagementAssignmentFilter)
  return answer(200, {
    '@odata.context': contextOf(request, 'microsoft.graph.assignmentFilterValidationResult'),
    isValidRule: true,
  })
}

/** The devices that a rule matches now. */
const evaluate = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const wanted = parseBody(z.object({ data: RuleShape }), request.body).data
  const { platforms, parsed } = readRule(wanted)
  const seen = sightOf(store, request.reach, READ_DEVICES)
  const matching: Device[] = []
  for (let after: string | undefined; ; ) {
    const page = await store.devices.page({ limit: 1_000, platforms, ...(after === undefined ? {} : { after }) })
    matching.push(...(await seen.devices(page)).filter((device) => parsed.matches(filterDevice(device))))
    after = page.at(-1)?.id
    if (page.length < 1_000) break
  }
  return memoryPage(
    request,
    'deviceManagement/managedDevices',
    matching.map(({ id, inventory }) => ({ id, deviceName: inventory.deviceName, osVersion: inventory.os.version })),
  )
}

const FILTER = { type: 'deviceAndAppManagementAssignmentFilter' }

export const assignmentFilterRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `/${SET}`,
    role: READ,
    of: { ...FILTER, many: true },
    handle: async (request) =>
      memoryPage(request, SET, (await request.control.deps.store.filters.list()).map(filterEntity)),
  },
  { method: 'POST', path: `/${SET}`, role: WRITE, handle: create },
  {
    method: 'GET',
    path: `/${SET}/{id}`,
    role: READ,
    of: FILTER,
    handle: async (request) =>
      entityAnswer(request, SET, filterEntity(await filterOf(request.control.deps.store, request))),
  },
  { method: 'PATCH', path: `/${SET}/{id}`, role: WRITE, handle: update },
  { method: 'DELETE', path: `/${SET}/{id}`, role: WRITE, handle: remove },
  { method: 'POST', path: `/${SET}/validateFilter`, role: READ, handle: validate },
  { method: 'POST', path: '/deviceManagement/evaluateAssignmentFilter', role: READ, handle: evaluate },
]

import type { PlatformName } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Tables } from '../../app/ports.ts'
import { withDefaults } from '../../domain/default-restrictions.ts'
import type { AssignmentFilter, AuditEvent, EnrolmentRestriction } from '../../domain/model.ts'
import { restrictionFilterProperties } from '../../domain/rule-subjects.ts'
import { parseAssignmentFilter, propertiesOf } from '../../domain/rules/index.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
} from '../graph-request.ts'
import { eitherTags, writtenTags } from '../roles/written-tags.ts'
import { statusesOf } from '../write-statuses.ts'
import { readWritten } from '../written.ts'
import { assignmentEntity, readAssignments } from './assignments.ts'
import {
  CreateShape,
  changed,
  PriorityShape,
  platformsByType,
  readRule,
  restrictionEntity,
} from './enrolment-restriction-shape.ts'

const SET = 'deviceManagement/deviceEnrollmentConfigurations'
const STATUSES = statusesOf(SET)
const READ = 'DeviceManagementServiceConfig.Read.All'
const WRITE = 'DeviceManagementServiceConfig.ReadWrite.All'

/** Platform restrictions beside the default. */
const CUSTOM_MAX = 25

/** Defaults go by an id that begins with the tenant's. */
const storedId = ({ params, tenantId }: GraphRequest): string => (params['id'] ?? '').replace(`${tenantId}_`, '')

const entityOf = (restriction: EnrolmentRestriction, { tenantId }: GraphRequest) =>
  restrictionEntity(restriction, restriction.isDefault ? `${tenantId}_${restriction.id}` : restriction.id)

async function restrictionOf(
  { restrictions }: Pick<Tables, 'restrictions'>,
  request: GraphRequest,
): Promise<EnrolmentRestriction> {
  const id = storedId(request)
  const found = withDefaults(await restrictions.list()).find((each) => each.id === id)
  return found ?? notFound('deviceEnrollmentConfiguration', request.params['id'] ?? '')
}

function audit(
  request: GraphRequest,
  operation: AuditEvent['operation'],
  before: EnrolmentRestriction | undefined,
  after: EnrolmentRestriction | undefined,
): AuditEvent {
  const shown = (each: EnrolmentRestriction) => ({ ...entityOf(each, request), assignments: each.assignments })
  return auditOf(
    request,
    {
      activityType: `${operation} DeviceEnrollmentConfiguration`,
      operation,
      category: 'Enrollment',
      componentName: 'Enrollment',
    },
    {
      id: (after ?? before)?.id ?? '',
      type: 'DeviceEnrollmentConfiguration',
      displayName: (after ?? before)?.displayName ?? '',
      scopeTagIds: eitherTags(before, after),
      modifiedProperties: modifiedProperties(before && shown(before), after && shown(after)),
    },
  )
}

const ofKind = (all: readonly EnrolmentRestriction[], kind: EnrolmentRestriction['rule']['kind']) =>
  all.filter((each) => !each.isDefault && each.rule.kind === kind).toSorted((a, b) => a.priority - b.priority)

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, ids, clock } = request.control.deps
  readWritten({ ...request, version: 'beta' }, 'deviceEnrollmentConfiguration', 'create')
  const wanted = parseBody(CreateShape, request.body)
  const nowMs = clock.nowMs()
  const restriction = await store.transaction(async (tables) => {
    const rule = readRule(wanted)
    const others = ofKind(await tables.restrictions.list(), rule.kind)
    if (others.length >= CUSTOM_MAX)
      throw new CodedError(
        'graph/quota',
        `a tenant has at most ${CUSTOM_MAX} restrictions of a kind beside the default`,
      )
    const made: EnrolmentRestriction = {
      id: ids.guid(),
      ...writtenTags(request),
      displayName: wanted.displayName,
      description: wanted.description ?? '',
      priority: 1 + Math.max(0, ...others.map(({ priority }) => priority)),
      isDefault: false,
      rule,
      assignments: [],
      createdAtMs: nowMs,
      modifiedAtMs: nowMs,
    }
    await tables.restrictions.put(made)
    await tables.audit.append([audit(request, 'Create', undefined, made)])
    return made
  })
  return entityAnswer(request, SET, entityOf(restriction, request), STATUSES.create)
}

/** Change a restriction in one transaction; it holds for enrolments from then on. */
async function change(
  request: GraphRequest,
  operation: 'Patch' | 'Action',
  how: (before: EnrolmentRestriction, tables: Tables) => Promise<EnrolmentRestriction> | EnrolmentRestriction,
): Promise<EnrolmentRestriction> {
  const { store, clock } = request.control.deps
  return store.transaction(async (tables) => {
    const before = await restrictionOf(tables, request)
    const after = { ...(await how(before, tables)), modifiedAtMs: clock.nowMs() }
    await tables.restrictions.put(after)
    await tables.audit.append([audit(request, operation, before, after)])
    return after
  })
}

const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const after = await change(request, 'Patch', (before) => {
    const { scopeTagIds: _, ...after } = changed(before, request.body)
    return { ...after, ...writtenTags(request, before) }
  })
  return entityAnswer(request, SET, entityOf(after, request))
}

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await request.control.deps.store.transaction(async (tables) => {
    const before = await restrictionOf(tables, request)
    if (before.isDefault) throw new CodedError('graph/in-use', 'the default restriction cannot be deleted')
    await tables.restrictions.delete(before.id)
    await tables.audit.append([audit(request, 'Delete', before, undefined)])
  })
  return answer(STATUSES.remove)
}

/** Move a restriction among those of its kind; the others close up. */
const setPriority = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { priority } = parseBody(PriorityShape, request.body)
  await change(request, 'Action', async (before, tables) => {
    if (before.isDefault) badBody('the default restriction always comes last', 'priority')
    const others = ofKind(await tables.restrictions.list(), before.rule.kind).filter(({ id }) => id !== before.id)
    const inOrder = [...others.slice(0, priority - 1), before, ...others.slice(priority - 1)]
    for (const [index, each] of inOrder.entries()) await tables.restrictions.put({ ...each, priority: index + 1 })
    return { ...before, priority: inOrder.indexOf(before) + 1 }
  })
  return answer(200)
}

/** Why a filter cannot stand on a restriction: a device that enrols is known by a few properties only. */
function objectionTo(filter: AssignmentFilter): string | undefined {
  const [first] = filter.platforms
  const parsed = first && parseAssignmentFilter(filter.rule, first)
  if (filter.managementType !== 'devices' || !parsed?.ok) return 'the filter is not for devices'
  if (filter.platforms.some((platform) => withoutFilters.has(platform)))
    return 'restrictions of this platform take no filters'
  const unknown = [...propertiesOf(parsed.value.expression)].find((name) => !restrictionFilterProperties.has(name))
  return unknown === undefined ? undefined : `a device that enrols has no ${unknown} yet`
}

const withoutFilters: ReadonlySet<PlatformName> = new Set(platformsByType['android'])

const assign = async (request: GraphRequest): Promise<GraphAnswer> => {
  await change(request, 'Action', async (before, tables) => {
    if (before.isDefault) badBody('the default restriction is for everybody', 'enrollmentConfigurationAssignments')
    const key = 'enrollmentConfigurationAssignments'
    return {
      ...before,
      assignments: await readAssignments(tables, request.body, { ownerId: before.id, key, objection: objectionTo }),
    }
  })
  return answer(STATUSES.assign)
}

const RESTRICTION = { type: 'deviceEnrollmentConfiguration' }

export const enrolmentRestrictionRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `/${SET}`,
    role: READ,
    of: { ...RESTRICTION, many: true },
    handle: async (request) => {
      const all = withDefaults(await request.control.deps.store.restrictions.list())
      return memoryPage(
        request,
        SET,
        all.map((each) => entityOf(each, request)),
      )
    },
  },
  { method: 'POST', path: `/${SET}`, role: WRITE, handle: create },
  {
    method: 'GET',
    path: `/${SET}/{id}`,
    role: READ,
    of: RESTRICTION,
    handle: async (request) =>
      entityAnswer(request, SET, entityOf(await restrictionOf(request.control.deps.store, request), request)),
  },
  { method: 'PATCH', path: `/${SET}/{id}`, role: WRITE, handle: update },
  { method: 'DELETE', path: `/${SET}/{id}`, role: WRITE, handle: remove },
  { method: 'POST', path: `/${SET}/{id}/setPriority`, role: WRITE, handle: setPriority },
  { method: 'POST', path: `/${SET}/{id}/assign`, role: WRITE, handle: assign },
  {
    method: 'GET',
    path: `/${SET}/{id}/assignments`,
    role: READ,
    of: { type: 'enrollmentConfigurationAssignment', many: true },
    handle: async (request) => {
      const { id, assignments } = await restrictionOf(request.control.deps.store, request)
      return memoryPage(request, `${SET}('${id}')/assignments`, assignments.map(assignmentEntity))
    },
  },
]

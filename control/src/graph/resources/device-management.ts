import { PlatformName } from '@muster/shared/contracts'
import { z } from 'zod'
import { publish } from '../../app/publish-policy.ts'
import type { AssignmentFilter, AuditEvent, EnrolmentRestriction } from '../../domain/model.ts'
import { parseAssignmentFilter } from '../../domain/rules/index.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
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
import { readAssignments } from './assignments.ts'
import { iso } from './managed-device.ts'
import { badBody } from './policy-shape.ts'

type Entity = Readonly<Record<string, unknown>>

const READ = 'DeviceManagementConfiguration.Read.All'
const WRITE = 'DeviceManagementConfiguration.ReadWrite.All'
const SERVICE_WRITE = 'DeviceManagementServiceConfig.ReadWrite.All'

function parse<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  return badBody(issue?.message ?? 'another body was expected', issue?.path.join('.') ?? '')
}

const getRoot = async (request: GraphRequest): Promise<GraphAnswer> =>
  entityAnswer(request, 'deviceManagement', {
    id: request.tenantId,
    intuneAccountId: request.tenantId,
    subscriptionState: 'active',
    settings: await request.control.deps.store.settings.get(),
  })

const RootShape = z.object({
  settings: z
    .object({ secureByDefault: z.boolean(), deviceComplianceCheckinThresholdDays: z.number().int().min(1).max(120) })
    .partial(),
})

const patchRoot = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { settings } = parse(RootShape, request.body)
  await request.control.deps.store.transaction(async (tables) => {
    const before = await tables.settings.get()
    const after = {
      secureByDefault: settings.secureByDefault ?? before.secureByDefault,
      deviceComplianceCheckinThresholdDays:
        settings.deviceComplianceCheckinThresholdDays ?? before.deviceComplianceCheckinThresholdDays,
    }
    await tables.settings.put(after)
    await tables.audit.append([
      audit(
        request,
        'Patch',
        'DeviceManagementSettings',
        request.tenantId,
        'Settings',
        modifiedProperties(before, after),
      ),
    ])
  })
  return answer(204)
}

const audit = (
  request: GraphRequest,
  operation: AuditEvent['operation'],
  type: string,
  id: string,
  displayName: string,
  modified: AuditEvent['resources'][number]['modifiedProperties'] = [],
): AuditEvent =>
  auditOf(
    request,
    { activityType: `${operation} ${type}`, operation, category: 'Enrollment', componentName: 'DeviceManagement' },
    { id, type, displayName, modifiedProperties: modified },
  )

const filterEntity = (filter: AssignmentFilter): Entity => ({
  id: filter.id,
  displayName: filter.displayName,
  description: filter.description,
  platform: filter.platform,
  rule: filter.rule,
  assignmentFilterManagementType: 'devices',
  createdDateTime: iso(filter.createdAtMs),
})

/** Graph's platform members beside our own names. */
const filterPlatforms: Readonly<Record<string, PlatformName>> = {
  windows10AndLater: 'windows',
  androidForWork: 'android',
  ...Object.fromEntries(PlatformName.options.map((name) => [name, name])),
}

const FilterShape = z.object({
  displayName: z.string().min(1).max(200),
  description: z.string().max(1_000).default(''),
  platform: z.enum(Object.keys(filterPlatforms) as [string, ...string[]]),
  rule: z.string().min(1),
})

const createFilter = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, ids, clock } = request.control.deps
  const { displayName, description, platform, rule } = parse(FilterShape, request.body)
  const name = filterPlatforms[platform] ?? 'windows'
  orRefuse(parseAssignmentFilter(rule, name))
  const filter: AssignmentFilter = {
    id: ids.guid(),
    displayName,
    description,
    platform: name,
    rule,
    createdAtMs: clock.nowMs(),
  }
  await store.transaction(async (tables) => {
    await tables.filters.put(filter)
    await tables.audit.append([
      audit(request, 'Create', 'DeviceAndAppManagementAssignmentFilter', filter.id, displayName),
    ])
  })
  request.control.planning.invalidate()
  return entityAnswer(request, 'deviceManagement/assignmentFilters', filterEntity(filter), 201)
}

const deleteFilter = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { control, correlationId, params } = request
  const { store, clock, ids } = control.deps
  const filter =
    (await store.filters.get(params['id'] ?? '')) ??
    notFound('deviceAndAppManagementAssignmentFilter', params['id'] ?? '')
  const deps = {
    store,
    planning: control.planning,
    clock,
    ids,
    signals: control.signals,
    poke: control.poke,
    relay: () => control.relay.wake(),
  }
  const event = audit(request, 'Delete', 'DeviceAndAppManagementAssignmentFilter', filter.id, filter.displayName)
  await publish(deps, { correlationId, audit: event }, undefined, async (tables) => {
    await tables.filters.delete(filter.id)
  })
  return answer(200)
}

/** Graph's `platformType` of a restriction → platforms; iPads go with iPhones. */
const restrictionPlatforms: Readonly<Record<string, readonly PlatformName[]>> = {
  windows: ['windows'],
  mac: ['macOS'],
  ios: ['iOS', 'iPadOS'],
  tvOS: ['tvOS'],
  visionOS: ['visionOS'],
  android: ['android'],
  linux: ['linux'],
}

const RestrictionShape = z.discriminatedUnion('@odata.type', [
  z.object({
    '@odata.type': z.literal('#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration'),
    displayName: z.string().min(1).max(200),
    platformType: z.enum(Object.keys(restrictionPlatforms) as [string, ...string[]]),
    platformRestriction: z.object({
      platformBlocked: z.boolean().default(false),
      personalDeviceEnrollmentBlocked: z.boolean().default(false),
      osMinimumVersion: z.string().max(40).nullish(),
      osMaximumVersion: z.string().max(40).nullish(),
      blockedManufacturers: z.array(z.string().max(80)).max(50).default([]),
    }),
  }),
  z.object({
    '@odata.type': z.literal('#microsoft.graph.deviceEnrollmentLimitConfiguration'),
    displayName: z.string().min(1).max(200),
    limit: z.number().int().min(1).max(15),
  }),
])

function rulesOf(wanted: z.infer<typeof RestrictionShape>): readonly EnrolmentRestriction['rule'][] {
  if ('limit' in wanted) return [{ kind: 'limit', devicesPerUserMax: wanted.limit }]
  const { osMinimumVersion, osMaximumVersion, platformBlocked, personalDeviceEnrollmentBlocked, blockedManufacturers } =
    wanted.platformRestriction
  return (restrictionPlatforms[wanted.platformType] ?? []).map((platform) => ({
    kind: 'platform',
    platform,
    platformBlocked,
    personalDeviceEnrolmentBlocked: personalDeviceEnrollmentBlocked,
    ...(osMinimumVersion ? { osMinimumVersion } : {}),
    ...(osMaximumVersion ? { osMaximumVersion } : {}),
    blockedManufacturers,
  }))
}

/** One configuration may stand for several platforms; each is a restriction of its own, sharing the first one's id as a stem. */
const createRestriction = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, ids } = request.control.deps
  const wanted = parse(RestrictionShape, request.body)
  const stem = ids.guid()
  await store.transaction(async (tables) => {
    const priority = 1 + Math.max(0, ...(await tables.restrictions.list()).map((each) => each.priority))
    for (const [index, rule] of rulesOf(wanted).entries()) {
      const id = index === 0 ? stem : ids.guid()
      await tables.restrictions.put({
        id,
        displayName: wanted.displayName,
        priority,
        isDefault: false,
        rule,
        assignments: [],
      })
    }
    await tables.audit.append([audit(request, 'Create', 'DeviceEnrollmentConfiguration', stem, wanted.displayName)])
  })
  return entityAnswer(request, 'deviceManagement/deviceEnrollmentConfigurations', { ...wanted, id: stem }, 201)
}

const assignRestriction = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store } = request.control.deps
  const id = request.params['id'] ?? ''
  const restriction = (await store.restrictions.get(id)) ?? notFound('deviceEnrollmentConfiguration', id)
  const assignments = await readAssignments(request, id, 'enrollmentConfigurationAssignments')
  await store.transaction(async (tables) => {
    // Its siblings for other platforms are assigned with it.
    for (const each of await tables.restrictions.list()) {
      if (each.displayName === restriction.displayName && each.priority === restriction.priority)
        await tables.restrictions.put({ ...each, assignments })
    }
    await tables.audit.append([audit(request, 'Action', 'DeviceEnrollmentConfiguration', id, restriction.displayName)])
  })
  return answer(200)
}

const auditEntity = (event: AuditEvent): Entity => ({
  id: event.id,
  activityDateTime: iso(event.atMs),
  activityType: event.activityType,
  activity: event.activityType,
  activityOperationType: event.operation,
  activityResult: event.result,
  category: event.category,
  componentName: event.componentName,
  correlationId: event.correlationId,
  actor: {
    auditActorType: event.actor.type === 'user' ? 'ItPro' : 'Application',
    applicationId: event.actor.id,
    applicationDisplayName: event.actor.displayName,
  },
  resources: event.resources.map((resource) => ({
    resourceId: resource.id,
    auditResourceType: resource.type,
    displayName: resource.displayName,
    modifiedProperties: resource.modifiedProperties.map(({ name, oldValue, newValue }) => ({
      displayName: name,
      oldValue,
      newValue,
    })),
  })),
})

export const deviceManagementRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: '/deviceManagement', role: READ, handle: getRoot },
  { method: 'PATCH', path: '/deviceManagement', role: WRITE, handle: patchRoot },
  {
    method: 'GET',
    path: '/organization',
    role: 'Organization.Read.All',
    handle: async (request) =>
      memoryPage(request, 'organization', [
        { id: request.tenantId, displayName: request.control.deps.tenant, tenantType: 'AAD' },
      ]),
  },
  {
    method: 'GET',
    path: '/deviceManagement/assignmentFilters',
    role: READ,
    handle: async (request) =>
      memoryPage(
        request,
        'deviceManagement/assignmentFilters',
        (await request.control.deps.store.filters.list()).map(filterEntity),
      ),
  },
  { method: 'POST', path: '/deviceManagement/assignmentFilters', role: WRITE, handle: createFilter },
  { method: 'DELETE', path: '/deviceManagement/assignmentFilters/{id}', role: WRITE, handle: deleteFilter },
  {
    method: 'POST',
    path: '/deviceManagement/deviceEnrollmentConfigurations',
    role: SERVICE_WRITE,
    handle: createRestriction,
  },
  {
    method: 'POST',
    path: '/deviceManagement/deviceEnrollmentConfigurations/{id}/assign',
    role: SERVICE_WRITE,
    handle: assignRestriction,
  },
  {
    method: 'GET',
    path: '/deviceManagement/auditEvents',
    role: 'DeviceManagementApps.Read.All',
    handle: async (request) =>
      memoryPage(
        request,
        'deviceManagement/auditEvents',
        (await request.control.deps.store.audit.list({ limit: 10_000 })).map(auditEntity),
      ),
  },
  {
    method: 'GET',
    path: '/deviceAppManagement/managedAppRegistrations',
    role: 'DeviceManagementApps.Read.All',
    handle: async (request) =>
      memoryPage(
        request,
        'deviceAppManagement/managedAppRegistrations',
        (await request.control.deps.store.apps.list({ limit: 10_000 })).map(
          ({ appId, createdAtMs, lastSyncAtMs, ...app }) => ({
            '@odata.type':
              app.platform === 'android'
                ? '#microsoft.graph.androidManagedAppRegistration'
                : '#microsoft.graph.iosManagedAppRegistration',
            ...app,
            appIdentifier: app.platform === 'android' ? { packageId: appId } : { bundleId: appId },
            createdDateTime: iso(createdAtMs),
            lastSyncDateTime: iso(lastSyncAtMs),
          }),
        ),
      ),
  },
]

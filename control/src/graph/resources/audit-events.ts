import type { AuditEvent } from '../../domain/model.ts'
import { memoryPage } from '../collection.ts'
import type { GraphRoute } from '../graph-request.ts'
import { iso } from './managed-device.ts'

const auditEntity = (event: AuditEvent): Readonly<Record<string, unknown>> => ({
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

/** Newest first. */
export const auditEventRoutes: readonly GraphRoute[] = [
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
]

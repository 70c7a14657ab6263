import { createHash } from 'node:crypto'
import type { AuditEvent } from '../../domain/model.ts'
import { memoryPage } from '../collection.ts'
import type { GraphRoute } from '../graph-request.ts'
import { iso } from './managed-device.ts'

/** Clients may correlate by any text, and the property is a GUID: another text has one of its own. */
function guidOf(text: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return text
  const hex = createHash('sha256').update(text).digest('hex')
  // RFC 9562 §5.8: version 8 is for values of one's own making.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

const auditEntity = (event: AuditEvent): Readonly<Record<string, unknown>> => ({
  id: event.id,
  activityDateTime: iso(event.atMs),
  activityType: event.activityType,
  activity: event.activityType,
  activityOperationType: event.operation,
  activityResult: event.result,
  category: event.category,
  componentName: event.componentName,
  correlationId: guidOf(event.correlationId),
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

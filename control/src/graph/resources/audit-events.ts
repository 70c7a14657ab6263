import { createHash } from 'node:crypto'
import type { Store } from '../../app/ports.ts'
import type { AuditColumn, RowFilter } from '../../app/row-query.ts'
import { resourceAction } from '../../domain/intune-roles/actions.ts'
import type { AuditEvent } from '../../domain/model.ts'
import { entityAnswer, pageAnswer, wantedOf } from '../collection.ts'
import { type GraphRoute, notFound } from '../graph-request.ts'
import { type RowSource, rowPageOf, within } from '../odata/row-page.ts'
import { tagsInReach } from '../roles/device-sight.ts'
import type { Reach } from '../roles/reach.ts'
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

const columns = {
  id: 'id',
  activitydatetime: 'atMs',
  activitytype: 'activityType',
  activity: 'activityType',
  activityoperationtype: 'operation',
  activityresult: 'result',
  category: 'category',
  componentname: 'componentName',
} as const

/** Newest first. */
const rowsOf = ({ audit }: Store): RowSource<AuditEvent, (typeof columns)[keyof typeof columns]> => ({
  columns,
  query: audit.query,
  count: audit.count,
  order: [
    { column: 'atMs', descending: true },
    { column: 'id', descending: true },
  ],
  entities: async (rows) => rows.map(auditEntity),
})

/** Events that somebody may know of: those of what they may know of. */
const inReach = (reach: Reach): RowFilter<AuditColumn> | undefined =>
  tagsInReach(reach, resourceAction('Audit', 'Read'), { op: 'eq', column: 'scopeTags', value: null })

const SET = 'deviceManagement/auditEvents'
const ROLE = 'DeviceManagementApps.Read.All'
const EVENT = { type: 'auditEvent', pageSize: { default: 1_000, max: 1_000 } }

export const auditEventRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: `/${SET}`,
    role: ROLE,
    of: { ...EVENT, many: true },
    handle: async (request) =>
      pageAnswer(
        request,
        SET,
        await rowPageOf(within(rowsOf(request.control.deps.store), inReach(request.reach)), wantedOf(request)),
      ),
  },
  {
    method: 'GET',
    path: `/${SET}/{id}`,
    role: ROLE,
    of: EVENT,
    handle: async (request) => {
      const id = request.params['id'] ?? ''
      const filter = { op: 'eq', column: 'id', value: id } as const
      const source = within(rowsOf(request.control.deps.store), inReach(request.reach))
      const { rows } = await source.query({ filter, orderBy: [], limit: 1 })
      return entityAnswer(request, SET, rows[0] ? auditEntity(rows[0].row) : notFound('auditEvent', id))
    },
  },
]

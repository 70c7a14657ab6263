import type { Store } from '../../app/ports.ts'
import type { RowFilter, SignInColumn } from '../../app/row-query.ts'
import type { SignInEvent } from '../../domain/sign-in-event.ts'
import { entityAnswer, pageAnswer, wantedOf } from '../collection.ts'
import { type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { completeEntity } from '../model/complete-entity.ts'
import { entityModel } from '../model/entity-model.ts'
import { type RowSource, rowPageOf, within } from '../odata/row-page.ts'
import { iso } from './managed-device.ts'

/** A sign-in as the log of the directory shows it (https://learn.microsoft.com/graph/api/resources/signin). */
const signInEntity = (event: SignInEvent): Readonly<Record<string, unknown>> =>
  completeEntity(entityModel('beta'), 'signIn', {
    id: event.id,
    createdDateTime: iso(event.atMs),
    correlationId: event.correlationId,
    userId: event.user?.id ?? '',
    userPrincipalName: event.user?.principalName ?? '',
    userDisplayName: event.user?.displayName ?? '',
    appId: event.application.appId,
    appDisplayName: event.application.displayName,
    servicePrincipalId: event.kind === 'servicePrincipal' ? event.application.principalId : '',
    servicePrincipalName: event.kind === 'servicePrincipal' ? event.application.displayName : null,
    resourceId: event.resource?.appId ?? null,
    resourceDisplayName: event.resource?.displayName ?? null,
    clientAppUsed: event.clientAppUsed,
    ipAddress: event.ipAddress,
    userAgent: event.userAgent,
    isInteractive: event.kind === 'interactiveUser',
    signInEventTypes: [event.kind],
    conditionalAccessStatus: event.conditionalAccessStatus,
    appliedConditionalAccessPolicies: event.appliedPolicies,
    deviceDetail: event.device,
    location: { city: '', state: '', countryOrRegion: '', geoCoordinates: {} },
    status: {
      errorCode: event.errorCode,
      failureReason: event.errorCode === 0 ? 'Other.' : event.failureReason,
      additionalDetails: null,
    },
    riskDetail: 'none',
    riskLevelAggregated: 'none',
    riskLevelDuringSignIn: 'none',
    riskState: 'none',
  })

const columns = {
  id: 'id',
  createddatetime: 'atMs',
  correlationid: 'correlationId',
  userid: 'userId',
  userprincipalname: 'userPrincipalName',
  userdisplayname: 'userDisplayName',
  appid: 'appId',
  appdisplayname: 'appDisplayName',
  resourceid: 'resourceId',
  clientappused: 'clientAppUsed',
  ipaddress: 'ipAddress',
  'status/errorcode': 'errorCode',
  conditionalaccessstatus: 'conditionalAccessStatus',
} as const

/** Newest first. */
const rowsOf = ({ signIns }: Store): RowSource<SignInEvent, SignInColumn> => ({
  columns,
  query: signIns.query,
  count: signIns.count,
  order: [
    { column: 'atMs', descending: true },
    { column: 'id', descending: true },
  ],
  entities: async (rows) => rows.map(signInEntity),
})

/** Those of people at a keyboard; who asks for other types by `signInEventTypes` gets those. */
const INTERACTIVE: RowFilter<SignInColumn> = { op: 'eq', column: 'kind', value: 'interactiveuser' }
const shown = ({ query }: GraphRequest): RowFilter<SignInColumn> | undefined =>
  /signInEventTypes/i.test(query.options.get('filter') ?? '') ? undefined : INTERACTIVE

const SET = 'auditLogs/signIns'
const ROLE = 'AuditLog.Read.All'
const SIGN_IN = { type: 'signIn', pageSize: { default: 1_000, max: 1_000 } }

async function list(request: GraphRequest): Promise<GraphAnswer> {
  const rows = within(rowsOf(request.control.deps.store), shown(request))
  return pageAnswer(request, SET, await rowPageOf(rows, wantedOf(request)))
}

async function get(request: GraphRequest): Promise<GraphAnswer> {
  const id = request.params['id'] ?? ''
  const filter = { op: 'eq', column: 'id', value: id } as const
  const { rows } = await request.control.deps.store.signIns.query({ filter, orderBy: [], limit: 1 })
  return entityAnswer(request, SET, rows[0] ? signInEntity(rows[0].row) : notFound('signIn', id))
}

export const signInRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: `/${SET}`, role: ROLE, of: { ...SIGN_IN, many: true }, handle: list },
  { method: 'GET', path: `/${SET}/{id}`, role: ROLE, of: SIGN_IN, handle: get },
]

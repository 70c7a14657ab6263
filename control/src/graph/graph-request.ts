import { type ErrorCode, errorCatalogue } from '@muster/shared/contracts'
import { CodedError, type Refusal, type Result } from '@muster/shared/core'
import type { Control } from '../control.ts'
import { DEFAULT_SCOPE_TAG } from '../domain/intune-roles/access.ts'
import type { Actor, AuditEvent } from '../domain/model.ts'
import { errorServiceOf, inWordsOf } from './error-service.ts'
import type { Query } from './odata/query.ts'
import type { Extras, Types } from './odata/shape.ts'
import type { Reach } from './roles/reach.ts'
import { shownTags } from './roles/written-tags.ts'

/** A request as resources see it: path, query and token have been dealt with. */
export interface GraphRequest {
  readonly control: Control
  readonly tenantId: string
  readonly version: 'v1.0' | 'beta'
  readonly params: Readonly<Record<string, string>>
  /** What is asked of what the route yields. */
  readonly query: Query
  readonly yields: Yields
  readonly types: Types
  /** Only entities of these types, names in lower case. */
  readonly cast?: ReadonlySet<string>
  /** Entities in a page. */
  readonly pageSize: number
  /** By name in lower case. */
  readonly headers: RequestHeaders
  readonly body: unknown
  readonly actor: Actor
  /** The application that asks, for itself or for a user. */
  readonly appId: string
  /** Whether the token holds a role, or one that covers it. */
  readonly holds: (role: string) => boolean
  /** How far its sender goes in Intune. */
  readonly reach: Reach
  readonly correlationId: string
  /** `https://host:port/v1.0`, for links. */
  readonly root: string
  /** Path below the version as it was asked for. */
  readonly path: string
}

export type RequestHeaders = Readonly<Record<string, string | undefined>>

/** What the answer of a route consists of: queries are checked against it, and paths go on below it. */
export interface Yields {
  /** Type in Graph's model; absent where there is none. */
  readonly type?: string
  /** A collection. */
  readonly many?: boolean
  /** Properties that Muster has beside those of the model. */
  readonly extras?: Extras
  /** Entities in a page without `$top`, and at most. @default 100 and 1000 */
  readonly pageSize?: { readonly default: number; readonly max: number }
  /** A set of the directory: some queries need `ConsistencyLevel: eventual`. */
  readonly isDirectory?: boolean
}

export interface GraphAnswer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface GraphRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Below the version, parameters in braces: `/deviceManagement/managedDevices/{id}`. */
  readonly path: string
  /** Application role that the token must hold; reading is granted by the ReadWrite role as well. */
  readonly role: string
  /** Any token will do: what is asked for says which role it needs, and the resource looks. */
  readonly anyToken?: true
  /** Of what GET answers. */
  readonly of?: Yields
  /** The object of Intune that it is about, where the path alone does not say. */
  readonly object?: { readonly collection: string; readonly id: string }
  /** The action that the path ends in, where the path alone does not say. */
  readonly operation?: string
  /** The last id in the path, where the parameters do not have it. */
  readonly lastId?: string
  readonly handle: (request: GraphRequest) => Promise<GraphAnswer>
}

export const answer = (status: number, body?: unknown): GraphAnswer =>
  body === undefined ? { status } : { status, body }

/** The value of a result, or its refusal as the request's answer. */
export function orRefuse<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw CodedError.of(result.refusal)
}

export const notFound = (what: string, id: string): never => {
  throw new CodedError(
    'graph/not-found',
    `Resource '${id}' of type ${what} does not exist or one of its queried reference-property objects are not present.`,
  )
}

/**
 * Graph's error envelope in the words of the service that `url` belongs to, and the status that goes with a code. `graph`:
 * another word than the code's own.
 */
export function errorAnswer(refusal: Refusal, correlationId: string, url = '', graph?: string): GraphAnswer {
  const entry = errorCatalogue[refusal.code as ErrorCode]
  const text = refusal.at === undefined ? refusal.message : `${refusal.message} (${refusal.at})`
  const said = { code: graph ?? entry.graph, message: text, activityId: correlationId }
  const { code, message } = inWordsOf(errorServiceOf(url), said)
  const innerError = {
    date: new Date().toISOString().slice(0, 19),
    'request-id': correlationId,
    'client-request-id': correlationId,
    code: refusal.code,
  }
  return {
    status: entry.status,
    body: { error: { code, message, innerError } },
    ...(entry.status === 429 || entry.status === 503 ? { headers: { 'retry-after': '5' } } : {}),
  }
}

/**
 * An audit event about one resource, or about the several that one request is for. Who may know of one of them by its tags
 * may know of the event.
 */
export function auditOf(
  { control, actor, correlationId }: GraphRequest,
  what: Pick<AuditEvent, 'activityType' | 'operation' | 'category' | 'componentName'>,
  ...resources: readonly (AuditEvent['resources'][number] & { readonly scopeTagIds?: readonly string[] | undefined })[]
): AuditEvent {
  const tags = new Set(resources.flatMap(({ scopeTagIds }) => shownTags({ scopeTagIds })))
  return {
    id: control.deps.ids.guid(),
    atMs: control.deps.clock.nowMs(),
    ...what,
    result: 'Success',
    actor,
    correlationId,
    ...([...tags].every((tag) => tag === DEFAULT_SCOPE_TAG) ? {} : { scopeTagIds: [...tags] }),
    resources: resources.map(({ scopeTagIds: _, ...resource }) => resource),
  }
}

type ModifiedProperties = AuditEvent['resources'][number]['modifiedProperties']

/** Properties that differ between two versions of a resource, as audit events list them. */
export function modifiedProperties(before: object | undefined, after: object | undefined): ModifiedProperties {
  const old = new Map(Object.entries(before ?? {}))
  const now = new Map(Object.entries(after ?? {}))
  const text = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((name) => ({ name, oldValue: text(old.get(name)), newValue: text(now.get(name)) }))
    .filter(({ oldValue, newValue }) => oldValue !== newValue)
}

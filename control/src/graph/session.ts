import { CodedError } from '@muster/shared/core'
import type { Control } from '../control.ts'
import type { IntuneAccess } from '../domain/intune-roles/access.ts'
import type { IncomingRequest } from './dispatch.ts'
import type { GraphAnswer, GraphRequest, Yields } from './graph-request.ts'
import type { Identity } from './identity/authority.ts'
import { covers } from './identity/permissions.ts'
import { answerInV1 } from './model/version-view.ts'
import { checkConsistency } from './odata/directory-rules.ts'
import { type Entity, isOf } from './odata/evaluate.ts'
import { expandAnswer } from './odata/expansions.ts'
import type { Options } from './odata/options.ts'
import type { Preferences } from './odata/preferences.ts'
import { parseQuery, type Query } from './odata/query.ts'
import type { Alternate, Resolved, Resolver } from './odata/resolve.ts'
import type { Types } from './odata/shape.ts'
import { answerTail, queryFor } from './odata/tails.ts'
import { EVERYWHERE, type Reach } from './roles/reach.ts'
import { notPermitted, requireReach } from './roles/require-reach.ts'
import { actionsOf } from './roles/route-actions.ts'
import { leadsNowhere, unserved } from './unserved.ts'

/** A request whose sender and version are known. */
export interface Session {
  readonly control: Control
  readonly tenantId: string
  readonly resolver: Resolver
  readonly sender: Awaited<ReturnType<Identity['verify']>>
  /** What Intune's roles let the user do, where what they may do otherwise is not enough for all that the scopes name. */
  readonly access?: IntuneAccess
  /** The path was below `/me`. */
  readonly isOneself: boolean
  readonly version: 'v1.0' | 'beta'
  readonly types: Types
  readonly incoming: IncomingRequest
  readonly preferences: Preferences
}

/**
 * The route for a path, if the sender may use it.
 * @throws CodedError `graph/wrong-method`, `graph/not-served`, `graph/forbidden`, `graph/not-permitted`
 */
export function resolve(session: Session, method: string, path: string): Resolved {
  const found = session.resolver.find(method, path, session.types)
  if (found === 'wrong-method')
    throw new CodedError('graph/wrong-method', `The path ${path} is not served with ${method}.`)
  if (!found || leadsNowhere(found, session.types)) throw unserved(method, path)
  if (!isGranted(session, found)) {
    if (isScopeHeld(session, found)) notPermitted()
    throw new CodedError(
      'graph/forbidden',
      `Insufficient privileges to complete the operation: ${found.route.role} is needed.`,
    )
  }
  return found
}

/** Reading oneself takes less than reading others; Intune's roles let users do what no role of the directory does. */
export function isGranted(session: Session, found: Resolved): boolean {
  const { sender, isOneself } = session
  const { route } = found
  if (route.anyToken || covers(sender.roles, route.role) || reachBy(session, found)) return true
  return (
    isOneself && route.path === '/users/{id}' && route.role === 'User.Read.All' && covers(sender.roles, 'User.Read')
  )
}

/** The application may do it for users of Intune who may do it. */
const isScopeHeld = ({ sender: { scopes } }: Session, { route: { role } }: Resolved): boolean =>
  scopes !== undefined && /^DeviceManagement/.test(role) && covers(scopes, role)

/** How far a user goes by Intune's roles alone; undefined where they do not allow the request at all. */
function reachBy(session: Session, found: Resolved): Reach | undefined {
  const { access } = session
  if (!access || !isScopeHeld(session, found)) return undefined
  const { method, path, operation } = found.route
  const actions = actionsOf({ method, path: operation === undefined ? path : `${path}/${operation}` })
  if (!actions || (actions.length > 0 && !actions.some((action) => access.may(action)))) return undefined
  return { access, actions }
}

const reachOf = (session: Session, found: Resolved): Reach =>
  (covers(session.sender.roles, found.route.role) ? undefined : reachBy(session, found)) ?? EVERYWHERE

/** Read the query, ask the resource, and take from its answer what the end of the path and `$expand` want. */
export async function serve(
  session: Session,
  found: Resolved,
  path: string,
  asked: Options | Query,
): Promise<GraphAnswer> {
  const { types, sender, incoming, control, tenantId, version, preferences } = session
  const yields = found.route.of ?? {}
  const shape = types.shape(found.cast ?? yields.type, yields.extras)
  const query = queryFor(found.tail, 'expand' in asked ? asked : parseQuery(asked, shape, types))
  if (yields.isDirectory && yields.many) checkConsistency(query, incoming.headers?.['consistencylevel'])
  const cast = found.cast === undefined ? undefined : types.family(found.cast)
  const request: GraphRequest = {
    control,
    tenantId,
    version,
    params: await paramsOf(session, found),
    query,
    yields,
    types,
    ...(cast ? { cast } : {}),
    pageSize: pageSizeOf(query, preferences, yields),
    headers: incoming.headers ?? {},
    body: incoming.body,
    actor: sender.actor,
    appId: sender.appId,
    holds: (role) => covers(sender.roles, role),
    reach: reachOf(session, found),
    correlationId: incoming.correlationId,
    root: `${incoming.origin}/${version}`,
    path,
  }
  await requireReach(request, found.route)
  const told = await found.route.handle(request)
  const answer = version === 'v1.0' ? answerInV1(found.route.path, told) : told
  if (found.route.method !== 'GET' || answer.status !== 200) return answer
  if (cast && !yields.many && !isOf(answer.body, cast, yields.type ?? ''))
    throw new CodedError('graph/not-found', `What is at ${path} is of another type.`)
  if (found.tail) return answerTail(answer, found.tail, shape, request.root)
  return expandAnswer(answer, query, path, async (below, inner) => {
    const route = session.resolver.find('GET', below, types)
    if (!route || route === 'wrong-method') return undefined
    // What is not there is a part that is missing, not a failure of the whole.
    return serve(session, resolve(session, 'GET', below), below, inner).catch((error: unknown) => {
      if (error instanceof CodedError && error.code === 'graph/not-found') return { status: 404 }
      throw error
    })
  })
}

const PAGE_SIZE = { default: 100, max: 1_000 }

function pageSizeOf({ top }: Query, { maxPageSize }: Preferences, { pageSize = PAGE_SIZE }: Yields): number {
  return Math.min(top ?? pageSize.default, maxPageSize ?? pageSize.max, pageSize.max)
}

/** The parameters of a route; an entity that is named by another key is looked for in its collection. */
async function paramsOf(session: Session, { params, alternates }: Resolved): Promise<Readonly<Record<string, string>>> {
  if (alternates.length === 0) return params
  const found: Record<string, string> = { ...params }
  for (const alternate of alternates) found[alternate.param] = await idBy(session, alternate)
  return found
}

async function idBy(session: Session, { collection, key }: Alternate): Promise<string> {
  const filter = [...key].map(([name, value]) => `${name} eq '${value.replaceAll("'", "''")}'`).join(' and ')
  const route = resolve(session, 'GET', collection)
  const { body } = await serve(session, route, collection, new Map([['filter', filter]]))
  const entity = ((body as Entity)['value'] as readonly Entity[] | undefined)?.[0]
  if (!entity) throw new CodedError('graph/not-found', `Resource with ${filter} does not exist.`)
  return String(entity['id'])
}

import { CodedError } from '@muster/shared/core'
import type { Control } from '../control.ts'
import type { Actor } from '../domain/model.ts'
import { checkMatch, preferred } from './conditions.ts'
import { errorAnswer, type GraphAnswer, type RequestHeaders } from './graph-request.ts'
import type { HttpFaults } from './http-faults.ts'
import type { Caller } from './identity/access-token.ts'
import type { Identity } from './identity/authority.ts'
import { covers, permissions } from './identity/permissions.ts'
import { readOptions } from './odata/options.ts'
import { readPreferences } from './odata/preferences.ts'
import { createResolver } from './odata/resolve.ts'
import { typesOf } from './odata/shape.ts'
import { intuneAccessOf } from './roles/intune-access.ts'
import { graphRoutes, storedBehaviours } from './routes.ts'
import { resolve, type Session, serve } from './session.ts'
import { createStoredRouter } from './stored/stored-router.ts'
import type { Throttle } from './throttling.ts'

/** A request as it comes in over HTTP. */
export interface IncomingRequest {
  readonly method: string
  /** Path and query as sent. */
  readonly url: string
  readonly authorization: string | undefined
  readonly correlationId: string
  readonly body: unknown
  /** `https://host:port`. */
  readonly origin: string
  /** Of the client, where it is known. */
  readonly remoteAddress?: string
  /** Others than `authorization`, by name in lower case. */
  readonly headers?: RequestHeaders
}

/** What may keep a request from being served. */
interface Obstacles {
  readonly faults: Pick<HttpFaults, 'meet'>
  readonly throttle: Pick<Throttle, 'take'>
}

export type Dispatch = (incoming: IncomingRequest) => Promise<GraphAnswer>

/** From an HTTP request to a resource and back: version, token, route, role, query, and errors in Graph's envelope. */
export function createDispatch(
  control: Control,
  identity: Pick<Identity, 'verify'>,
  tenantId: string,
  { faults, throttle }: Obstacles,
): Dispatch {
  const resolver = createResolver(graphRoutes, createStoredRouter(graphRoutes, storedBehaviours))
  const handle = async (incoming: IncomingRequest, served: Served): Promise<GraphAnswer> => {
    const { version, path: asked, options } = readUrl(incoming.url)
    const sender = await identity.verify(incoming.authorization)
    const path = ownPath(asked, sender.actor)
    const { headers, retryAfterS } = throttle.take({ appId: sender.appId, method: incoming.method, path })
    if (retryAfterS !== undefined) return tooMany(retryAfterS, incoming)
    const session: Session = {
      control,
      tenantId,
      resolver,
      sender,
      ...(await accessOf(control, sender)),
      isOneself: asked !== path,
      version,
      types: typesOf(version),
      incoming,
      preferences: readPreferences(incoming.headers?.['prefer']),
    }
    const found = resolve(session, incoming.method, path)
    served.route = `${incoming.method} ${found.route.path}`
    const instead = await faults.meet(incoming)
    if (instead) return instead
    await checkMatch(session, path)
    const told = await serve(session, found, path, readOptions(options))
    const answer = await preferred(session, path, told)
    return Object.keys(headers).length === 0 ? answer : { ...answer, headers: { ...headers, ...answer.headers } }
  }
  return measured(control, (incoming, served) =>
    handle(incoming, served).catch((error: unknown) => {
      if (!(error instanceof CodedError)) throw error
      return errorAnswer(
        { code: error.code, message: error.message, ...(error.at === undefined ? {} : { at: error.at }) },
        incoming.correlationId,
        incoming.url,
      )
    }),
  )
}

/** Permissions that Intune's roles can stand in for: if a user has them otherwise, nobody asks for roles. */
const governed = permissions.map(({ value }) => value).filter((value) => value.startsWith('DeviceManagement'))

async function accessOf(
  { deps: { store } }: Control,
  { actor, roles, scopes }: Caller,
): Promise<Pick<Session, 'access'>> {
  const isLacking = governed.some((value) => scopes && covers(scopes, value) && !covers(roles, value))
  return isLacking ? { access: await intuneAccessOf(store, actor.id) } : {}
}

/** Which route a request came to, once that is known. */
interface Served {
  route?: string
}

/** Requests, with a note of how long each took. What was the service's fault failed: 5xx, and 429. */
function measured(
  { deps: { clock }, meters, stopwatch }: Control,
  dispatch: (incoming: IncomingRequest, served: Served) => Promise<GraphAnswer>,
): Dispatch {
  return async (incoming) => {
    const startedMs = stopwatch()
    const served: Served = {}
    let status = 500
    try {
      const answer = await dispatch(incoming, served)
      status = answer.status
      return answer
    } finally {
      const { route } = served
      const failed = status >= 500 || status === 429
      meters.recent.graphRequests.add({
        atMs: clock.nowMs(),
        tookMs: stopwatch() - startedMs,
        failed,
        ...(route === undefined ? {} : { route }),
      })
    }
  }
}

/** Too much was asked: when to come again, as Graph says it. */
function tooMany(seconds: number, { correlationId, url }: IncomingRequest): GraphAnswer {
  const message = 'Too many requests. Wait as long as Retry-After says, and ask again.'
  const answer = errorAnswer({ code: 'graph/throttled', message }, correlationId, url)
  return { ...answer, headers: { 'retry-after': `${seconds}` } }
}

/** `/me` is the user whom the token is for. */
function ownPath(path: string, actor: Actor): string {
  const below = /^\/me(?=\/|$)(.*)$/i.exec(path)?.[1]
  if (below === undefined) return path
  if (actor.type !== 'user')
    throw new CodedError('graph/me-without-user', '/me request is only valid with delegated authentication flow.')
  return `/users/${actor.id}${below}`
}

function readUrl(url: string): { version: 'v1.0' | 'beta'; path: string; options: URLSearchParams } {
  const at = url.indexOf('?')
  const rawPath = (at < 0 ? url : url.slice(0, at)).replace(/\/{2,}/g, '/')
  const match = /^\/(v1\.0|beta)(\/.*)?$/is.exec(rawPath)
  if (!match)
    throw new CodedError('graph/not-found', `There is nothing at ${rawPath}; paths begin with /v1.0 or /beta.`)
  const path = (match[2] ?? '/').replace(/(?<=.)\/$/, '')
  const options = new URLSearchParams(at < 0 ? '' : url.slice(at + 1))
  return { version: match[1]?.toLowerCase() === 'beta' ? 'beta' : 'v1.0', path, options }
}

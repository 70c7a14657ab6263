import { CodedError } from '@muster/shared/core'
import type { Control } from '../control.ts'
import type { Actor } from '../domain/model.ts'
import { errorAnswer, type GraphAnswer, type GraphRequest } from './graph-request.ts'
import type { Identity } from './identity/authority.ts'
import { covers } from './identity/permissions.ts'
import { answerInV1 } from './model/version-view.ts'
import { createRouter } from './router.ts'
import { graphRoutes, storedBehaviours } from './routes.ts'
import { createStoredRouter } from './stored/stored-router.ts'

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
}

export type Dispatch = (incoming: IncomingRequest) => Promise<GraphAnswer>

/** From an HTTP request to a resource and back: version, token, route, role, and errors in Graph's envelope. */
export function createDispatch(control: Control, identity: Pick<Identity, 'verify'>, tenantId: string): Dispatch {
  const router = createRouter(graphRoutes)
  const stored = createStoredRouter(graphRoutes, storedBehaviours)
  const handle = async (incoming: IncomingRequest, served: Served): Promise<GraphAnswer> => {
    const { version, path: asked, query } = readUrl(incoming.url)
    const { actor, roles } = await identity.verify(incoming.authorization)
    const path = ownPath(asked, actor)
    const found = router.find(incoming.method, path) ?? stored.find(version, incoming.method, path)
    if (typeof found === 'object') served.route = `${incoming.method} ${found.route.path}`
    if (found === 'wrong-method')
      throw new CodedError('graph/wrong-method', `The path ${path} is not served with ${incoming.method}.`)
    if (!found) throw new CodedError('graph/not-served', `Muster does not serve ${incoming.method} ${path} yet.`)
    if (!isGranted(found.route.role, roles, asked !== path && found.route.path === '/users/{id}')) {
      throw new CodedError(
        'graph/forbidden',
        `Insufficient privileges to complete the operation: ${found.route.role} is needed.`,
      )
    }
    const request: GraphRequest = {
      control,
      tenantId,
      version,
      params: found.params,
      query,
      body: incoming.body,
      actor,
      correlationId: incoming.correlationId,
      root: `${incoming.origin}/${version}`,
      path,
    }
    const told = await found.route.handle(request)
    return version === 'v1.0' ? answerInV1(found.route.path, told) : told
  }
  return measured(control, (incoming, served) =>
    handle(incoming, served).catch((error: unknown) => {
      if (!(error instanceof CodedError)) throw error
      return errorAnswer(
        { code: error.code, message: error.message, ...(error.at === undefined ? {} : { at: error.at }) },
        incoming.correlationId,
      )
    }),
  )
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

/** Reading oneself takes less than reading others. */
function isGranted(role: string, held: ReadonlySet<string>, isOneself: boolean): boolean {
  return covers(held, role) || (isOneself && role === 'User.Read.All' && covers(held, 'User.Read'))
}

/** `/me` is the user whom the token is for. */
function ownPath(path: string, actor: Actor): string {
  const below = /^\/me(?=\/|$)(.*)$/i.exec(path)?.[1]
  if (below === undefined) return path
  if (actor.type !== 'user')
    throw new CodedError('graph/me-without-user', '/me request is only valid with delegated authentication flow.')
  return `/users/${actor.id}${below}`
}

function readUrl(url: string): { version: 'v1.0' | 'beta'; path: string; query: Record<string, string> } {
  const [rawPath = '', rawQuery = ''] = splitOnce(url.replace(/\/{2,}/g, '/'), '?')
  const match = /^\/(v1\.0|beta)(\/.*)?$/i.exec(rawPath)
  if (!match)
    throw new CodedError('graph/not-found', `There is nothing at ${rawPath}; paths begin with /v1.0 or /beta.`)
  const query: Record<string, string> = {}
  for (const [name, value] of new URLSearchParams(rawQuery)) query[name.replace(/^\$/, '').toLowerCase()] = value
  return { version: match[1]?.toLowerCase() === 'beta' ? 'beta' : 'v1.0', path: decode(match[2] ?? '/'), query }
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    throw new CodedError('graph/bad-query', 'the path is not encoded correctly')
  }
}

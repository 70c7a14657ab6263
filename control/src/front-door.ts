import { SIMULATION_ROLE, Throttling } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Control } from './control.ts'
import type { Actor } from './domain/model.ts'
import { putUpload, UPLOADS } from './graph/apps/app-content.ts'
import { batch } from './graph/batch.ts'
import { parseBody } from './graph/body.ts'
import { createDispatch, type IncomingRequest } from './graph/dispatch.ts'
import { errorAnswer, type GraphAnswer } from './graph/graph-request.ts'
import { createHttpFaults } from './graph/http-faults.ts'
import { GRAPH_APP_ID } from './graph/identity/application-directory.ts'
import type { Identity } from './graph/identity/authority.ts'
import { metadataAt } from './graph/model/metadata.ts'
import { DOWNLOADS, download } from './graph/reports/export-jobs.ts'
import { createThrottle, type Throttle } from './graph/throttling.ts'
import { isOpen, type SimulationContext, serveSimulation } from './simulation/routes.ts'

export interface FrontDoorOptions {
  readonly control: Control
  readonly identity: Identity
  readonly tenantId: string
  readonly simulation: SimulationContext
  /** What the documented limits of Graph are multiplied by; absent: no limits. */
  readonly throttlingScale?: number
}

/** All that can be asked of the service over HTTP, without the HTTP: Graph, the identity endpoints, the simulation API. */
export interface FrontDoor {
  /** Every refusal is an answer, and so is what nobody expected. */
  answer(request: IncomingRequest): Promise<GraphAnswer>
}

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { control, identity, simulation, tenantId } = options
  const faults = createHttpFaults(control.deps.clock, control.deps.speed)
  const throttle = createThrottle(() => control.deps.wall.nowMs(), options.throttlingScale)
  const dispatch = createDispatch(control, identity, tenantId, { faults, throttle })
  const route = async (request: IncomingRequest): Promise<GraphAnswer> => {
    const [path = '', query = ''] = request.url.split('?')
    const open = metadataAt(request.method, path) ?? (await identity.answer(request))
    if (open) return open
    if (path.startsWith('/_muster/')) {
      const below = path.slice('/_muster'.length)
      const actor = isOpen(below) ? NOBODY : await requireSimulationRole(identity, request.authorization)
      const { method, body, correlationId } = request
      if (below === '/throttling' && method === 'PUT') return setThrottling(throttle, body)
      return serveSimulation(
        { ...simulation, faults },
        { method, path: below, query: new URLSearchParams(query), body, actor, correlationId },
      )
    }
    if (path.startsWith(DOWNLOADS) && request.method === 'GET') return download(control, request.url)
    if (path.startsWith(UPLOADS) && request.method === 'PUT')
      return putUpload(control, request.url, request.body instanceof Uint8Array ? request.body : new Uint8Array())
    return /^\/+(v1\.0|beta)\/+\$batch\/*$/i.test(path) && request.method === 'POST'
      ? batch(dispatch, request)
      : dispatch(request)
  }
  return {
    answer: async (request) => {
      const answer = await route(request).catch((error: unknown) => refused(error, control, request))
      return answer.status === 401 ? challenged(answer, request.origin) : answer
    },
  }
}

/** Limits of Graph on and off while it serves, for scenarios and tests. */
function setThrottling(throttle: Throttle, body: unknown): GraphAnswer {
  const { scale } = parseBody(Throttling, body)
  throttle.set(scale ?? undefined)
  return { status: 200, body: { scale } }
}

/** Where to get a token, as Graph says it (RFC 6750 §3). */
function challenged(answer: GraphAnswer, origin: string): GraphAnswer {
  const challenge = `Bearer realm="", authorization_uri="${origin}/common/oauth2/authorize", client_id="${GRAPH_APP_ID}"`
  return { ...answer, headers: { 'www-authenticate': challenge, ...answer.headers } }
}

/** Who asks what anybody may ask. */
const NOBODY: Actor = { type: 'service', id: 'anybody', displayName: 'anybody' }

async function requireSimulationRole(identity: Identity, authorization: string | undefined): Promise<Actor> {
  const { roles, actor } = await identity.verify(authorization)
  if (!roles.has(SIMULATION_ROLE))
    throw new CodedError('graph/forbidden', `the application needs the role ${SIMULATION_ROLE}`)
  return actor
}

/** An error as the answer that a client gets; what nobody expected goes to the log, and the client learns only that. */
export function refused(
  error: unknown,
  { deps }: Pick<Control, 'deps'>,
  { correlationId, url }: Pick<IncomingRequest, 'correlationId' | 'url'>,
): GraphAnswer {
  if (error instanceof CodedError) {
    const at = error.at === undefined ? {} : { at: error.at }
    return errorAnswer({ code: error.code, message: error.message, ...at }, correlationId, url)
  }
  deps.log.error({ err: error }, 'a request failed')
  const message = 'An unexpected error occurred; the log of the service has it.'
  return errorAnswer({ code: 'graph/internal', message }, correlationId)
}

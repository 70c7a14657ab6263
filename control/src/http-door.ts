import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { SIMULATION_ROLE } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Control } from './control.ts'
import { batch } from './graph/batch.ts'
import { createDispatch, type Dispatch, type IncomingRequest } from './graph/dispatch.ts'
import { errorAnswer, type GraphAnswer } from './graph/graph-request.ts'
import type { TokenService } from './graph/tokens.ts'
import { openLiveDoor } from './simulation/live.ts'
import { isOpen, type SimulationContext, serveSimulation } from './simulation/routes.ts'

export interface HttpDoorOptions {
  readonly control: Control
  readonly tokens: TokenService
  readonly tenantId: string
  readonly simulation: SimulationContext
  /** Leaf and issuing certificate, and the leaf's key. */
  readonly tls: { readonly cert: string; readonly key: string }
  readonly host: string
  /** 0 chooses a free one. */
  readonly port: number
}

export interface HttpDoor {
  readonly url: string
  stop(): Promise<void>
}

/** Bytes that a request body may have. */
const BODY_BYTES_MAX = 4 * 1_048_576

/**
 * The HTTPS door: Graph at the host root, the token endpoint, and the simulation API under `/_muster`.
 * @throws CodedError `http/port-taken`
 */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { control, tokens, tls, host, port } = options
  const app = fastify({
    https: tls,
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 8_192 },
  }) as unknown as FastifyInstance
  const dispatch = createDispatch(control, tokens, options.tenantId)
  readBodies(app)
  app.setErrorHandler((error, request, reply) => {
    const correlationId = correlationOf(request)
    send(reply, errorAnswer(refusalOf(error, control), correlationId), correlationId)
  })
  app.all('/*', async (request, reply) => {
    const correlationId = correlationOf(request)
    send(reply, await serve(options, dispatch, request, correlationId), correlationId)
    return reply
  })
  await listen(app, host, port)
  const live = openLiveDoor(app.server, control, async ({ url, headers }) => {
    if (url?.split('?')[0] !== '/_muster/live') return false
    return tokens.verify(headers.authorization).then(
      ({ roles }) => roles.has(SIMULATION_ROLE),
      () => false,
    )
  })
  return {
    url: `https://localhost:${(app.server.address() as AddressInfo).port}`,
    stop: async () => {
      await live.stop()
      await app.close()
    },
  }
}

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, String(body)),
  )
  // Clients are careless about the type of what is JSON.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => {
    if (body === '') {
      done(null, undefined)
      return
    }
    try {
      done(null, JSON.parse(String(body)))
    } catch {
      done(new CodedError('graph/bad-body', 'the body is not JSON', { at: 'body' }))
    }
  })
}

async function serve(
  options: HttpDoorOptions,
  dispatch: Dispatch,
  request: FastifyRequest,
  correlationId: string,
): Promise<GraphAnswer> {
  const { tokens, simulation } = options
  const [path = '', query = ''] = request.url.split('?')
  if (/^\/[^/]+\/oauth2\/v2\.0\/token$/.test(path) && request.method === 'POST')
    return issueToken(tokens, request.body, correlationId)
  const authorization = request.headers.authorization
  if (path.startsWith('/_muster/')) {
    const below = path.slice('/_muster'.length)
    if (!isOpen(below)) await requireSimulationRole(tokens, authorization)
    return serveSimulation(simulation, {
      method: request.method,
      path: below,
      query: new URLSearchParams(query),
      body: request.body,
    })
  }
  const incoming: IncomingRequest = {
    method: request.method,
    url: request.url,
    authorization,
    correlationId,
    body: request.body,
    origin: `https://${request.host}`,
  }
  return /^\/(v1\.0|beta)\/\$batch$/i.test(path) && request.method === 'POST'
    ? batch(dispatch, incoming)
    : dispatch(incoming)
}

async function requireSimulationRole(tokens: TokenService, authorization: string | undefined): Promise<void> {
  const { roles } = await tokens.verify(authorization)
  if (!roles.has(SIMULATION_ROLE))
    throw new CodedError('graph/forbidden', `the application needs the role ${SIMULATION_ROLE}`)
}

async function issueToken(tokens: TokenService, body: unknown, correlationId: string): Promise<GraphAnswer> {
  try {
    return { status: 200, body: await tokens.issue(new URLSearchParams(typeof body === 'string' ? body : '')) }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const description = {
      error_description: error.message,
      error_codes: [Number(/AADSTS(\d+)/.exec(error.message)?.[1] ?? 0)],
    }
    const name =
      error.code === 'token/unsupported-grant'
        ? 'unsupported_grant_type'
        : error.code === 'token/unknown-application'
          ? 'unauthorized_client'
          : 'invalid_client'
    return {
      status: error.code === 'token/bad-secret' ? 401 : 400,
      body: { error: name, ...description, correlation_id: correlationId },
    }
  }
}

/** The caller's id of the request, if it is a sound one. */
function correlationOf(request: FastifyRequest): string {
  const given = request.headers['client-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID()
}

function refusalOf(error: unknown, control: Control): Parameters<typeof errorAnswer>[0] {
  if (error instanceof CodedError)
    return { code: error.code, message: error.message, ...(error.at === undefined ? {} : { at: error.at }) }
  const { statusCode, message } = error as { statusCode?: number; message?: string }
  if (statusCode === 413) return { code: 'message/too-large', message: message ?? 'the body is too large' }
  if (statusCode !== undefined && statusCode < 500)
    return { code: 'graph/bad-body', message: message ?? 'the request cannot be read' }
  control.deps.log.error({ err: error }, 'a request failed')
  return { code: 'graph/internal', message: 'An unexpected error occurred; the log of the service has it.' }
}

function send(
  reply: FastifyReply,
  { status, body, headers }: GraphAnswer | { status: number; body: unknown; headers?: undefined },
  correlationId: string,
): void {
  void reply
    .code(status)
    .headers({ 'request-id': correlationId, 'client-request-id': correlationId, 'OData-Version': '4.0', ...headers })
    .type(
      typeof body === 'number'
        ? 'text/plain'
        : 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
    )
    .send(body === undefined ? '' : typeof body === 'number' ? String(body) : JSON.stringify(body))
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new CodedError(
      'http/port-taken',
      `port ${port} is taken by another program: end that one, or choose another with --port`,
      { cause: error },
    )
  }
}

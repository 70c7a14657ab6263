import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'
import { isDeeperThan, JSON_DEPTH_MAX, SIMULATION_ROLE } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { createFrontDoor, type FrontDoorOptions, refused } from './front-door.ts'
import { UPLOADS } from './graph/apps/app-content.ts'
import type { GraphAnswer, RequestHeaders } from './graph/graph-request.ts'
import { openLiveDoor } from './simulation/live.ts'

/** PEM. */
export interface ServerIdentity {
  readonly cert: string
  readonly key: string
}

export interface HttpDoorOptions extends FrontDoorOptions {
  /** Leaf and issuing certificate, and the leaf's key. */
  readonly tls: ServerIdentity
  /** For a client that asks for a host by name: another one, if this is such a host. */
  readonly identityFor?: (host: string) => ServerIdentity | undefined
  readonly host: string
  /** 0 chooses a free one. */
  readonly port: number
  readonly limits?: Partial<DoorLimits>
}

/** What one client may take of the door, wall time. */
export interface DoorLimits {
  /** From the connection, or from the end of the request before, to its handshake and its last header. */
  readonly headersMs: number
  /** To the last byte of its body; what the service then takes to answer is not counted. */
  readonly requestMs: number
  /** How often connections are looked at. */
  readonly lookEveryMs: number
  readonly headers: number
  readonly connections: number
}

const LIMITS: DoorLimits = {
  headersMs: 10_000,
  requestMs: 120_000,
  lookEveryMs: 5_000,
  headers: 200,
  connections: 1_000,
}

export interface HttpDoor {
  readonly url: string
  stop(): Promise<void>
}

/** Bytes that a request body may have, and a block of an upload. */
const BODY_BYTES_MAX = 4 * 1_048_576
const BLOCK_BYTES_MAX = 64 * 1_048_576

/**
 * The HTTPS door: Graph and the tenant's authority at the host root, and the simulation API under `/_muster`.
 * @throws CodedError `http/port-taken`, `http/port-forbidden`
 */
export async function openHttpDoor(options: HttpDoorOptions): Promise<HttpDoor> {
  const { control, identity, tls, host, port } = options
  const limits = { ...LIMITS, ...options.limits }
  const app = fastify({
    https: {
      ...tls,
      ...(options.identityFor ? { SNICallback: sniCallback(options.identityFor) } : {}),
      handshakeTimeout: limits.headersMs,
      headersTimeout: limits.headersMs,
      connectionsCheckingInterval: limits.lookEveryMs,
    },
    requestTimeout: limits.requestMs,
    bodyLimit: BODY_BYTES_MAX,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 8_192 },
  }) as unknown as FastifyInstance
  app.server.maxHeadersCount = limits.headers
  app.server.maxConnections = limits.connections
  const front = createFrontDoor(options)
  // One tool asks for tokens with GET and a form.
  app.addHttpMethod('GET', { hasBody: true, overrideExisting: true })
  readBodies(app)
  app.setErrorHandler((error, request, reply) => {
    const correlationId = correlationOf(request)
    send(reply, refused(httpError(error), control, { correlationId, url: request.url }), correlationId)
  })
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> => {
    const correlationId = correlationOf(request)
    const answered = await front.answer({
      method: request.method,
      url: request.url,
      authorization: request.headers.authorization,
      correlationId,
      body: request.body,
      headers: headersOf(request),
      remoteAddress: request.ip,
      origin: `https://${request.host}`,
    })
    send(reply, answered, correlationId)
    return reply
  }
  app.all('/*', answer)
  app.all(`${UPLOADS}*`, { bodyLimit: BLOCK_BYTES_MAX }, answer)
  await listen(app, host, port)
  const live = openLiveDoor(app.server, control, async ({ url, headers }) => {
    if (url?.split('?')[0] !== '/_muster/live') return false
    return identity.verify(headers.authorization).then(
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

type SniCallback = (host: string, done: (error: Error | null, context?: SecureContext) => void) => void

function sniCallback(identityFor: NonNullable<HttpDoorOptions['identityFor']>): SniCallback {
  const contexts = new Map<string, SecureContext>()
  return (host, done) => {
    const known = contexts.get(host)
    const identity = known ? undefined : identityFor(host)
    const context = known ?? (identity && createSecureContext(identity))
    if (context) contexts.set(host, context)
    done(null, context)
  }
}

function readBodies(app: FastifyInstance): void {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) =>
    done(null, String(body)),
  )
  // Clients are careless about the type of what is JSON.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, ({ url }, body, done) => {
    const bytes = body as Buffer
    if (url.startsWith(UPLOADS)) done(null, bytes)
    else if (bytes.byteLength > BODY_BYTES_MAX)
      done(new CodedError('message/too-large', `a body has at most ${BODY_BYTES_MAX} bytes`))
    else readJson(bytes.toString('utf8'), done)
  })
}

function readJson(text: string, done: (error: Error | null, body?: unknown) => void): void {
  if (text === '') {
    done(null, undefined)
    return
  }
  if (isDeeperThan(text, JSON_DEPTH_MAX)) {
    done(new CodedError('message/too-deep', `lists and objects are in each other more than ${JSON_DEPTH_MAX} times`))
    return
  }
  try {
    done(null, JSON.parse(text))
  } catch {
    done(new CodedError('graph/bad-body', 'the body is not JSON', { at: 'body' }))
  }
}

/** The caller's id of the request, if it is a sound one. */
function correlationOf(request: FastifyRequest): string {
  const given = request.headers['client-request-id']
  return typeof given === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(given) ? given : randomUUID()
}

const headersOf = ({ headers }: FastifyRequest): RequestHeaders =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value]),
  )

/** What the HTTP server itself refuses, in our own codes. */
function httpError(error: unknown): unknown {
  const { statusCode, message } = error as { statusCode?: number; message?: string }
  if (error instanceof CodedError || statusCode === undefined || statusCode >= 500) return error
  if (statusCode === 413) return new CodedError('message/too-large', message ?? 'the body is too large')
  return new CodedError('graph/bad-body', message ?? 'the request cannot be read')
}

/** What real Graph says of the machine that served a request; clients log it. */
const DIAGNOSTIC = JSON.stringify({
  ServerInfo: { DataCenter: 'Muster', Slice: 'E', Ring: '1', ScaleUnit: '000', RoleInstance: 'MUSTER00' },
})
const JSON_TYPE = 'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8'

function send(reply: FastifyReply, { status, body, headers }: GraphAnswer, correlationId: string): void {
  const common = {
    'request-id': correlationId,
    'client-request-id': correlationId,
    'x-ms-ags-diagnostic': DIAGNOSTIC,
    'OData-Version': '4.0',
  }
  void reply.code(status).headers({ ...common, ...headers })
  // Of no content there is no type: clients would read it as JSON.
  if (body === undefined) {
    void reply.send()
    return
  }
  const [type, content] = contentOf(body, headers?.['content-type'])
  void reply.type(type).send(content)
}

/** Without a type of its own a body is JSON, but for bare numbers and bytes. */
function contentOf(body: unknown, type: string | undefined): readonly [type: string, content: string | Uint8Array] {
  if (body instanceof Uint8Array) return [type ?? 'application/octet-stream', body]
  if (typeof body === 'number' || type !== undefined) return [type ?? 'text/plain', String(body)]
  return [JSON_TYPE, JSON.stringify(body)]
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port })
  } catch (error) {
    await app.close()
    if ((error as NodeJS.ErrnoException).code === 'EACCES')
      throw new CodedError(
        'http/port-forbidden',
        `port ${port} may not be taken without rights: choose one above 1023 with --port, or allow it (Linux: sysctl net.ipv4.ip_unprivileged_port_start=${port})`,
        { cause: error },
      )
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw new CodedError(
      'http/port-taken',
      `port ${port} is taken by another program: end that one, or choose another with --port`,
      { cause: error },
    )
  }
}

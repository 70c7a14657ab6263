import { createLogger, createMemoryBroker, systemClock } from '@muster/shared/runtime'
import type { Receivers } from '../src/app/receivers.ts'
import { type Control, createControl } from '../src/control.ts'
import { createFrontDoor, type FrontDoorOptions } from '../src/front-door.ts'
import type { IncomingRequest } from '../src/graph/dispatch.ts'
import type { GraphAnswer } from '../src/graph/graph-request.ts'
import { createIdentity } from '../src/graph/identity/authority.ts'
import { registerConfigured } from '../src/graph/identity/configured-applications.ts'
import type { IdentityDeps } from '../src/graph/identity/identity-deps.ts'
import { openSigningKeys } from '../src/graph/identity/signing-keys.ts'
import { type Office, openOffice } from './office.ts'

export const TENANT_ID = '11111111-2222-4333-8444-555555555555'
export const CLIENT_ID = '99999999-2222-4333-8444-555555555555'
export const SECRET = 'the secret of this test'
export const GRAPH_SCOPE = 'https://graph.microsoft.com/.default'

/** What a Graph request came to; `body` is untyped, as it is for any client. */
export interface GraphReply {
  readonly status: number
  readonly body: Entity
}

export type Entity = Record<string, unknown>

/** An office with its service and its Graph door, over buses in memory. */
export interface GraphOffice extends AsyncDisposable {
  readonly office: Office
  readonly control: Control
  /** Ask as an application with every role, below `/beta` or another version. */
  ask(method: string, path: string, body?: unknown, version?: string): Promise<GraphReply>
  /** The same, for an answer that must be below 300; its body. */
  get<T = Entity>(path: string): Promise<T>
  post<T = Entity>(path: string, body: unknown): Promise<T>
  /** Any request, whole, and whatever comes of it. */
  answer(request: Pick<IncomingRequest, 'method' | 'url' | 'body'> & Partial<IncomingRequest>): Promise<GraphAnswer>
  /** Ask with a token of one's own, or none. */
  raw(method: string, url: string, authorization: string | undefined, body?: unknown): Promise<GraphReply>
  /** What its door is made of, for another door. */
  readonly behindDoor: FrontDoorOptions
  /** The header of an application with every role. */
  readonly authorization: string
}

/** A body as the door's JSON decoder leaves it: what a generator made without a prototype has one after it. */
function asDecoded(body: unknown): unknown {
  return typeof body === 'object' && !(body instanceof Uint8Array) ? JSON.parse(JSON.stringify(body)) : body
}

/** Everybody who is called says yes. */
const willing: Receivers = {
  post: async ({ url }) => {
    const token = new URL(url).searchParams.get('validationToken')
    return { status: token === null ? 202 : 200, contentType: 'text/plain', body: token ?? '' }
  },
  close: () => undefined,
}

export async function openGraph(
  given: Partial<IdentityDeps> = {},
  receivers: Receivers = willing,
): Promise<GraphOffice> {
  const office = await openOffice()
  const broker = createMemoryBroker()
  const connect = (name: string) => broker.connect(name)
  const buses = { requests: connect('requests'), reports: connect('reports'), outgoing: connect('outgoing') }
  const { store, authority, sessionKey, clock, ids } = office
  const log = createLogger({ name: 'test', level: 'silent' })
  const control = await createControl({
    store,
    buses,
    authority,
    sessionKey,
    clock,
    wall: systemClock(),
    speed: 1,
    ids,
    tenant: 'contoso',
    log,
    notifying: { receivers, tenantId: TENANT_ID },
  })
  await registerConfigured(
    store,
    [{ clientId: CLIENT_ID, displayName: 'a test', clientSecret: SECRET, roles: 'every' }],
    0,
  )
  const identity = createIdentity({
    store,
    ids,
    tenant: 'contoso',
    tenantId: TENANT_ID,
    nowMs: () => Date.now(),
    keys: openSigningKeys(sharedKeys),
    refuseRepeatedAssertions: false,
    ...given,
  })
  const startedAtMs = clock.nowMs()
  const clockScale = { originWallMs: startedAtMs, originMs: startedAtMs, speed: 1 }
  const simulation = {
    control,
    tenantId: TENANT_ID,
    clockScale,
    version: 'test',
    natsServerVersion: 'none',
    startedAtMs,
  }
  const behindDoor = { control, identity, tenantId: TENANT_ID, simulation }
  const door = createFrontDoor(behindDoor)

  const form = { grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: SECRET, scope: GRAPH_SCOPE }
  const answer: GraphOffice['answer'] = async (request) => {
    const common = { authorization: undefined, correlationId: 'graph-test', origin: 'https://localhost' }
    const answered = await door.answer({ ...common, ...request, body: asDecoded(request.body) })
    // The devices of this office are planned for beside the service: both must see what has changed.
    office.planning.invalidate()
    return answered
  }
  const raw: GraphOffice['raw'] = async (method, url, authorization, body) => {
    const answered = await answer({ method, url, authorization, body })
    return { status: answered.status, body: (answered.body ?? {}) as Entity }
  }
  const issued = await raw('POST', `/${TENANT_ID}/oauth2/v2.0/token`, undefined, String(new URLSearchParams(form)))
  const authorization = `Bearer ${String(issued.body['access_token'])}`
  const ask: GraphOffice['ask'] = (method, path, body, version = 'beta') =>
    raw(method, `/${version}${path}`, authorization, body)
  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const reply = await ask(method, path, body)
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body as T
  }
  return {
    office,
    control,
    behindDoor,
    ask,
    raw,
    answer,
    authorization,
    get: (path) => must('GET', path),
    post: (path, body) => must('POST', path, body),
    [Symbol.asyncDispose]: async () => {
      await control.stop()
      for (const bus of Object.values(buses)) await bus.close()
      await office.store.close()
    },
  }
}

/** Keys are slow to make: the tests of a file share one. */
let keyText: string | undefined
const sharedKeys = {
  read: () => keyText,
  write: (text: string) => {
    keyText = text
  },
}

import { SIMULATION_ROLE } from '@muster/shared/contracts'
import { createLogger, createMemoryBroker, systemClock } from '@muster/shared/runtime'
import { type Control, createControl } from '../src/control.ts'
import { createFrontDoor } from '../src/front-door.ts'
import { graphRoles } from '../src/graph/routes.ts'
import { createTokenService, secretSha256 } from '../src/graph/tokens.ts'
import { type Office, openOffice } from './office.ts'

export const TENANT_ID = '11111111-2222-4333-8444-555555555555'
const CLIENT_ID = '99999999-2222-4333-8444-555555555555'
const SECRET = 'the secret of this test'

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
  /** Ask as an application with every role, below `/beta`. */
  ask(method: string, path: string, body?: unknown): Promise<GraphReply>
  /** The same, for an answer that must be below 300; its body. */
  get<T = Entity>(path: string): Promise<T>
  post<T = Entity>(path: string, body: unknown): Promise<T>
  /** Ask with a token of one's own, or none. */
  raw(method: string, url: string, authorization: string | undefined, body?: unknown): Promise<GraphReply>
}

export async function openGraph(): Promise<GraphOffice> {
  const office = await openOffice()
  const broker = createMemoryBroker()
  const connect = (name: string) => broker.connect(name)
  const buses = { requests: connect('requests'), reports: connect('reports'), outgoing: connect('outgoing') }
  const { store, authority, clock, ids } = office
  const log = createLogger({ name: 'test', level: 'silent' })
  const control = await createControl({
    store,
    buses,
    authority,
    clock,
    wall: systemClock(),
    speed: 1,
    ids,
    tenant: 'contoso',
    log,
  })
  const application = {
    clientId: CLIENT_ID,
    displayName: 'a test',
    secretSha256: secretSha256(SECRET),
    roles: everyRole,
  }
  const tokens = createTokenService({
    tenantId: TENANT_ID,
    issuer: 'https://issuer.example/',
    applications: [application],
  })
  const form = { grant_type: 'client_credentials', client_id: CLIENT_ID, client_secret: SECRET }
  const { access_token: token } = await tokens.issue(new URLSearchParams(form))
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
  const door = createFrontDoor({ control, tokens, tenantId: TENANT_ID, simulation })

  const raw: GraphOffice['raw'] = async (method, url, authorization, body) => {
    const origin = 'https://localhost'
    const answer = await door.answer({ method, url, authorization, correlationId: 'graph-test', body, origin })
    // The devices of this office are planned for beside the service: both must see what has changed.
    office.planning.invalidate()
    return { status: answer.status, body: (answer.body ?? {}) as Entity }
  }
  const ask: GraphOffice['ask'] = (method, path, body) => raw(method, `/beta${path}`, `Bearer ${String(token)}`, body)
  const must = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const reply = await ask(method, path, body)
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
    return reply.body as T
  }
  return {
    office,
    control,
    ask,
    raw,
    get: (path) => must('GET', path),
    post: (path, body) => must('POST', path, body),
    [Symbol.asyncDispose]: async () => {
      await control.stop()
      for (const bus of Object.values(buses)) await bus.close()
      await office.store.close()
    },
  }
}

const everyRole = [
  ...graphRoles,
  ...graphRoles.map((role) => role.replace('.Read.All', '.ReadWrite.All')),
  SIMULATION_ROLE,
]

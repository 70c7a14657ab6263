import {
  type CommittedPage,
  HISTORY_PAGE_MAX,
  type HistoryPage,
  HttpFault,
  type PolicyLatencies,
  Population,
  type Readiness,
  type ServiceInfo,
  WorldOrder,
} from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { ClockScale } from '@muster/shared/runtime'
import type { Control } from '../control.ts'
import type { Actor } from '../domain/model.ts'
import type { HttpFaults } from '../graph/http-faults.ts'
import { quantilesOfList } from '../meters.ts'
import { type BrokerPlace, serveAgents } from './agents.ts'
import { parseBody } from './body.ts'
import { serveDeadLetters } from './dead-letters.ts'
import { serveDeviceActs } from './device-acts.ts'
import { serveMeasurements } from './measurements.ts'
import { orderAll, populate } from './orders.ts'
import { statsOf } from './stats.ts'
import { traceOf } from './trace.ts'

export interface SimulationContext {
  readonly control: Control
  readonly tenantId: string
  readonly clockScale: ClockScale
  readonly version: string
  readonly natsServerVersion: string
  readonly startedAtMs: number
  /** Of a broker of Muster's own. */
  readonly broker?: BrokerPlace
}

export interface SimulationRequest {
  readonly method: string
  /** Below `/_muster`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly body: unknown
  /** Who asks. */
  readonly actor: Actor
  readonly correlationId: string
}

export interface SimulationAnswer {
  readonly status: number
  readonly body: unknown
}

const PAGE = 2_000

/** Paths that need no token. */
export const isOpen = (path: string): boolean => path === '/health' || path === '/ready'

/** Serve the simulation API (see `contracts/simulation-http.ts`). Throws coded errors; unknown paths are `graph/not-served`. */
export async function serveSimulation(
  context: SimulationContext & { readonly faults: HttpFaults },
  request: SimulationRequest,
): Promise<SimulationAnswer> {
  const ok = (body: unknown): SimulationAnswer => ({ status: 200, body })
  const { control } = context
  const key = `${request.method} ${request.path}`
  switch (key) {
    case 'GET /health':
      return ok({ status: 'alive' })
    case 'GET /ready':
      return readiness(control)
    case 'GET /info':
      return ok(infoOf(context))
    case 'GET /workers':
      return ok({ workers: control.workers.list() })
    case 'GET /stats':
      return ok(await statsOf(control))
    case 'POST /population': {
      const result = await populate(control, parseBody(Population, request.body))
      if (!result.ok) throw CodedError.of(result.refusal)
      return ok(result.value)
    }
    case 'POST /orders':
      return ok(await orderAll(control, parseBody(WorldOrder, request.body)))
    case 'GET /history/sent':
      return ok(await sentPage(control, request.query.get('after') ?? ''))
    case 'GET /history/committed':
      return ok(await committedPage(control, request.query.get('after') ?? undefined))
  }
  const faults = serveHttpFaults(context.faults, request)
  if (faults) return ok(faults)
  const agents = await serveAgents({ ...context, broker: context.broker }, request)
  if (agents) return ok(agents)
  const latencies = /^GET \/policies\/([^/]+)\/latencies$/.exec(key)
  if (latencies) return ok(await latenciesOf(control, latencies[1] ?? '', request.query.get('revision')))
  const measured = await serveMeasurements(control, request)
  if (measured !== undefined) return ok(measured)
  const done = (await serveDeviceActs(control, request)) ?? (await serveDeadLetters(control, request))
  if (done !== undefined) return ok(done)
  const trace = /^GET \/devices\/([^/]+)\/trace$/.exec(key)
  if (trace) {
    const found = await traceOf(control, trace[1] ?? '')
    if (!found) throw new CodedError('graph/not-found', `there is no device ${trace[1]}`)
    return ok(found)
  }
  throw new CodedError('graph/not-served', `the simulation API does not serve ${key}`)
}

function serveHttpFaults(faults: HttpFaults, { method, path, body }: SimulationRequest): unknown {
  if (method === 'GET' && path === '/http-faults') return { faults: faults.list() }
  const [, name] = /^\/http-faults\/([\w.-]{1,80})$/.exec(path) ?? []
  if (name === undefined) return undefined
  if (method === 'PUT') return faults.put(name, parseBody(HttpFault, body))
  return method === 'DELETE' ? faults.remove(name) : undefined
}

async function readiness(control: Control): Promise<SimulationAnswer> {
  const bus = control.deps.buses.requests.connected && control.deps.buses.reports.connected
  const store = await control.deps.store.settings.get().then(
    () => true,
    () => false,
  )
  const body: Readiness = {
    ready: bus && store,
    bus,
    store,
    workers: control.workers.list().filter(({ alive }) => alive).length,
  }
  return { status: body.ready ? 200 : 503, body }
}

function infoOf({
  control,
  tenantId,
  clockScale,
  version,
  natsServerVersion,
  startedAtMs,
}: SimulationContext): ServiceInfo {
  return {
    product: 'muster',
    version,
    tenantId,
    tenant: control.deps.tenant,
    startedAtMs,
    clock: clockScale,
    nowMs: control.deps.clock.nowMs(),
    natsServerVersion,
    pid: process.pid,
    rssBytes: process.memoryUsage.rss(),
  }
}

/** Pages go worker by worker: `after` is the agent's id and the last device key, with a space between. */
async function sentPage({ workers }: Control, after: string): Promise<HistoryPage> {
  const [agentId = '', deviceKey = ''] = after.split(' ')
  const agents = workers.reachable().map(({ hello }) => hello.agentId)
  const agent = agents.find((id) => id === agentId) ?? agents.find((id) => id > agentId)
  if (agent === undefined) return { entries: [] }
  const page = await workers.order(agent, {
    order: 'history',
    after: agent === agentId ? deviceKey : '',
    limit: HISTORY_PAGE_MAX,
  })
  const following = agents.find((id) => id > agent)
  const next = page.next !== undefined ? `${agent} ${page.next}` : following === undefined ? undefined : `${following} `
  return { entries: page.history ?? [], ...(next === undefined ? {} : { next }) }
}

async function committedPage({ deps }: Control, after: string | undefined): Promise<CommittedPage> {
  const entries = await deps.store.reports.summary({ limit: PAGE, ...(after === undefined ? {} : { after }) })
  const last = entries.at(-1)
  return { entries: [...entries], ...(entries.length === PAGE && last ? { next: last.deviceId } : {}) }
}

async function latenciesOf({ deps }: Control, policyId: string, revision: string | null): Promise<PolicyLatencies> {
  const policy = await deps.store.policies.get(policyId)
  if (!policy) throw new CodedError('graph/not-found', `there is no policy ${policyId}`)
  const wanted = revision === null ? policy.revision : Number(revision)
  if (!Number.isInteger(wanted) || wanted < 1)
    throw new CodedError('graph/bad-query', 'revision must be a whole number from 1')
  const rows = await deps.store.devicePolicies.latencies(policyId, wanted)
  return {
    policyId,
    revision: wanted,
    appliedMs: quantilesOfList(rows.map((row) => row.appliedAfterMs)),
    committedMs: quantilesOfList(rows.map((row) => row.committedAfterMs)),
  }
}

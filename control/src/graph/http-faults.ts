import type { HttpFault, HttpFaultView } from '@muster/shared/contracts'
import { type Clock, createRng, pause, type Rng } from '@muster/shared/core'
import { errorAnswer, type GraphAnswer } from './graph-request.ts'

/** Faults of Graph's answers that the simulation has ordered, by name. A service that is started anew has none. */
export interface HttpFaults {
  /** From now on; in place of one of the same name. */
  put(name: string, fault: HttpFault): HttpFaultView
  /** Over. Answers what it has done; nothing when there was none. */
  remove(name: string): HttpFaultView
  list(): readonly HttpFaultView[]
  /** What a request meets before it is served: a wait, and perhaps an answer in place of its own. */
  meet(request: { readonly url: string; readonly correlationId: string }): Promise<GraphAnswer | undefined>
}

interface Active {
  readonly fault: HttpFault
  readonly pattern: RegExp
  readonly chance: Rng
  requests: number
  answered: number
}

/** Graph's words for what a gateway answers in place of a service. */
const words: Readonly<Record<NonNullable<HttpFault['respond']>['status'], readonly [code: string, message: string]>> = {
  429: ['TooManyRequests', 'Too many requests.'],
  500: ['InternalServerError', 'An internal server error occurred.'],
  502: ['BadGateway', 'The gateway received an invalid response.'],
  503: ['ServiceUnavailable', 'The service is temporarily unavailable.'],
  504: ['GatewayTimeout', 'The gateway did not receive a response in time.'],
}

/** `speed`: simulated seconds in a second of the clients, to whom `Retry-After` is told in their own. */
export function createHttpFaults(clock: Clock, speed: number): HttpFaults {
  const active = new Map<string, Active>()
  const viewOf = (name: string): HttpFaultView => {
    const { fault, requests = 0, answered = 0 } = active.get(name) ?? {}
    return { name, requests, answered, ...(fault ? { fault } : {}) }
  }
  return {
    put: (name, fault) => {
      active.set(name, {
        fault,
        pattern: patternOf(fault.path),
        chance: createRng(fault.seed),
        requests: 0,
        answered: 0,
      })
      return viewOf(name)
    },
    remove: (name) => {
      const last = viewOf(name)
      active.delete(name)
      return last
    },
    list: () => [...active.keys()].map(viewOf),
    meet: async ({ url, correlationId }) => {
      const path = (url.split('?')[0] ?? '').replace(/\/{2,}/g, '/')
      const met = [...active.values()].filter(({ pattern }) => pattern.test(path))
      if (met.length === 0) return undefined
      const fates = met.map((each) => fateOf(each))
      const waitMs = fates.reduce((sum, { delayMs }) => sum + delayMs, 0)
      if (waitMs > 0) await pause(clock, Math.round(waitMs))
      const respond = fates.find((fate) => fate.respond)?.respond
      return respond && answerOf(respond, speed, url, correlationId)
    },
  }
}

function fateOf(active: Active): { readonly delayMs: number; readonly respond: HttpFault['respond'] } {
  const { fault, chance } = active
  const { minMs, maxMs } = fault.latency ?? { minMs: 0, maxMs: 0 }
  const delayMs = minMs + chance.unit() * (maxMs - minMs)
  const respond = fault.respond && chance.chance(fault.respond.share) ? fault.respond : undefined
  active.requests++
  if (respond) active.answered++
  return { delayMs, respond }
}

function answerOf(
  { status, retryAfterMs }: NonNullable<HttpFault['respond']>,
  speed: number,
  url: string,
  correlationId: string,
): GraphAnswer {
  const [graph, message] = words[status]
  const { body } = errorAnswer({ code: 'simulation/http-fault', message }, correlationId, url, graph)
  if (retryAfterMs === undefined) return { status, body }
  return { status, body, headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000 / speed))) } }
}

/** `/v1.0/**` and the like; letters in either case, as Graph takes them. */
function patternOf(path: string): RegExp {
  const source = path
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/\/\*\*$/, '(/.+)?')
    .replace(/\*\*/g, '.+')
    .replace(/\*/g, '[^/]*')
  return new RegExp(`^${source}$`, 'i')
}

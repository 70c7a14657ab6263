import { SIMULATION_ROLE } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Control } from './control.ts'
import { putUpload, UPLOADS } from './graph/apps/app-content.ts'
import { batch } from './graph/batch.ts'
import { createDispatch, type IncomingRequest } from './graph/dispatch.ts'
import { errorAnswer, type GraphAnswer } from './graph/graph-request.ts'
import { DOWNLOADS, download } from './graph/reports/export-jobs.ts'
import type { TokenService } from './graph/tokens.ts'
import { isOpen, type SimulationContext, serveSimulation } from './simulation/routes.ts'

export interface FrontDoorOptions {
  readonly control: Control
  readonly tokens: TokenService
  readonly tenantId: string
  readonly simulation: SimulationContext
}

/** All that can be asked of the service over HTTP, without the HTTP: Graph, the token endpoint, the simulation API. */
export interface FrontDoor {
  /** Every refusal is an answer, and so is what nobody expected. */
  answer(request: IncomingRequest): Promise<GraphAnswer>
}

export function createFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { control, tokens, simulation, tenantId } = options
  const dispatch = createDispatch(control, tokens, tenantId)
  const route = async (request: IncomingRequest): Promise<GraphAnswer> => {
    const [path = '', query = ''] = request.url.split('?')
    if (/^\/[^/]+\/oauth2\/v2\.0\/token$/.test(path) && request.method === 'POST')
      return issueToken(tokens, request.body, request.correlationId)
    if (path.startsWith('/_muster/')) {
      const below = path.slice('/_muster'.length)
      if (!isOpen(below)) await requireSimulationRole(tokens, request.authorization)
      const { method, body } = request
      return serveSimulation(simulation, { method, path: below, query: new URLSearchParams(query), body })
    }
    if (path.startsWith(DOWNLOADS) && request.method === 'GET') return download(control, request.url)
    if (path.startsWith(UPLOADS) && request.method === 'PUT')
      return putUpload(control, request.url, request.body instanceof Uint8Array ? request.body : new Uint8Array())
    return /^\/(v1\.0|beta)\/\$batch$/i.test(path) && request.method === 'POST'
      ? batch(dispatch, request)
      : dispatch(request)
  }
  return {
    answer: (request) => route(request).catch((error: unknown) => refused(error, control, request.correlationId)),
  }
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

/** An error as the answer that a client gets; what nobody expected goes to the log, and the client learns only that. */
export function refused(error: unknown, { deps }: Pick<Control, 'deps'>, correlationId: string): GraphAnswer {
  if (error instanceof CodedError) {
    const at = error.at === undefined ? {} : { at: error.at }
    return errorAnswer({ code: error.code, message: error.message, ...at }, correlationId)
  }
  deps.log.error({ err: error }, 'a request failed')
  const message = 'An unexpected error occurred; the log of the service has it.'
  return errorAnswer({ code: 'graph/internal', message }, correlationId)
}

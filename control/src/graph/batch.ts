import { isDeeperThan, JSON_DEPTH_MAX } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { z } from 'zod'
import type { Dispatch, IncomingRequest } from './dispatch.ts'
import { errorAnswer, type GraphAnswer, type RequestHeaders } from './graph-request.ts'

/** Requests in one batch, as Graph allows them. */
const REQUESTS_MAX = 20

/** Some clients number their requests. */
const Id = z.union([z.string().min(1).max(256), z.number()]).transform(String)
const BatchShape = z.object({
  requests: z
    .array(
      z.object({
        id: Id,
        method: z
          .string()
          .transform((method) => method.toUpperCase())
          .pipe(z.enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE'])),
        url: z.string().min(1).max(8_192),
        body: z.unknown().optional(),
        headers: z.record(z.string(), z.coerce.string()).nullish(),
        dependsOn: z.array(Id).max(REQUESTS_MAX).nullish(),
      }),
    )
    .max(REQUESTS_MAX, `the batch has more than ${REQUESTS_MAX} requests`),
})
type Request = z.infer<typeof BatchShape>['requests'][number]

interface Response {
  readonly id: string
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

/**
 * JSON batching (https://learn.microsoft.com/graph/json-batching): requests that depend on nothing go side by side, the
 * others when those that they name have been answered; 424 when one of these failed.
 */
export async function batch(dispatch: Dispatch, incoming: IncomingRequest): Promise<GraphAnswer> {
  try {
    const requests = readBatch(incoming.body)
    const answers = new Map<string, Promise<Response>>()
    const byId = new Map(requests.map((request) => [request.id, request]))
    const answerTo = (request: Request): Promise<Response> => {
      const answered =
        answers.get(request.id) ?? answerOne(dispatch, incoming, request, (id) => answerTo(byId.get(id) as Request))
      answers.set(request.id, answered)
      return answered
    }
    return { status: 200, body: { responses: await Promise.all(requests.map(answerTo)) } }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    const at = error.at === undefined ? {} : { at: error.at }
    return errorAnswer({ code: error.code, message: error.message, ...at }, incoming.correlationId, incoming.url)
  }
}

function readBatch(body: unknown): readonly Request[] {
  const parsed = BatchShape.safeParse(body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return refuse(issue?.message ?? 'no batch', issue?.path.join('.') ?? '')
  }
  const { requests } = parsed.data
  const seen = new Map<string, Request>()
  for (const [index, request] of requests.entries()) {
    if (seen.has(request.id)) refuse(`the id ${request.id} is there twice`, `requests.${index}.id`)
    seen.set(request.id, request)
  }
  for (const [index, { dependsOn }] of requests.entries())
    for (const id of dependsOn ?? [])
      if (!seen.has(id)) refuse(`there is no request ${id}`, `requests.${index}.dependsOn`)
  refuseCycles(requests)
  return requests
}

function refuse(message: string, at: string): never {
  throw new CodedError('graph/bad-body', message, { at })
}

/** Take away what depends on nothing that is left, until nothing is left. */
function refuseCycles(requests: readonly Request[]): void {
  const left = new Map(requests.map((request) => [request.id, request]))
  for (;;) {
    const free = [...left.values()].filter(({ dependsOn }) => !(dependsOn ?? []).some((id) => left.has(id)))
    if (free.length === 0) break
    for (const { id } of free) left.delete(id)
  }
  const [stuck] = left.keys()
  if (stuck !== undefined) refuse(`the request ${stuck} depends on itself`, 'requests')
}

async function answerOne(
  dispatch: Dispatch,
  incoming: IncomingRequest,
  request: Request,
  before: (id: string) => Promise<Response>,
): Promise<Response> {
  const needed = await Promise.all((request.dependsOn ?? []).map(before))
  const failed = needed.find(({ status }) => status >= 400)
  const url = urlIn(incoming.url, request.url)
  if (failed) {
    const message = `The request was not made, because the request ${failed.id} that it depends on failed.`
    return responseOf(
      request.id,
      errorAnswer({ code: 'graph/failed-dependency', message }, incoming.correlationId, url),
    )
  }
  const headers = lowerCased(request.headers ?? {})
  const { method } = request
  const answer = /\/\$batch\/?(\?|$)/i.test(url)
    ? errorAnswer({ code: 'graph/bad-body', message: 'a batch cannot be in a batch' }, incoming.correlationId, url)
    : await dispatch({ ...incoming, method, url, headers, body: bodyOf(request.body, headers) })
  return responseOf(request.id, answer)
}

/** Relative to the version of the batch, with or without a slash; some clients send whole addresses. */
function urlIn(batchUrl: string, url: string): string {
  const whole = /^https?:\/\/[^/]+(\/.*)$/is.exec(url)?.[1]
  if (whole !== undefined) return whole
  return `${/^\/+(v1\.0|beta)/i.exec(batchUrl)?.[0] ?? '/v1.0'}/${url}`
}

const lowerCased = (headers: Readonly<Record<string, string>>): RequestHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))

/** What is no JSON comes in Base64; so does JSON from some clients. */
function bodyOf(body: unknown, headers: RequestHeaders): unknown {
  if (typeof body !== 'string') return body
  const bytes = Buffer.from(body, 'base64')
  if (!(headers['content-type'] ?? 'application/json').includes('json')) return new Uint8Array(bytes)
  const text = bytes.toString('utf8')
  // Deeper than a door reads it is what it came as: a text, which no route takes for a body.
  if (isDeeperThan(text, JSON_DEPTH_MAX)) return body
  try {
    return JSON.parse(text)
  } catch {
    return body
  }
}

const JSON_HEADERS = { 'Content-Type': 'application/json' }

function responseOf(id: string, { status, headers, body }: GraphAnswer): Response {
  const type = headers?.['content-type']
  const isEncoded = body instanceof Uint8Array || (type !== undefined && typeof body === 'string')
  return {
    id,
    status,
    headers: { ...(type === undefined ? JSON_HEADERS : {}), ...headers },
    ...(body === undefined ? {} : { body: isEncoded ? Buffer.from(body).toString('base64') : body }),
  }
}

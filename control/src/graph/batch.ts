import { z } from 'zod'
import type { Dispatch, IncomingRequest } from './dispatch.ts'
import { errorAnswer, type GraphAnswer } from './graph-request.ts'

/** Requests in one batch, as Graph allows them. */
const REQUESTS_MAX = 20

const BatchShape = z.object({
  requests: z
    .array(
      z.object({
        // Some clients number their requests.
        id: z.union([z.string(), z.number()]).transform(String),
        method: z.enum(['GET', 'POST', 'PATCH', 'PUT', 'DELETE']),
        url: z.string().min(1).max(8_192),
        body: z.unknown().optional(),
        headers: z.record(z.string(), z.string()).optional(),
      }),
    )
    .max(REQUESTS_MAX),
})

/** JSON batching (https://learn.microsoft.com/graph/json-batching), in order; `dependsOn` comes with the whole Graph API. */
export async function batch(dispatch: Dispatch, incoming: IncomingRequest): Promise<GraphAnswer> {
  const parsed = BatchShape.safeParse(incoming.body)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return errorAnswer(
      { code: 'graph/bad-body', message: issue?.message ?? 'no batch', at: issue?.path.join('.') ?? '' },
      incoming.correlationId,
    )
  }
  const version = /^\/(v1\.0|beta)/i.exec(incoming.url)?.[0] ?? '/v1.0'
  const responses: unknown[] = []
  for (const { id, method, url, body } of parsed.data.requests) {
    const { status, headers, body: answered } = await dispatch({ ...incoming, method, body, url: `${version}/${url}` })
    responses.push({
      id,
      status,
      headers: { 'Content-Type': 'application/json', ...headers },
      ...(answered === undefined ? {} : { body: answered }),
    })
  }
  return { status: 200, body: { responses } }
}

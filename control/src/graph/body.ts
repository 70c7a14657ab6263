import { CodedError } from '@muster/shared/core'
import type { z } from 'zod'

/** Refuse a body: `graph/bad-body` at a path within it. */
export function badBody(message: string, at: string): never {
  throw new CodedError('graph/bad-body', message, { at })
}

/** A body that its schema accepts, or `graph/bad-body` with the path of what is wrong. */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown, below = ''): z.infer<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const path = [below, ...(issue?.path ?? [])].filter((part) => part !== '').join('.')
  return badBody(issue?.message ?? 'another body was expected', path === '' ? 'body' : path)
}

export function objectBody(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    badBody('the body must be a JSON object', 'body')
  return body as Record<string, unknown>
}

import { CodedError } from '@muster/shared/core'
import type { z } from 'zod'

/** The body of a request by its schema. @throws CodedError `graph/bad-body` */
export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.infer<S> {
  const parsed = schema.safeParse(body)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new CodedError('graph/bad-body', issue?.message ?? 'another body was expected', {
    at: issue?.path.join('.') ?? '',
  })
}

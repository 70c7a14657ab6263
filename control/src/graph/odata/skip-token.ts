import { createHash } from 'node:crypto'
import { CodedError } from '@muster/shared/core'

const LENGTH_MAX = 4_096

/** An opaque token that says where a page ended. It goes with one query: `bound` is what may not change between pages. */
export function sealToken(payload: unknown, bound: string): string {
  const text = JSON.stringify(payload)
  return Buffer.from(`${digest(text, bound)}${text}`).toString('base64url')
}

/**
 * What was sealed.
 * @throws CodedError `graph/bad-skiptoken` when the token was made for another query, or by somebody else
 */
export function openToken(token: string, bound: string): unknown {
  const sealed = token.length > LENGTH_MAX ? '' : Buffer.from(token, 'base64url').toString('utf8')
  const text = sealed.slice(DIGEST_LENGTH)
  return sealed.slice(0, DIGEST_LENGTH) === digest(text, bound) ? JSON.parse(text) : badToken()
}

export function badToken(): never {
  throw new CodedError('graph/bad-skiptoken', 'The skip token is not one of this query.', { at: '$skiptoken' })
}

const DIGEST_LENGTH = 22

const digest = (text: string, bound: string): string =>
  createHash('sha256').update(`${bound}\n${text}`).digest('base64url').slice(0, DIGEST_LENGTH)

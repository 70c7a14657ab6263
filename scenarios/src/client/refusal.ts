import { type ErrorCode, errorCatalogue } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'

/** What a service answered. */
export interface HttpAnswer {
  readonly status: number
  readonly body?: unknown
}

/**
 * What an answer of 400 or more says: `client/refused` for what the client should not have asked, and the service's own
 * code for what is wrong with the service, because the same thing helps.
 */
export function refusal(method: string, path: string, { status, body }: HttpAnswer): CodedError {
  const error = (body as { error?: { message?: string; innerError?: { code?: string } } } | undefined)?.error
  const code = error?.innerError?.code
  const own = status >= 500 || code === 'simulation/http-fault' || code === 'graph/throttled'
  if (own && code !== undefined && code in errorCatalogue)
    return new CodedError(code as ErrorCode, error?.message ?? '')
  const message = error?.message === undefined ? JSON.stringify(body) : plain(error.message)
  return new CodedError('client/refused', `${method} ${path} → ${status}: ${message}`)
}

/** What Intune says is JSON in itself: the sentence, without the ids and the address that follow it. */
function plain(message: string): string {
  if (!message.startsWith('{')) return message
  try {
    const { Message: text } = JSON.parse(message) as { Message?: string }
    return text?.split(' - Operation ID (for customer support): ')[0] ?? message
  } catch {
    return message
  }
}

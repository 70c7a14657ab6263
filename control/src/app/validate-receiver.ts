import { CodedError, SECOND_MS } from '@muster/shared/core'
import type { ReceiverReply, Receivers } from './receivers.ts'

const ANSWER_MS = 10 * SECOND_MS

/**
 * Ask a receiver whether it wants to be told: it has to give a token back, as text and decoded, within ten seconds.
 * Source: Microsoft Graph, "Receive change notifications through webhooks", notificationUrl validation.
 * @throws CodedError `graph/receiver-not-validated`
 */
export async function validateReceiver(receivers: Receivers, url: string, requestId: string): Promise<void> {
  const token = `Validation: Testing client application reachability for subscription Request-Id: ${requestId}`
  const separator = url.includes('?') ? '&' : '?'
  const reply = await receivers
    .post({
      url: `${url}${separator}validationToken=${encodeURIComponent(token)}`,
      contentType: 'text/plain; charset=utf-8',
      body: '',
      timeoutMs: ANSWER_MS,
    })
    .catch((error: unknown) => refuse(isTimeout(error) ? 'timed out.' : `failed. ${reasonOf(error)}`))
  checkReply(reply, token)
}

function checkReply({ status, contentType, body }: ReceiverReply, token: string): void {
  const must = 'Notification endpoint must respond with 200 OK to validation request.'
  if (status !== 200) refuse(`failed. HTTP status code is '${status}'. ${must}`)
  if (!/^text\/plain\b/i.test(contentType)) refuse("failed. Response must have the content type 'text/plain'.")
  if (body !== token) refuse('failed. Response must exactly match validationToken query parameter.')
}

const isTimeout = (error: unknown): boolean => error instanceof Error && error.name === 'TimeoutError'
const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

function refuse(how: string): never {
  throw new CodedError('graph/receiver-not-validated', `Subscription validation request ${how}`)
}

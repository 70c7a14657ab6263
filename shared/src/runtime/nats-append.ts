import { CodedError } from '@muster/shared/core'
import { createInbox, headers, InvalidArgumentError, type Msg, type NatsConnection } from '@nats-io/transport-node'

/** JetStream API error: the stream has reached a limit and takes nothing more. */
const STREAM_STORE_FAILED = 10_077
const MESSAGE_EXCEEDS_MAXIMUM = 10_054
const APPEND_TIMEOUT_MS = 5_000

interface Waiting {
  resolve(): void
  reject(error: CodedError): void
  readonly timer: NodeJS.Timeout
}

export interface Appender {
  append(subject: string, payload: Uint8Array, msgId: string): Promise<void>
  /** Fail what waits for an acknowledgement that will not come any more. */
  fail(code: 'bus/disconnected' | 'bus/closed'): void
}

/**
 * Durable publish over one private inbox for all acknowledgements: the client library's own publish makes a request, with
 * its own subscription bookkeeping, of each message, and that is what its time goes into.
 */
export function createAppender(connection: NatsConnection, inboxPrefix: string): Appender {
  const inbox = createInbox(inboxPrefix)
  const waiting = new Map<string, Waiting>()
  let count = 0

  const settle = (id: string): Waiting | undefined => {
    const entry = waiting.get(id)
    if (entry) {
      waiting.delete(id)
      clearTimeout(entry.timer)
    }
    return entry
  }

  connection.subscribe(`${inbox}.*`, {
    callback: (error, message) => {
      if (error) return
      const entry = settle(message.subject.slice(inbox.length + 1))
      if (!entry) return
      const refusal = refusalOf(message)
      if (refusal) entry.reject(refusal)
      else entry.resolve()
    },
  })

  return {
    append: (subject, payload, msgId) =>
      new Promise((resolve, reject) => {
        const id = String(++count)
        const timer = setTimeout(() => {
          settle(id)?.reject(
            new CodedError('bus/timeout', `no acknowledgement for ${subject} in ${APPEND_TIMEOUT_MS} ms`),
          )
        }, APPEND_TIMEOUT_MS)
        waiting.set(id, { resolve, reject, timer })
        const meta = headers()
        meta.set('Nats-Msg-Id', msgId)
        try {
          connection.publish(subject, payload, { reply: `${inbox}.${id}`, headers: meta })
        } catch (error) {
          const code = isTooLarge(error) ? 'bus/too-large' : 'bus/disconnected'
          settle(id)?.reject(new CodedError(code, `cannot publish on ${subject}`, { cause: error }))
        }
      }),
    fail: (code) => {
      for (const id of [...waiting.keys()])
        settle(id)?.reject(new CodedError(code, 'the connection went before the acknowledgement came'))
    },
  }
}

/** The client library refuses what exceeds the server's `max_payload` before it is sent. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof InvalidArgumentError && error.message.includes('max_payload')

function refusalOf(message: Msg): CodedError | undefined {
  // An empty message with status 503: no stream covers the subject.
  if (message.headers?.code === 503) return new CodedError('bus/no-responders', 'no stream takes this subject')
  let answer: { error?: { err_code?: number; description?: string } }
  try {
    answer = message.json()
  } catch {
    return new CodedError('bus/timeout', 'the acknowledgement cannot be read')
  }
  if (!answer.error) return undefined
  const text = answer.error.description ?? 'the stream refused the message'
  if (answer.error.err_code === MESSAGE_EXCEEDS_MAXIMUM) return new CodedError('bus/too-large', text)
  return new CodedError(answer.error.err_code === STREAM_STORE_FAILED ? 'bus/stream-full' : 'bus/no-responders', text)
}

import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { getCACertificates } from 'node:tls'
import type { ReceiverCall, ReceiverReply, Receivers } from '../app/receivers.ts'

/** More of an answer than any validation token needs. */
const BODY_CHARS_MAX = 4_096

/**
 * Receivers over HTTP and HTTPS. Certificates are checked against the machine's authorities and those given, PEM;
 * redirections are not followed.
 */
export function httpReceivers(authorities: readonly string[] = []): Receivers {
  const ca = [...getCACertificates(), ...authorities]
  const closing = new AbortController()
  return {
    post: (call) =>
      new Promise((resolve, reject) => {
        const signal = AbortSignal.any([AbortSignal.timeout(call.timeoutMs), closing.signal])
        const options = { method: 'POST', agent: false, signal, headers: headersOf(call) } as const
        const onAnswer = (answer: IncomingMessage): void => {
          read(answer).then(resolve, fail)
        }
        // An aborted request says only that it was; why is what tells a time-out from the end.
        const fail = (error: unknown): void => reject(signal.aborted ? signal.reason : error)
        const isPlain = URL.parse(call.url)?.protocol === 'http:'
        const sent = isPlain
          ? requestHttp(call.url, options, onAnswer)
          : requestHttps(call.url, { ...options, ca }, onAnswer)
        sent.on('error', fail).end(call.body)
      }),
    close: () => closing.abort(),
  }
}

const headersOf = ({ contentType, body }: ReceiverCall) => ({
  'content-type': contentType,
  'content-length': Buffer.byteLength(body),
  'user-agent': 'Muster',
})

async function read(answer: IncomingMessage): Promise<ReceiverReply> {
  answer.setEncoding('utf8')
  let body = ''
  for await (const chunk of answer) {
    body += chunk
    if (body.length > BODY_CHARS_MAX) break
  }
  return {
    status: answer.statusCode ?? 0,
    contentType: answer.headers['content-type'] ?? '',
    body: body.slice(0, BODY_CHARS_MAX),
  }
}

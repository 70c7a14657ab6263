import { readFileSync } from 'node:fs'
import type { IncomingHttpHeaders } from 'node:http'
import { Agent, request } from 'node:https'
import type { Connection } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import { listenLive } from './live-socket.ts'
import type { FullAnswer, MusterClient } from './muster-client.ts'
import { refusal } from './refusal.ts'

const TIMEOUT_MS = 60_000
const RETRIES = 3
/** A service that wants more patience than this is asked again all the same. */
const RETRY_AFTER_MAX_MS = 10_000

/** A client over the public HTTPS door. */
export interface HttpClient extends MusterClient {
  /** The header that says who asks. */
  authorization(): Promise<string>
}

export function createHttpClient(
  connection: Connection,
  {
    scope = 'https://graph.microsoft.com/.default',
    headers: given = {},
  }: {
    readonly scope?: string
    /** Of every request, names in lower case. */
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): HttpClient {
  const ca = readFileSync(connection.caFile, 'utf8')
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ca })
  let token: Promise<string> | undefined

  const fetchToken = async (): Promise<string> => {
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: connection.clientId,
      client_secret: connection.clientSecret,
      scope,
    }).toString()
    const { status, body } = await send(
      agent,
      connection.url,
      'POST',
      `/${connection.tenantId}/oauth2/v2.0/token`,
      form,
      {
        'content-type': 'application/x-www-form-urlencoded',
      },
    )
    const issued = (body as { access_token?: string } | undefined)?.access_token
    if (status !== 200 || issued === undefined)
      throw new CodedError('client/refused', `no token was issued: ${refusalText(body)}`)
    return `Bearer ${issued}`
  }
  const authorization = (): Promise<string> => {
    token ??= fetchToken().catch((error: unknown) => {
      token = undefined
      throw error
    })
    return token
  }

  return {
    url: connection.url,
    authorization,
    watch: (listener) => listenLive({ url: connection.url, ca, authorization }, listener),
    call: async (method, path, body) => {
      for (let attempt = 0; ; attempt++) {
        const headers = {
          authorization: await authorization(),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...given,
        }
        const text = body === undefined ? undefined : JSON.stringify(body)
        const answer = await send(agent, connection.url, method, path, text, headers)
        if (answer.status < 400) return answer.body
        // The token may have come to its end.
        if (answer.status === 401 && attempt === 0) {
          token = undefined
          continue
        }
        if ((answer.status === 429 || answer.status === 503) && attempt < RETRIES) {
          const wantedMs = Number(answer.headers['retry-after']) * 1_000
          const waitMs = wantedMs > 0 ? Math.min(wantedMs, RETRY_AFTER_MAX_MS) : 1_000 * 2 ** attempt
          await new Promise((resolve) => setTimeout(resolve, waitMs))
          continue
        }
        throw refusal(method, path, answer)
      }
    },
    ask: async (method, path) =>
      send(agent, connection.url, method, path, undefined, { authorization: await authorization(), ...given }),
    close: () => agent.destroy(),
  }
}

/** What an authority says of a refusal: its first sentence. */
function refusalText(body: unknown): string {
  const { error_description: text } = (body ?? {}) as { error_description?: string }
  return text?.split(' Trace ID:')[0] ?? JSON.stringify(body)
}

function send(
  agent: Agent,
  url: string,
  method: string,
  path: string,
  body: string | undefined,
  headers: Record<string, string>,
): Promise<FullAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        hostname,
        port,
        method,
        path,
        headers: { ...headers, ...(body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }) },
        timeout: TIMEOUT_MS,
      },
      (incoming) => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({
            status: incoming.statusCode ?? 0,
            body: parse(Buffer.concat(chunks).toString('utf8')),
            headers: headersOf(incoming.headers),
          }),
        )
      },
    )
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`)))
    outgoing.on('error', (error) =>
      reject(new CodedError('client/unreachable', `${method} ${url}${path}: ${error.message}`, { cause: error })),
    )
    outgoing.end(body)
  })
}

function headersOf(headers: IncomingHttpHeaders): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return text
  }
}

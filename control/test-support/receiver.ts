import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Entity } from './graph.ts'

/** A client's own web server that is told of changes: a real one, on this machine. */
export interface Receiver extends AsyncDisposable {
  readonly url: string
  /** What it was told, in order, without validations. */
  readonly told: Entity[]
  /** How many calls that took, heard or not. */
  calls(): number
  /** Tokens that it was asked to give back, decoded. */
  readonly tokens: string[]
  /** How it answers from now on; without it, as it should. */
  answer: ((response: ServerResponse, token: string | null) => void) | undefined
  /** Nobody listens at its address until it is up again. */
  down(): Promise<void>
  up(): Promise<void>
}

export async function openReceiver(tls?: { readonly cert: string; readonly key: string }): Promise<Receiver> {
  let calls = 0
  let port = 0
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const token = new URL(request.url ?? '/', 'http://receiver').searchParams.get('validationToken')
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    if (token === null) calls++
    else receiver.tokens.push(token)
    if (receiver.answer) return receiver.answer(response, token)
    if (token === null) receiver.told.push(...(JSON.parse(body) as { value: Entity[] }).value)
    response.writeHead(token === null ? 202 : 200, { 'content-type': 'text/plain' }).end(token ?? '')
  }
  const server: Server = tls ? createTlsServer(tls, answerTo) : createServer(answerTo)
  const receiver: Receiver = {
    url: '',
    told: [],
    tokens: [],
    answer: undefined,
    calls: () => calls,
    up: () => new Promise((resolve) => server.listen(port, '127.0.0.1', resolve)),
    down: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
    [Symbol.asyncDispose]: async () => {
      if (server.listening) await receiver.down()
    },
  }
  await receiver.up()
  port = (server.address() as AddressInfo).port
  return Object.assign(receiver, { url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/hook?tenant=a%20b` })
}

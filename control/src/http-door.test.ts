import { once } from 'node:events'
import { connect as connectPlainly } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import { JSON_DEPTH_MAX } from '@muster/shared/contracts'
import { DAY_MS, unwrap } from '@muster/shared/core'
import { createAuthority, loadAuthority } from '@muster/shared/pki'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type GraphOffice, openGraph } from '../test-support/graph.ts'
import { type DoorLimits, type HttpDoor, openHttpDoor } from './http-door.ts'

const SHORT = { headersMs: 300, requestMs: 600, lookEveryMs: 50 }
const CRLF = '\r\n'

let graph: GraphOffice
let door: HttpDoor | undefined
beforeEach(async () => {
  graph = await openGraph()
})
afterEach(async () => {
  await door?.stop()
  await graph[Symbol.asyncDispose]()
})

/** Of real time, as clients are; the office has a time of its own. */
const authority = unwrap(loadAuthority(unwrap(createAuthority({ name: 'Contoso', nowMs: Date.now() }))))
const { certificateChainPem: cert, keyPem: key } = unwrap(
  authority.issueServerCertificate({ names: ['localhost'], nowMs: Date.now(), validityMs: DAY_MS }),
)

async function open(limits: Partial<DoorLimits>): Promise<number> {
  door = await openHttpDoor({ ...graph.behindDoor, tls: { cert, key }, host: '127.0.0.1', port: 0, limits })
  return Number(new URL(door.url).port)
}

interface Talk {
  readonly socket: TLSSocket
  /** What has come. */
  heard(): string
  /** Resolves when the door has closed it. */
  readonly closed: Promise<void>
}

async function talk(port: number): Promise<Talk> {
  const socket = connect({ host: '127.0.0.1', port, ca: authority.rootPem, servername: 'localhost' })
  let text = ''
  socket.on('data', (chunk) => {
    text += chunk
  })
  socket.on('error', () => undefined)
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
  const connected = new Promise<void>((resolve) => socket.once('secureConnect', resolve))
  await Promise.race([connected, closed])
  return { socket, heard: () => text, closed }
}

/** Write a little at a time, for as long as the door hears it. */
async function drip({ socket, closed }: Talk, piece: string): Promise<void> {
  let isOpen = true
  void closed.then(() => {
    isOpen = false
  })
  while (isOpen) {
    socket.write(piece)
    await pause(20)
  }
}

const head = (...more: readonly string[]): string =>
  [`POST /v1.0/users HTTP/1.1`, 'Host: localhost', `Authorization: ${graph.authorization}`, ...more].join(CRLF)

async function post(port: number, body: string, path = '/v1.0/users'): Promise<string> {
  const talking = await talk(port)
  const request = head('Content-Type: application/json', `Content-Length: ${body.length}`, 'Connection: close')
  talking.socket.write(`${request.replace('/v1.0/users', path)}${CRLF}${CRLF}${body}`)
  await talking.closed
  return talking.heard()
}

describe('the door lets nobody stay who', () => {
  it('sends headers drop by drop', async () => {
    const talking = await talk(await open(SHORT))
    talking.socket.write(`${head()}${CRLF}`)
    await drip(talking, `X-Drop: 1${CRLF}`)
    expect(talking.heard()).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('sends a body drop by drop, of a length that is known or not', async () => {
    const port = await open(SHORT)
    for (const [length, piece] of [
      ['Content-Length: 1000000', ' '],
      ['Transfer-Encoding: chunked', `1${CRLF} ${CRLF}`],
    ] as const) {
      const talking = await talk(port)
      talking.socket.write(`${head('Content-Type: application/json', length)}${CRLF}${CRLF}`)
      await drip(talking, piece)
      expect(talking.heard(), length).toMatch(/^HTTP\/1\.1 408 /)
    }
  })

  it('connects and says nothing, before the handshake or after it', async () => {
    const port = await open(SHORT)
    await (await talk(port)).closed
    const silent = connectPlainly({ host: '127.0.0.1', port })
    silent.on('error', () => undefined)
    await once(silent, 'close')
  })

  it('is one more than there is room for; there is room again when somebody goes', async () => {
    const port = await open({ connections: 2 })
    const [first, second] = [await talk(port), await talk(port)]
    await (await talk(port)).closed
    first.socket.destroy()
    await expect.poll(() => post(port, '{}'), { timeout: 20_000 }).toMatch(/^HTTP\/1\.1 400 /)
    second.socket.destroy()
  })

  it('sends longer headers than are read', async () => {
    const talking = await talk(await open({}))
    talking.socket.write(`${head(`X-Long: ${'x'.repeat(100_000)}`)}${CRLF}${CRLF}`)
    await talking.closed
    expect(talking.heard()).toMatch(/^HTTP\/1\.1 431 /)
  })

  it('sends more headers than are read', async () => {
    const port = await open({ headers: 20 })
    const statusWith = async (before: number): Promise<string> => {
      const talking = await talk(port)
      const padding = Array.from({ length: before }, (_, index) => `X-${index}: 1`)
      const lines = ['GET /v1.0/users HTTP/1.1', 'Host: localhost', 'Connection: close', ...padding]
      talking.socket.write([...lines, `Authorization: ${graph.authorization}`, '', ''].join(CRLF))
      await talking.closed
      return talking.heard().slice(9, 12)
    }
    expect([await statusWith(10), await statusWith(30)]).toEqual(['200', '431'])
  })
})

it('a client that is quick is served while others drip', async () => {
  const port = await open(SHORT)
  const dripping = await talk(port)
  dripping.socket.write(`${head()}${CRLF}`)
  const dropping = drip(dripping, `X-Drop: 1${CRLF}`)
  const user = {
    userPrincipalName: 'bob@contoso.example',
    displayName: 'Bob',
    mailNickname: 'bob',
    accountEnabled: true,
  }
  const body = JSON.stringify({ ...user, passwordProfile: { password: 'not-kept-anywhere' } })
  expect(await post(port, body)).toMatch(/^HTTP\/1\.1 201 /)
  await dropping
})

it('a connection may rest between requests for longer than a header may take', async () => {
  const talking = await talk(await open(SHORT))
  const request = `${head().replace('POST', 'GET')}${CRLF}${CRLF}`
  const answers = (): number => talking.heard().match(/HTTP\/1\.1 200 /g)?.length ?? 0
  talking.socket.write(request)
  await expect.poll(answers, { timeout: 20_000 }).toBe(1)
  await pause(SHORT.requestMs + SHORT.headersMs)
  talking.socket.write(request)
  await expect.poll(answers, { timeout: 20_000 }).toBe(2)
  talking.socket.destroy()
})

describe('a body', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

  it.each(['/v1.0/users', '/v1.0/$batch', '/_muster/orders', '/_muster/population'])(
    'that is nested beyond the limit is refused at %s, however deep it is',
    async (path) => {
      const port = await open({})
      for (const depth of [JSON_DEPTH_MAX + 1, 500_000]) {
        const answer = await post(port, nested(depth), path)
        expect(answer).toMatch(/^HTTP\/1\.1 400 /)
        expect(answer).toContain(`more than ${JSON_DEPTH_MAX} times`)
      }
      expect(await post(port, nested(JSON_DEPTH_MAX), path)).not.toContain(`more than ${JSON_DEPTH_MAX} times`)
    },
  )

  it('in Base64 in a batch is read no deeper', async () => {
    const port = await open({})
    const request = { id: '1', method: 'POST', url: '/users', body: Buffer.from(nested(400_000)).toString('base64') }
    const answer = await post(port, JSON.stringify({ requests: [request] }), '/v1.0/$batch')
    expect(answer).toMatch(/^HTTP\/1\.1 200 /)
    expect(answer).toMatch(/"status":400/)
  })

  it('that is larger than is read is refused before it has come, but for the blocks of an upload', async () => {
    const port = await open({})
    for (const [path, status] of [
      ['/v1.0/users', '413'],
      ['/_muster/population', '413'],
      ['/_blobs/uploads/x', '404'],
    ] as const) {
      const talking = await talk(port)
      const length = 5_000_000
      const request = head(`Content-Length: ${length}`, 'Connection: close').replace('POST /v1.0/users', `PUT ${path}`)
      talking.socket.write(`${request}${CRLF}${CRLF}`)
      if (status === '404') talking.socket.write('x'.repeat(length))
      await talking.closed
      expect(talking.heard(), path).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
    }
  })
})

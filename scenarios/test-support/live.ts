import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bus } from '@muster/shared/core'
import { createNatsBus } from '@muster/shared/runtime'
import { natsBinary } from '../../shared/test-support/nats.ts'
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts'
import { type Stack, startStack } from '../src/stack/stack.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** A whole Muster for tests: real nats-server, real processes, HTTPS; a minute of simulated time in a second. */
export interface Live extends AsyncDisposable {
  readonly stack: Stack
  readonly client: HttpClient
  /** A request as it is, with whatever headers. */
  raw(method: string, path: string, options?: { headers?: Record<string, string>; body?: string }): Promise<RawAnswer>
  /** A client of the broker beside those of Muster. */
  bus(name: string): Promise<Bus>
}

export async function startLive(): Promise<Live> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-live-'))
  const now = Date.now()
  const stack = await startStack({
    dataDir: dir,
    tenant: 'contoso',
    workers: 1,
    capacity: 100,
    clock: { originWallMs: now, originMs: now, speed: 60 },
    port: 0,
    keepFleets: false,
    logLevel: 'warn',
    env: { ...process.env, MUSTER_NATS_BIN: natsBinary().path },
    onEvent: () => undefined,
  })
  const client = createHttpClient(stack.connection)
  const agent = new Agent({ ca: readFileSync(stack.connection.caFile, 'utf8'), keepAlive: true })
  const buses: Bus[] = []
  return {
    stack,
    client,
    raw: (method, path, options = {}) => ask(agent, stack.connection.url, method, path, options),
    bus: async (name) => {
      const bus = await createNatsBus({
        url: stack.nats.url,
        ...stack.nats.credentials,
        name,
        role: 'agent',
        tenant: 'contoso',
      })
      buses.push(bus)
      return bus
    },
    [Symbol.asyncDispose]: async () => {
      client.close()
      agent.destroy()
      await Promise.all(buses.map((bus) => bus.close()))
      await stack.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

function ask(
  agent: Agent,
  url: string,
  method: string,
  path: string,
  { headers = {}, body }: { headers?: Record<string, string>; body?: string },
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const asked = request({ agent, hostname, port, method, path, headers, timeout: 20_000 }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text: Buffer.concat(chunks).toString() }),
      )
    })
    asked.on('timeout', () => asked.destroy(new Error(`${method} ${path}: no answer`)))
    asked.on('error', (error: NodeJS.ErrnoException) => {
      // The service may have closed a connection that was kept open just as it was used again.
      if (asked.reusedSocket && error.code === 'ECONNRESET')
        ask(agent, url, method, path, { headers, ...(body === undefined ? {} : { body }) }).then(resolve, reject)
      else reject(error)
    })
    asked.end(body)
  })
}

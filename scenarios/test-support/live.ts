import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stats } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import { createNatsBus, systemClock } from '@muster/shared/runtime'
import type { HistoryVerdict } from '@muster/shared/scenario'
import { expect, vi } from 'vitest'
import { almighty, natsBinary } from '../../shared/test-support/nats.ts'
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts'
import { committedHistory, historyVerdict } from '../src/runner/history.ts'
import { type Stack, type StackOptions, startStack } from '../src/stack/stack.ts'

export interface RawAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** A whole Muster for tests: real nats-server, real processes, HTTPS; a minute of simulated time in a second. */
export interface Live extends AsyncDisposable {
  readonly stack: Stack
  readonly dir: string
  readonly client: HttpClient
  /** A request as it is, with whatever headers. */
  raw(method: string, path: string, options?: { headers?: Record<string, string>; body?: string }): Promise<RawAnswer>
  /** A client of the broker beside those of Muster. */
  /** As somebody who may do anything in an account of the broker: that of the agents, or that of the streams. */
  bus(name: string, account: 'fleet' | 'store'): Promise<Bus>
  stats(): Promise<Stats>
  /** Who is connected to the broker at this moment. */
  brokerConnections(): Promise<{ connections: { name?: string }[] }>
  /** Make so many quiet Windows devices and wait until they are enrolled and the first report of each is committed. */
  populate(devices: number): Promise<void>
  /** Let what is under way arrive, then hold what the devices sent against what is committed. */
  history(devices: number): Promise<HistoryVerdict>
}

/** Long enough on any machine; what is waited for comes much sooner. */
export const PATIENT = { timeout: 60_000, interval: 50 }

/** The users and devices of a population order. */
export const laptops = (count: number, group: object = {}): object => ({
  seed: 'live',
  users: { count: 1, domain: 'contoso.example' },
  groups: [
    {
      name: 'laptops',
      platform: 'windows',
      mode: 'autopilot',
      count,
      temperament: { driftFactor: 0, applyFailure: 0, restartAfterMs: 60_000, userActsAfterMs: 60_000 },
      ...group,
    },
  ],
})

/** The one user that all devices of `laptops` belong to. */
export const ADA = {
  userPrincipalName: 'user00001@contoso.example',
  displayName: 'Ada',
  mailNickname: 'ada',
  accountEnabled: true,
  passwordProfile: { password: 'not-kept-anywhere' },
}

export async function startLive(options: Partial<StackOptions> = {}): Promise<Live> {
  const dir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'muster-live-'))
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
    ...options,
  })
  const client = createHttpClient(stack.connection)
  const stats = async (): Promise<Stats> => (await client.call('GET', '/_muster/stats')) as Stats
  const agent = new Agent({ ca: readFileSync(stack.connection.caFile, 'utf8'), keepAlive: true })
  const buses: Bus[] = []
  return {
    stack,
    dir,
    client,
    stats,
    brokerConnections: async () => {
      const { monitorUrl } = stack.nats
      return (await (await fetch(`${monitorUrl}/connz?limit=1000`)).json()) as { connections: { name?: string }[] }
    },
    populate: async (devices) => {
      await client.call('POST', '/v1.0/users', ADA)
      await client.call('POST', '/_muster/population', laptops(devices))
      await vi.waitFor(async () => {
        const committed = await committedHistory(client)
        expect(committed.filter(({ reports }) => reports > 0)).toHaveLength(devices)
      }, PATIENT)
    },
    history: (devices) =>
      historyVerdict({
        stage: { client, clock: systemClock(), lookAgainMs: () => 100, patienceMs: () => PATIENT.timeout },
        counts: { brokerKills: 0, devices },
        signal: new AbortController().signal,
      }),
    raw: (method, path, options = {}) => ask(agent, stack.connection.url, method, path, options),
    bus: async (name, account) => {
      const bus = await createNatsBus({
        url: stack.nats.url,
        principal: almighty(join(dir, 'nats'), account),
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
      if (options.dataDir === undefined) rmSync(dir, { recursive: true, force: true })
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

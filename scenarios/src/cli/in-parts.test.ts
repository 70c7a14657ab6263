import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stats } from '@muster/shared/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { natsBinary } from '../../../shared/test-support/nats.ts'
import { type Started, startMuster } from '../../test-support/command.ts'
import { PATIENT } from '../../test-support/live.ts'
import { createHttpClient } from '../client/http-client.ts'
import { connectionIn } from './data-directory.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-parts-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const FLEET = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: small }
population:
  size: 40
  mix: [{ name: boxes, weight: 1, platform: linux }]
policies:
  - { id: encrypted, type: compliance, platform: linux, settings: { deviceEncryptionRequired: true } }
phases: [{ name: a-day, duration: 1d }]
`

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}

const statusOf = (port: number): Promise<number> =>
  fetch(`http://127.0.0.1:${port}/`).then(
    ({ status }) => status,
    () => 0,
  )

interface Parts extends AsyncDisposable {
  readonly data: string
  /** `connection.json` for others. */
  readonly connection: string
  readonly healthPort: number
  readonly worker: Started
  killBroker(): Promise<void>
}

/** Broker, control service and worker, each started by itself. */
async function startParts(): Promise<Parts> {
  const [data, broker, clients] = [join(dir, 'data'), join(dir, 'broker'), join(dir, 'clients')]
  const [client, monitor, health] = [await freePort(), await freePort(), await freePort()]
  const ports = ['--client-port', String(client), '--monitor-port', String(monitor)]
  const places = ['--data', data, '--out', broker, '--store', join(dir, 'store')]
  const prepared = await startMuster(dir, ['broker', 'prepare', '--server', 'localhost', ...places, ...ports]).ended
  expect([prepared.code, prepared.stderr]).toEqual([0, ''])
  const server = spawn(natsBinary().path, ['-c', join(broker, 'localhost/nats.conf')], { stdio: 'ignore' })
  const serverEnded = once(server, 'exit')
  const at = ['--broker', `tls://localhost:${client}`, '--data', data, '--port', '0', '--clients', clients]
  const control = startMuster(dir, ['control', ...at, '--speed', '60'])
  const healthDoor = ['--health-port', String(health)]
  try {
    await vi.waitFor(() => expect(control.printed()).toContain('the control service serves'), PATIENT)
    const connection = join(clients, 'worker.json')
    const worker = startMuster(dir, ['worker', '--connection', connection, '--id', 'boxes', ...healthDoor])
    await vi.waitFor(async () => expect(await statusOf(health)).toBe(200), PATIENT)
    const killBroker = async (): Promise<void> => {
      server.kill('SIGKILL')
      await serverEnded
    }
    return {
      data,
      connection: join(clients, 'connection.json'),
      healthPort: health,
      worker,
      killBroker,
      [Symbol.asyncDispose]: async () => {
        worker.child.kill('SIGTERM')
        const ends = [await worker.ended]
        control.child.kill('SIGTERM')
        ends.push(await control.ended)
        await killBroker()
        expect(ends.map(({ code }) => code)).toEqual([0, 0])
      },
    }
  } catch (error) {
    control.child.kill('SIGKILL')
    server.kill('SIGKILL')
    throw error
  }
}

it('broker, control service and worker run each by itself, and devices of a scenario are put on them once', async () => {
  await using parts = await startParts()
  const config = join(dir, 'broker/localhost/nats.conf')
  expect(statSync(config).mode & 0o077).toBe(0)
  const seeds = readFileSync(join(parts.data, 'nats/identity/keys.json'), 'utf8').match(/S[OAU][A-Z2-7]{56}/g) ?? []
  expect(seeds.length).toBeGreaterThan(4)
  expect(seeds.filter((seed) => readFileSync(config, 'utf8').includes(seed))).toEqual([])

  writeFileSync(join(dir, 'small.yaml'), FLEET)
  const on = ['--on', parts.connection]
  const populate = () => startMuster(dir, ['populate', 'small.yaml', ...on, '--devices', '30']).ended
  expect(await populate()).toMatchObject({ code: 0, stderr: '' })
  const http = createHttpClient(connectionIn(parts.connection))
  const stats = async (): Promise<Stats> => (await http.call('GET', '/_muster/stats')) as Stats
  expect((await stats()).devices.managed).toBe(30)
  expect(await populate()).toMatchObject({ code: 0, stderr: '' })
  expect(await stats()).toMatchObject({ devices: { managed: 30 }, policies: [{ targeted: 30 }] })
  http.close()
  const second = await startMuster(dir, ['run', 'small.yaml', ...on]).ended
  expect([second.code, second.stderr]).toEqual([3, expect.stringContaining('[stack/not-empty]')])

  await parts.killBroker()
  await vi.waitFor(async () => expect(await statusOf(parts.healthPort)).toBe(503), PATIENT)
}, 120_000)

it('a scenario is run on a Muster that runs already, to its verdict', async () => {
  await using parts = await startParts()
  const on = ['--on', parts.connection]
  const scenario = `${FLEET}faults: [{ kind: broker.kill, at: a-day }]\n`
  writeFileSync(join(dir, 'breaking.yaml'), scenario)
  const breaking = await startMuster(dir, ['run', 'breaking.yaml', ...on]).ended
  expect([breaking.code, breaking.stderr]).toEqual([3, expect.stringContaining('[stack/not-ours]')])
  const virtual = await startMuster(dir, ['run', 'breaking.yaml', ...on, '--speed', 'virtual']).ended
  expect([virtual.code, virtual.stderr]).toEqual([2, expect.stringContaining('[cli/usage]')])

  const assertion = (devices: number): string =>
    `${FLEET.replace('1d', '1m')}assertions: [{ name: all are there, expr: devices.managed == ${devices} }]\n`
  writeFileSync(join(dir, 'holds.yaml'), assertion(40))
  const held = await startMuster(dir, ['run', 'holds.yaml', ...on, '--json']).ended
  expect([held.code, held.stderr]).toEqual([0, ''])
  expect(JSON.parse(held.stdout)).toMatchObject({ history: { ok: true }, final: { devices: { managed: 40 } } })
}, 120_000)

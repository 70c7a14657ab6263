import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stats } from '@muster/shared/contracts'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { natsBinary } from '../../../shared/test-support/nats.ts'
import { startMuster } from '../../test-support/command.ts'
import { PATIENT } from '../../test-support/live.ts'
import { createHttpClient } from '../client/http-client.ts'
import { connectionIn } from './populate.ts'

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

it('broker, control service and worker run each by itself, and devices of a scenario are put on them once', async () => {
  const [data, broker, clients] = [join(dir, 'data'), join(dir, 'broker'), join(dir, 'clients')]
  const [client, monitor, health] = [await freePort(), await freePort(), await freePort()]
  const ports = ['--client-port', String(client), '--monitor-port', String(monitor)]
  const places = ['--data', data, '--out', broker, '--store', join(dir, 'store')]
  const prepared = await startMuster(dir, ['broker', 'prepare', '--server', 'localhost', ...places, ...ports]).ended
  expect([prepared.code, prepared.stderr]).toEqual([0, ''])
  const config = join(broker, 'localhost/nats.conf')
  expect(statSync(config).mode & 0o077).toBe(0)
  const seeds = readFileSync(join(data, 'nats/identity/keys.json'), 'utf8').match(/S[OAU][A-Z2-7]{56}/g) ?? []
  expect(seeds.length).toBeGreaterThan(4)
  expect(seeds.filter((seed) => readFileSync(config, 'utf8').includes(seed))).toEqual([])

  const server = spawn(natsBinary().path, ['-c', config], { stdio: 'ignore' })
  const serverEnded = once(server, 'exit')
  const at = ['--broker', `tls://localhost:${client}`, '--data', data, '--port', '0', '--clients', clients]
  const control = startMuster(dir, ['control', ...at, '--speed', '60'])
  try {
    await vi.waitFor(() => expect(control.printed()).toContain('the control service serves'), PATIENT)
    const worker = startMuster(dir, [
      ...['worker', '--connection', join(clients, 'worker.json'), '--id', 'boxes', '--health-port', String(health)],
    ])
    await vi.waitFor(async () => expect(await statusOf(health)).toBe(200), PATIENT)
    writeFileSync(join(dir, 'small.yaml'), FLEET)
    const service = join(clients, 'connection.json')
    const populate = () => startMuster(dir, ['populate', 'small.yaml', '--on', service, '--devices', '30']).ended
    expect(await populate()).toMatchObject({ code: 0, stderr: '' })
    const http = createHttpClient(connectionIn(service))
    const stats = async (): Promise<Stats> => (await http.call('GET', '/_muster/stats')) as Stats
    expect((await stats()).devices.managed).toBe(30)
    expect(await populate()).toMatchObject({ code: 0, stderr: '' })
    expect(await stats()).toMatchObject({ devices: { managed: 30 }, policies: [{ targeted: 30 }] })
    http.close()

    server.kill('SIGKILL')
    await serverEnded
    await vi.waitFor(async () => expect(await statusOf(health)).toBe(503), PATIENT)
    worker.child.kill('SIGTERM')
    expect(await worker.ended).toMatchObject({ code: 0 })
  } finally {
    server.kill('SIGKILL')
    control.child.kill('SIGTERM')
  }
  expect(await control.ended).toMatchObject({ code: 0 })
}, 120_000)

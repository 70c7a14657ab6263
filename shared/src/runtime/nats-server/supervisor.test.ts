import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { natsBinary, testNatsServer } from '../../../test-support/nats.ts'
import { createNatsBus } from '../nats-bus.ts'
import { superviseNatsServer } from './supervisor.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-supervisor-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const PATIENT = { timeout: 20_000, interval: 20 }
const alive = (pid: number | undefined): boolean => {
  try {
    process.kill(pid ?? -1, 0)
    return true
  } catch {
    return false
  }
}

/** Process ids of the nats-servers of a directory. */
const serversOf = (place: string): string[] =>
  readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(place, 'nats.conf'))
    } catch {
      return false
    }
  })

it('serves, comes back on the same port with the same credentials after SIGKILL, and leaves no process', async () => {
  const restarts: number[] = []
  const server = await testNatsServer({ dataDir: dir, onRestarted: (downMs) => restarts.push(downMs) })
  const first = server.pid
  await server.kill()
  await vi.waitFor(() => expect(restarts).toHaveLength(1), PATIENT)
  expect(server.pid).not.toBe(first)
  const bus = await createNatsBus({ url: server.url, ...server.credentials, name: 'a', role: 'agent', tenant: 't' })
  await bus.close()
  const last = server.pid
  await server.stop()
  await server.stop()
  expect([alive(first), alive(last)]).toEqual([false, false])
})

it('stays down for as long as it is told to', async () => {
  await using server = await testNatsServer({ dataDir: dir })
  const from = performance.now()
  await server.kill({ downMs: 700 })
  expect(server.pid).toBeUndefined()
  await vi.waitFor(() => expect(server.pid).toBeDefined(), PATIENT)
  expect(performance.now() - from).toBeGreaterThanOrEqual(690)
})

it('comes back before its time when it is told to', async () => {
  await using server = await testNatsServer({ dataDir: dir })
  await server.kill({ downMs: 600_000 })
  server.revive()
  await vi.waitFor(() => expect(server.pid).toBeDefined(), PATIENT)
})

it('hangs for a time and goes on', async () => {
  await using server = await testNatsServer({ dataDir: dir })
  const before = server.pid
  const options = { url: server.url, ...server.credentials, name: 'a', role: 'agent', tenant: 't' } as const
  const bus = await createNatsBus(options)
  const asked = (timeoutMs: number) => bus.request('nobody', new Uint8Array(1), { timeoutMs })
  await expect(asked(5_000)).rejects.toMatchObject({ code: 'bus/no-responders' })
  server.pause()
  await expect(asked(100)).rejects.toMatchObject({ code: 'bus/timeout' })
  server.resume()
  await expect(asked(5_000)).rejects.toMatchObject({ code: 'bus/no-responders' })
  await bus.close()
  expect(server.pid).toBe(before)
})

it('is found in the same place at the next start, and elsewhere when that is taken', async () => {
  const first = await testNatsServer({ dataDir: dir })
  const [url, credentials] = [first.url, first.credentials]
  const { operatorToken } = first.identity.trust()
  const bus = await createNatsBus({ url, ...credentials, name: 'outlives', role: 'agent', tenant: 't' })
  await first.stop()
  const second = await testNatsServer({ dataDir: dir })
  expect([second.url, second.identity.trust().operatorToken]).toEqual([url, operatorToken])
  await vi.waitFor(() => expect(bus.connected).toBe(true), PATIENT)
  await bus.close()
  await second.stop()
  const other = createServer().listen(Number(new URL(url).port), '127.0.0.1')
  await once(other, 'listening')
  await using third = await testNatsServer({ dataDir: dir })
  expect(third.url).not.toBe(url)
  other.close()
})

it('takes over the directory of a server that knew one password', async () => {
  const first = await testNatsServer({ dataDir: dir })
  const { port } = new URL(first.url)
  await first.stop()
  rmSync(join(dir, 'identity'), { recursive: true })
  rmSync(join(dir, 'accounts'), { recursive: true })
  writeFileSync(join(dir, 'nats.json'), JSON.stringify({ port: Number(port), user: 'muster', password: 'secret' }))
  await using second = await testNatsServer({ dataDir: dir })
  expect(new URL(second.url).port).toBe(port)
  const { url } = second
  const login = { url, user: 'muster', password: 'secret', name: 'a', role: 'agent', tenant: 't' } as const
  await expect(createNatsBus(login)).rejects.toMatchObject({ code: 'bus/refused' })
  const bus = await createNatsBus({ url, ...second.credentials, name: 'a', role: 'agent', tenant: 't' })
  await bus.close()
})

it('that is stopped while it comes back stays stopped', async () => {
  for (const afterMs of [0, 20, 60, 120, 250]) {
    const server = await testNatsServer({ dataDir: dir })
    await server.kill()
    await new Promise((resolve) => setTimeout(resolve, afterMs))
    await server.stop()
    expect(server.pid).toBeUndefined()
    expect(serversOf(dir)).toEqual([])
  }
})

it('refuses a directory that another supervisor holds', async () => {
  await using first = await testNatsServer({ dataDir: dir })
  await expect(superviseNatsServer({ binary: natsBinary(), dataDir: dir })).rejects.toMatchObject({
    code: 'runtime/locked',
  })
  expect(alive(first.pid)).toBe(true)
})

it('ends with its supervisor, and the directory can be used again', async () => {
  const script = `
    import { superviseNatsServer } from ${JSON.stringify(new URL('./supervisor.ts', import.meta.url).href)}
    const server = await superviseNatsServer(${JSON.stringify({ binary: natsBinary(), dataDir: dir })})
    process.stdout.write(String(server.pid) + '\\n')
    setInterval(() => undefined, 1_000)`
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer]
  const pid = Number(String(printed).trim())
  expect(alive(pid)).toBe(true)
  parent.kill('SIGKILL')
  await vi.waitFor(() => expect(alive(pid)).toBe(false), PATIENT)
  await using second = await testNatsServer({ dataDir: dir })
  expect(alive(second.pid)).toBe(true)
})

it('says that a port is taken', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as { port: number }
  await expect(superviseNatsServer({ binary: natsBinary(), dataDir: dir, port })).rejects.toMatchObject({
    code: 'nats/port-taken',
    message: expect.stringContaining(String(port)),
  })
  other.close()
})

it.each([
  ['is not there', undefined, 0o644],
  ['cannot be executed', 'no program', 0o644],
  ['ends at once', '#!/bin/sh\necho something is wrong >&2\nexit 1\n', 0o755],
])('says what is wrong with a binary that %s, and lets the directory go', async (_what, content, mode) => {
  const path = join(dir, 'nats-server')
  if (content !== undefined) {
    writeFileSync(path, content)
    chmodSync(path, mode)
  }
  const options = { binary: { path, version: '2.15.2' }, dataDir: join(dir, 'data') }
  await expect(superviseNatsServer(options)).rejects.toMatchObject({ code: 'nats/start-failed' })
  await using after = await testNatsServer({ dataDir: options.dataDir })
  expect(alive(after.pid)).toBe(true)
})

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Stats, subjects } from '@muster/shared/contracts'
import { createNatsBus, systemClock } from '@muster/shared/runtime'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { almighty } from '../../../shared/test-support/nats.ts'
import { processesOf, startMuster } from '../../test-support/command.ts'
import { ADA, laptops, PATIENT } from '../../test-support/live.ts'
import { readConnection } from '../cli/data-directory.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { historyVerdict } from '../runner/history.ts'
import { restoreLive, saveLive } from './live.ts'
import { openPutDown } from './virtual.ts'

const DEVICES = 12

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-saved-'))
})
afterEach(async () => {
  for (const data of ['first', 'second', 'third']) await startMuster(dir, ['down', '--data', data]).ended
  for (const pid of processesOf(dir)) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
  rmSync(dir, { recursive: true, force: true })
})

async function muster(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await startMuster(dir, args).ended
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

async function refused(code: string, ...args: readonly string[]): Promise<void> {
  const ended = await startMuster(dir, args).ended
  expect(ended.stderr).toContain(`[${code}]`)
  expect(ended.code).toBeGreaterThan(0)
}

/** What is to be done with the Muster of a directory while it is up. */
async function whileUp<T>(data: string, work: (client: HttpClient) => Promise<T>): Promise<T> {
  await muster('up', '--detach', '--data', data, '--port', '0', '--speed', '60')
  const client = createHttpClient(readConnection(join(dir, data)))
  try {
    return await work(client)
  } finally {
    client.close()
    await muster('down', '--data', data)
  }
}

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(dir, path), 'utf8'))

const stats = async (of: HttpClient): Promise<Stats> => (await of.call('GET', '/_muster/stats')) as Stats

/** Who the devices are, by the store. */
function identities(data: string): readonly unknown[] {
  const database = new DatabaseSync(join(dir, data, 'control', 'muster.db'), { readOnly: true })
  try {
    const rows = database.prepare('SELECT id, serialNumber, body FROM device ORDER BY serialNumber').all()
    return rows.map(({ id, serialNumber, body }) => {
      const { certificateSerial } = JSON.parse(String(body)) as { certificateSerial: string }
      return { id, serialNumber, certificateSerial }
    })
  } finally {
    database.close()
  }
}

it('a Muster that was saved goes on in another directory, with the same devices, certificates and numbers', async () => {
  await whileUp('first', async (client) => {
    await client.call('POST', '/v1.0/users', ADA)
    await client.call('POST', '/_muster/population', laptops(DEVICES))
    await vi.waitFor(async () => expect((await stats(client)).devices.managed).toBe(DEVICES), PATIENT)
  })
  await muster('snapshot', 'save', '--data', 'first', '--to', 'warm')
  expect(JSON.parse(await muster('snapshot', 'list', '--json'))).toMatchObject([
    { name: 'warm', mode: 'live', devices: DEVICES },
  ])
  const root = join(dir, '.muster', 'snapshots')
  const wanted = { root, name: 'warm', replace: false, signal: new AbortController().signal, muster: 'test' }
  await expect(saveLive(join(dir, 'first'), wanted)).rejects.toMatchObject({ code: 'snapshot/exists' })
  await expect(saveLive(join(dir, 'nowhere'), wanted)).rejects.toMatchObject({ code: 'cli/usage' })
  const coded = (code: string) => expect.objectContaining({ code })
  expect(() => openPutDown(root, 'warm')).toThrow(coded('snapshot/wrong-mode'))
  expect(() => restoreLive(root, 'warm', join(dir, 'first'))).toThrow(coded('cli/file-exists'))

  await muster('snapshot', 'restore', 'warm', '--data', 'second')
  expect(identities('second')).toEqual(identities('first'))
  const before = identities('second')
  await whileUp('second', async (client) => {
    const selector = { share: 1, salt: '' }
    await vi.waitFor(async () => {
      await client.call('POST', '/_muster/orders', {
        order: 'drift',
        selector,
        posture: {},
        osVersion: '10.0.26100.9999',
      })
    }, PATIENT)
    await client.call('POST', '/_muster/orders', { order: 'sync', selector })
    const committed = async () => (await stats(client)).reports.committed
    await vi.waitFor(async () => expect(await committed()).toBeGreaterThanOrEqual(2 * DEVICES), PATIENT)
    expect((await stats(client)).enrolments.enrolled).toBe(0)
    const verdict = await historyVerdict({
      stage: { client, clock: systemClock(), lookAgainMs: () => 100, patienceMs: () => PATIENT.timeout },
      counts: { brokerKills: 0, devices: DEVICES },
      signal: new AbortController().signal,
    })
    expect(verdict).toMatchObject({ ok: true, devices: DEVICES, lost: 0, appliedTwice: 0, problems: [] })
  })
  expect(identities('second')).toEqual(before)

  await saveLive(join(dir, 'second'), { ...wanted, name: 'later' })
  const diff = JSON.parse(await muster('snapshot', 'diff', 'warm', 'later', '--json'))
  expect(diff).toMatchObject({
    onlyInA: [],
    onlyInB: [],
    a: { counts: { 'devices managed': DEVICES, reports: DEVICES } },
  })
  expect(diff.b.counts.reports).toBeGreaterThanOrEqual(2 * DEVICES)
  expect(diff.b.atMs).toBeGreaterThan(diff.a.atMs)
}, 180_000)

it('a Muster that runs comes to rest to be saved, and goes on; what was saved goes on elsewhere', async () => {
  const report = subjects.report('contoso', 'worker-1')
  await whileUp('first', async (client) => {
    await client.call('POST', '/v1.0/users', ADA)
    await client.call('POST', '/_muster/population', laptops(DEVICES))
    await vi.waitFor(async () => expect((await stats(client)).devices.managed).toBe(DEVICES), PATIENT)
    const committed = async () => (await stats(client)).reports.committed

    // A service that hangs takes nothing in: what is in the stream stays there, and nothing is saved.
    const { natsUrl, tenant } = readJson('first/worker.json') as { natsUrl: string; tenant: string }
    const principal = almighty(join(dir, 'first', 'nats'))
    const bus = await createNatsBus({ url: natsUrl, principal, tenant, name: 'test', role: 'service' })
    const { pid } = readConnection(join(dir, 'first'))
    process.kill(pid, 'SIGSTOP')
    await bus.append(report, new Uint8Array([1]), { msgId: 'none' })
    await refused('snapshot/not-at-rest', 'snapshot', 'save', '--data', 'first', '--to', 'busy')
    process.kill(pid, 'SIGCONT')
    await vi.waitFor(async () => expect((await stats(client)).reports.deadLetters).toBe(1), PATIENT)
    await bus.close()

    await muster('snapshot', 'save', '--data', 'first', '--to', 'warm')
    expect(JSON.parse(await muster('snapshot', 'list', '--json'))).toMatchObject([{ name: 'warm', devices: DEVICES }])
    const before = await committed()
    await vi.waitFor(async () => {
      const order = { order: 'drift', selector: { share: 1, salt: '' }, posture: {}, osVersion: '10.0.26100.9999' }
      await client.call('POST', '/_muster/orders', order)
    }, PATIENT)
    await client.call('POST', '/_muster/orders', { order: 'sync', selector: { share: 1, salt: '' } })
    await vi.waitFor(async () => expect(await committed()).toBeGreaterThanOrEqual(before + DEVICES), PATIENT)
  })
  await muster('snapshot', 'restore', 'warm', '--data', 'third')
  expect(identities('third')).toEqual(identities('first'))
  await whileUp('third', async (client) => {
    const verdict = await historyVerdict({
      stage: { client, clock: systemClock(), lookAgainMs: () => 100, patienceMs: () => PATIENT.timeout },
      counts: { brokerKills: 0, devices: DEVICES },
      signal: new AbortController().signal,
    })
    expect(verdict).toMatchObject({ ok: true, devices: DEVICES, lost: 0, appliedTwice: 0, problems: [] })
  })
}, 240_000)

it('a part that is left of a Muster is not saved', async () => {
  await whileUp('first', async () => {
    const note = join(dir, 'first', 'stack.pid')
    const text = readFileSync(note, 'utf8')
    rmSync(note)
    await refused('snapshot/running', 'snapshot', 'save', '--data', 'first', '--to', 'part')
    writeFileSync(note, text)
  })
}, 120_000)

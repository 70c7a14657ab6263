import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Stats } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { systemClock } from '@muster/shared/runtime'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { processesOf, startMuster } from '../../test-support/command.ts'
import { ADA, laptops, PATIENT } from '../../test-support/live.ts'
import { createHttpClient, type HttpClient } from '../client/http-client.ts'
import { historyVerdict } from '../runner/history.ts'
import { readConnection } from './data-directory.ts'

let dir: string
let data: string
let client: HttpClient | undefined
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-restarts-'))
  data = join(dir, 'data')
})
afterEach(async () => {
  client?.close()
  await muster('down', '--data', data)
  for (const pid of processesOf(dir)) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
  rmSync(dir, { recursive: true, force: true })
})

/** A command that ends well. */
async function muster(...args: readonly string[]): Promise<void> {
  const { code, stderr } = await startMuster(dir, args).ended
  expect([code, stderr]).toEqual([0, ''])
}

async function up(...args: readonly string[]): Promise<HttpClient> {
  await muster('up', '--detach', '--data', data, '--port', '0', '--speed', '60', ...args)
  client?.close()
  client = createHttpClient(readConnection(data))
  return client
}

const stats = async (of: HttpClient): Promise<Stats> => (await of.call('GET', '/_muster/stats')) as Stats

async function populate(of: HttpClient, devices: number): Promise<void> {
  await of.call('POST', '/v1.0/users', ADA)
  await of.call('POST', '/_muster/population', laptops(devices))
  await vi.waitFor(async () => expect((await stats(of)).devices.managed).toBe(devices), PATIENT)
}

/** News on every device, all of it committed; then what devices sent against what the store has. */
async function expectAllReport(of: HttpClient, devices: number, osVersion: string): Promise<void> {
  const before = (await stats(of)).reports.committed
  const selector = { share: 1, salt: '' }
  await of.call('POST', '/_muster/orders', { order: 'drift', selector, posture: {}, osVersion })
  await of.call('POST', '/_muster/orders', { order: 'sync', selector })
  await vi.waitFor(
    async () => expect((await stats(of)).reports.committed).toBeGreaterThanOrEqual(before + devices),
    PATIENT,
  )
  await expectTrueHistory(of, devices)
}

async function expectTrueHistory(of: HttpClient, devices: number): Promise<void> {
  const verdict = await historyVerdict({
    stage: { client: of, clock: systemClock(), lookAgainMs: () => 100, patienceMs: () => PATIENT.timeout },
    counts: { brokerKills: 0, devices },
    signal: new AbortController().signal,
  })
  expect(verdict).toMatchObject({ ok: true, devices, lost: 0, appliedTwice: 0, problems: [] })
}

interface Identity {
  readonly serialNumber: string
  readonly id: string
  readonly agentId: string
  readonly certificateSerial: string
  readonly lastSyncAtMs: number
}

/** Who the devices are, by the store. */
function identities(): readonly Identity[] {
  const database = new DatabaseSync(join(data, 'control', 'muster.db'), { readOnly: true })
  try {
    const rows = database
      .prepare(
        `SELECT device.serialNumber, lastSyncAtMs, body FROM device JOIN device_listing USING (id)
         ORDER BY device.serialNumber`,
      )
      .all()
    return rows.map(({ body, ...columns }) => ({ ...JSON.parse(String(body)), ...columns }) as Identity)
  } finally {
    database.close()
  }
}

const withoutTime = ({ serialNumber, id, certificateSerial }: Identity) => ({ serialNumber, id, certificateSerial })

/** The same devices with the same certificates, and each has been heard of since. */
async function expectBack(before: readonly Identity[], agentId?: string): Promise<void> {
  const latest = Math.max(...before.map(({ lastSyncAtMs }) => lastSyncAtMs))
  await vi.waitFor(() => {
    const now = identities()
    expect(now.map(withoutTime)).toEqual(before.map(withoutTime))
    const theirs = now.filter((device) => agentId === undefined || device.agentId === agentId)
    expect(Math.min(...theirs.map(({ lastSyncAtMs }) => lastSyncAtMs))).toBeGreaterThan(latest)
  }, PATIENT)
}

const stackPid = (): number => (JSON.parse(readFileSync(join(data, 'stack.pid'), 'utf8')) as { pid: number }).pid

describe('a Muster that is started again on its directory', () => {
  const DEVICES = 30

  it('has the same devices with the same certificates after `down`, after SIGKILL, and beside an orphan', async () => {
    await populate(await up(), DEVICES)
    const before = identities()
    expect(before).toHaveLength(DEVICES)
    await muster('down', '--data', data)
    expect(processesOf(dir)).toEqual([])

    const second = await up()
    await expectBack(before)
    await expectAllReport(second, DEVICES, '10.0.26100.9001')

    // The parent dies without a word: its children see it and end, and nothing holds the directory.
    const known = identities()
    process.kill(stackPid(), 'SIGKILL')
    await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
    const third = await up()
    await expectBack(known)
    await expectAllReport(third, DEVICES, '10.0.26100.9002')

    // The watchdog dies first, so that nats-server is left over: the next start ends that very process.
    const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    const [orphan] = processesOf(dir).filter((pid) => commandOf(pid).includes('nats.conf'))
    const watchdogs = processesOf(dir).filter((pid) => commandOf(pid).startsWith('/bin/sh\0-c\0read line'))
    expect([orphan !== undefined, watchdogs.length]).toEqual([true, 1])
    const last = identities()
    for (const pid of [...watchdogs, stackPid()]) process.kill(pid, 'SIGKILL')
    await vi.waitFor(() => expect(processesOf(dir)).toEqual([orphan]), PATIENT)
    const fourth = await up()
    expect(processesOf(dir)).not.toContain(orphan)
    await expectBack(last)
    await expectAllReport(fourth, DEVICES, '10.0.26100.9003')
  }, 180_000)
})

describe('many agent processes', () => {
  it('join one service; one that is killed in the middle of its reports comes back with its devices', async () => {
    const worker = (id: string, capacity: number) => {
      const args = ['--id', id, '--capacity', String(capacity), '--data', join(dir, 'workers')]
      return startMuster(dir, ['worker', '--connection', join(data, 'worker.json'), ...args])
    }
    const one = await up('--workers', '1', '--capacity', '12')
    const victim = worker('victim', 20)
    const workers = [worker('other', 20), worker('single', 1), victim]
    const devices = 12 + 20 + 20 + 1
    for (const { printed } of workers) await vi.waitFor(() => expect(printed()).toContain('is ready'), PATIENT)
    /** Kill it when a figure has grown by so many, which the seed says, and start it again. */
    const killAt = async (figure: (stats: Stats) => number, atLeast: number): Promise<void> => {
      const reached = async () => expect(figure(await stats(one))).toBeGreaterThanOrEqual(atLeast)
      await vi.waitFor(reached, { ...PATIENT, interval: 5 })
      const running = workers.pop()
      running?.child.kill('SIGKILL')
      await running?.ended
      const again = worker('victim', 20)
      workers.push(again)
      await vi.waitFor(() => expect(again.printed()).toContain('is ready'), PATIENT)
    }
    const chance = createRng('victim')

    await one.call('POST', '/v1.0/users', ADA)
    await one.call('POST', '/_muster/population', { ...laptops(devices), enrolOverMs: 60_000 })
    await killAt(({ devices: { managed } }) => managed, chance.int(5, devices - 10))
    await vi.waitFor(async () => expect((await stats(one)).devices.managed).toBe(devices), PATIENT)
    const seen = (await stats(one)).workers.map(({ agentId }) => agentId)
    expect(seen).toEqual(['other', 'single', 'victim', 'worker-1'])
    await expectAllReport(one, devices, '10.0.26100.9100')

    const known = identities()
    const { committed } = (await stats(one)).reports
    const selector = { share: 1, salt: '' }
    const news = { order: 'drift', selector, posture: {}, osVersion: '10.0.26100.9200' }
    await one.call('POST', '/_muster/orders', news)
    await one.call('POST', '/_muster/orders', { order: 'sync', selector, spreadMs: 60_000 })
    await killAt(({ reports }) => reports.committed, committed + chance.int(5, devices - 10))
    await expectBack(known, 'victim')
    await expectTrueHistory(one, devices)
    await expectAllReport(one, devices, '10.0.26100.9300')

    // The service goes and comes back: workers that are not its own find it again.
    const before = identities()
    await muster('down', '--data', data)
    const two = await up('--workers', '1', '--capacity', '12')
    await expectBack(before)
    await expectAllReport(two, devices, '10.0.26100.9400')
    for (const { child } of workers) child.kill('SIGTERM')
    expect((await Promise.all(workers.map(({ ended }) => ended))).map(({ code }) => code)).toEqual([0, 0, 0])
  }, 180_000)
})

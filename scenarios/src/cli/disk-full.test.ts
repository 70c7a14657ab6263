import { execFileSync } from 'node:child_process'
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Stats } from '@muster/shared/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Ended, processesOf, startMuster } from '../../test-support/command.ts'
import { ADA, laptops, PATIENT } from '../../test-support/live.ts'
import { createHttpClient } from '../client/http-client.ts'
import { readConnection } from './data-directory.ts'

const DISK_BYTES = 24 * 1_048_576

/** Why there can be no small disk for the test, which needs one of its own that it may fill. */
const obstacle = mountOnce()

function mountOnce(): string | undefined {
  const place = mkdtempSync(join(tmpdir(), 'muster-mount-'))
  try {
    mount(place)
    execFileSync('umount', [place])
    return undefined
  } catch (error) {
    return `a small disk cannot be mounted here: ${(error as Error).message.split('\n')[0]}`
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
}

function mount(place: string): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${DISK_BYTES}`, 'tmpfs', place], { stdio: 'pipe' })
}

let dir: string
let disk: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-full-'))
  disk = join(dir, 'disk')
  mkdirSync(disk)
  if (!obstacle) mount(disk)
})
afterEach(async () => {
  for (const pid of processesOf(dir)) process.kill(pid, 'SIGKILL')
  await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
  if (!obstacle) execFileSync('umount', [disk])
  rmSync(dir, { recursive: true, force: true })
})

const GROUP = { mailEnabled: false, mailNickname: 'group', securityEnabled: true }

/** Fill the disk until no more than so many bytes are free. */
function fill(freeBytes: number): void {
  const file = openSync(join(disk, 'filler'), 'a')
  try {
    for (;;) {
      const { bavail, bsize } = statfsSync(disk)
      const length = bavail * bsize - freeBytes
      if (length <= 0) return
      writeSync(file, new Uint8Array(Math.min(length, 1_048_576)))
    }
  } finally {
    closeSync(file)
  }
}

const SCENARIO = `apiVersion: muster.dev/v1
kind: Scenario
metadata: { name: tiny }
clock: { speed: 60 }
behaviors: { busy: { driftFactor: 2000 } }
population: { size: 20, mix: [{ name: boxes, weight: 1, platform: windows, behavior: busy }] }
policies: [{ id: encrypted, type: compliance, platform: windows, settings: { bitLockerEnabled: true } }]
phases:
  - { name: long, duration: 100d }
`

function scenarioFile(): string {
  const path = join(dir, 'tiny.yaml')
  writeFileSync(path, SCENARIO)
  return path
}

/** One sentence that says what is full, exit code 4, no stack trace, no process. */
async function expectFull({ code, stderr }: Ended): Promise<void> {
  expect(stderr).toMatch(/disk.*full.*\[(store|nats)\/disk-full\]\n$/)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(code).toBe(4)
  await vi.waitFor(() => expect(processesOf(dir)).toEqual([]), PATIENT)
}

describe.skipIf(obstacle !== undefined)(`a full disk${obstacle ? ` (skipped: ${obstacle})` : ''}`, () => {
  it.each([0, 16_384, 114_688, 131_072, 262_144])(
    'with %d bytes free: nothing starts on it, in one sentence',
    async (free) => {
      fill(free)
      await expectFull(await startMuster(dir, ['up', '--data', join(disk, 'data'), '--port', '0']).ended)
      await expectFull(await startMuster(dir, ['run', scenarioFile(), '--out', join(disk, 'runs')]).ended)
    },
  )

  it('that fills up in the middle of a run ends it', async () => {
    const run = startMuster(dir, ['run', scenarioFile(), '--out', join(disk, 'runs')])
    await vi.waitFor(() => expect(run.printed()).toContain('long begins'), PATIENT)
    fill(0)
    await expectFull(await run.ended)
  }, 120_000)

  it('that fills up below a Muster ends it, and it starts again with its devices when there is room', async () => {
    const data = join(disk, 'data')
    const up = startMuster(dir, ['up', '--data', data, '--port', '0', '--speed', '60'])
    await vi.waitFor(() => expect(up.printed()).toContain('Muster serves at'), PATIENT)
    const client = createHttpClient(readConnection(data))
    const managed = async (): Promise<unknown> =>
      ((await client.call('GET', '/_muster/stats')) as Stats).devices.managed
    await client.call('POST', '/v1.0/users', ADA)
    await client.call('POST', '/_muster/population', laptops(10))
    await vi.waitFor(async () => expect(await managed()).toBe(10), PATIENT)
    fill(0)
    // Something has to be written for anybody to notice; the service says so, or is gone already.
    const write = async (): Promise<never> => {
      for (let n = 0; ; n++) await client.call('POST', '/v1.0/groups', { ...GROUP, displayName: `group ${n}` })
    }
    await expect(write()).rejects.toMatchObject({ code: expect.stringMatching(/^(store\/disk-full|client\/)/) })
    client.close()
    await expectFull(await up.ended)

    rmSync(join(disk, 'filler'))
    const again = startMuster(dir, ['up', '--detach', '--data', data, '--port', '0', '--speed', '60'])
    expect(await again.ended).toMatchObject({ code: 0, stderr: '' })
    const status = await startMuster(dir, ['status', '--data', data]).ended
    expect(status.stdout).toContain('devices 10 (10 online)')
    expect((await startMuster(dir, ['down', '--data', data]).ended).code).toBe(0)
  }, 120_000)

  it('below a worker ends that worker alone', async () => {
    const data = join(dir, 'data')
    const up = startMuster(dir, ['up', '--detach', '--data', data, '--port', '0'])
    expect((await up.ended).code).toBe(0)
    const arguments_ = ['worker', '--connection', join(data, 'worker.json'), '--id', 'small', '--data', disk]
    const worker = startMuster(dir, [...arguments_, '--log-level', 'silent'])
    await vi.waitFor(() => expect(worker.printed()).toContain('is ready'), PATIENT)
    fill(0)
    worker.child.kill('SIGTERM')
    const { code, stderr } = await worker.ended
    expect([code, stderr]).toEqual([4, expect.stringMatching(/^muster: .*full.*\[store\/disk-full\]\n$/)])
    expect((await startMuster(dir, ['status', '--data', data]).ended).code).toBe(0)
    expect((await startMuster(dir, ['down', '--data', data]).ended).code).toBe(0)
  }, 120_000)
})

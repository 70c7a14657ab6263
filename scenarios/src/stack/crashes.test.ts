import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Live, PATIENT, startLive } from '../../test-support/live.ts'

const DEVICES = 40
const CRASH = fileURLToPath(new URL('../../test-support/crash-at-commit.ts', import.meta.url))

let dir: string
let live: Live
/** A part that ended by itself. */
let lost: string[]
let drifts = 0

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-crash-'))
  process.env['CRASH_AT_COMMIT'] = join(dir, 'crash')
  process.env['NODE_OPTIONS'] = `--import=${CRASH}`
})
afterAll(() => {
  delete process.env['CRASH_AT_COMMIT']
  delete process.env['NODE_OPTIONS']
  rmSync(dir, { recursive: true, force: true })
})
beforeEach(async () => {
  lost = []
  live = await startLive({ onEvent: (what) => lost.push(what) })
  await live.populate(DEVICES)
}, 120_000)
afterEach(async () => {
  rmSync(join(dir, 'crash'), { force: true })
  await live?.[Symbol.asyncDispose]()
})

/**
 * Every device has news: the version that is returned. The service may die of the first report of it before it has
 * answered. The devices are at rest before, or it dies of another report and the news never reaches them.
 */
async function news(): Promise<string> {
  const osVersion = `10.0.26100.${9_000 + drifts++}`
  await order({ order: 'drift', posture: {}, osVersion }).catch(expectUnreachable)
  await order({ order: 'sync' }).catch(expectUnreachable)
  return osVersion
}

const order = (what: object): Promise<unknown> =>
  live.client.call('POST', '/_muster/orders', { ...what, selector: { share: 1, salt: '' } })

const expectUnreachable = (error: unknown): void => expect(error).toMatchObject({ code: 'client/unreachable' })

/** Wait until the service shows the news of every device, then hold what the devices say they sent against the store. */
async function expectCommitted(reports: number, osVersion: string): Promise<void> {
  const filter = encodeURIComponent(`osVersion eq '${osVersion}'`)
  const path = `/v1.0/deviceManagement/managedDevices?$filter=${filter}&$top=${DEVICES}`
  await vi.waitFor(
    async () => expect(await live.client.call('GET', path)).toMatchObject({ value: { length: DEVICES } }),
    PATIENT,
  )
  const history = await live.history(DEVICES)
  expect(history).toMatchObject({ ok: true, lost: 0, appliedTwice: 0, problems: [] })
  expect(history.committed).toBeGreaterThanOrEqual(reports)
}

describe('a control service that dies by SIGKILL', () => {
  it.each(['before', 'after'])(
    '%s it commits reports: each is committed, and once',
    async (when) => {
      const { committed } = await live.history(DEVICES)
      writeFileSync(join(dir, 'crash'), when)
      const osVersion = await news()
      await vi.waitFor(() => expect(lost).toContain('control.lost'), PATIENT)
      expect(existsSync(join(dir, 'crash'))).toBe(false)
      await live.stack.control.kill()
      await live.stack.control.start()
      await order({ order: 'sync' })
      await expectCommitted(committed + DEVICES, osVersion)
      expect((await live.stats()).devices.managed).toBe(DEVICES)
    },
    120_000,
  )
})

describe('a nats-server whose store is wiped while it is down', () => {
  it('costs nothing: devices send again what is not committed', async () => {
    const { committed } = await live.history(DEVICES)
    // With no service to take them in, the reports are in the stream alone when it is wiped.
    writeFileSync(join(dir, 'crash'), 'before')
    const osVersion = await news()
    await vi.waitFor(() => expect(lost).toContain('control.lost'), PATIENT)
    const bus = await live.bus('looks', 'store')
    await vi.waitFor(async () => expect((await bus.streamInfo('REPORTS')).messages).toBeGreaterThan(0), PATIENT)
    await live.stack.nats.kill({ downMs: 500 })
    const store = readdirSync(join(live.dir, 'nats')).filter((name) => name.startsWith('jetstream-'))
    expect(store).toHaveLength(1)
    rmSync(join(live.dir, 'nats', store[0] as string), { recursive: true })
    await vi.waitFor(() => expect(lost).toContain('broker.up'), PATIENT)
    await live.stack.control.kill()
    await live.stack.control.start()
    await order({ order: 'sync' })
    await expectCommitted(committed + DEVICES, osVersion)
    // The bodies of policies went with the store as well; what is published from now on arrives.
    await expectCommitted(committed + 2 * DEVICES, await news())
  }, 120_000)
})

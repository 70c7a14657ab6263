import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { natsBinaries } from '../../../shared/test-support/nats.ts'
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

describe.each(natsBinaries())('with nats-server $version,', ({ path }) => {
  beforeEach(async () => {
    lost = []
    const env = { ...process.env, MUSTER_NATS_BIN: path }
    live = await startLive({ env, onEvent: (what) => lost.push(what) })
    await live.populate(DEVICES)
  }, 120_000)
  afterEach(async () => {
    rmSync(join(dir, 'crash'), { force: true })
    await live?.[Symbol.asyncDispose]()
  })

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

  describe('a nats-server whose store changes while it is down', () => {
    it('costs nothing when it is wiped: devices send again what is not committed', async () => {
      const { committed } = await live.history(DEVICES)
      const osVersion = await newsInStreamAlone()
      await whileBrokerIsDown((store) => rmSync(store, { recursive: true }))
      await serveAgain()
      await expectCommitted(committed + DEVICES, osVersion)
      // The bodies of policies went with the store as well; what is published from now on arrives.
      await expectCommitted(committed + 2 * DEVICES, await news())
    }, 120_000)

    it('costs nothing when an older copy is put back: nothing is lost, and what was in the copy counts once', async () => {
      const older = join(dir, 'older')
      const { committed } = await live.history(DEVICES)
      const first = await newsInStreamAlone()
      // In the copy are reports that the service commits after it was made.
      await whileBrokerIsDown((store) => cpSync(store, older, { recursive: true }))
      await serveAgain()
      await expectCommitted(committed + DEVICES, first)
      const second = await newsInStreamAlone()
      await whileBrokerIsDown((store) => {
        rmSync(store, { recursive: true })
        cpSync(older, store, { recursive: true })
      })
      await serveAgain()
      await expectCommitted(committed + 2 * DEVICES, second)
      await expectCommitted(committed + 3 * DEVICES, await news())
    }, 180_000)
  })
})

/** News of every device while no service takes it in: it is in the stream and on the devices, and nowhere else. */
async function newsInStreamAlone(): Promise<string> {
  const ends = times('control.lost')
  writeFileSync(join(dir, 'crash'), 'before')
  const osVersion = await news()
  await vi.waitFor(() => expect(times('control.lost')).toBe(ends + 1), PATIENT)
  const bus = await live.bus('looks', 'store')
  await vi.waitFor(async () => expect((await bus.streamInfo('REPORTS')).messages).toBeGreaterThan(0), PATIENT)
  await bus.close()
  return osVersion
}

/** The broker dies; something happens to its store before it is back. */
async function whileBrokerIsDown(work: (store: string) => void): Promise<void> {
  const returns = times('broker.up')
  await live.stack.nats.kill({ downMs: 1_000 })
  const stores = readdirSync(join(live.dir, 'nats')).filter((name) => name.startsWith('jetstream-'))
  expect(stores).toHaveLength(1)
  work(join(live.dir, 'nats', String(stores[0])))
  await vi.waitFor(() => expect(times('broker.up')).toBe(returns + 1), PATIENT)
}

async function serveAgain(): Promise<void> {
  await live.stack.control.kill()
  await live.stack.control.start()
  await order({ order: 'sync' })
}

const times = (what: string): number => lost.filter((each) => each === what).length

import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError, createRng, DAY_MS, type Rng } from '@muster/shared/core'
import { systemClock } from '@muster/shared/runtime'
import type { HistoryVerdict } from '@muster/shared/scenario'
import { createHttpClient, type HttpClient } from '../src/client/http-client.ts'
import { historyVerdict } from '../src/runner/history.ts'
import { brokerIsBack } from '../src/stack/live-breaker.ts'
import { type Stack, startStack } from '../src/stack/stack.ts'
import type { StackPart } from '../src/stack/stack-part.ts'
import { enrol, publish, stats, WINDOWS_POLICY } from './fleet-work.ts'

export interface KillOptions {
  readonly devices: number
  /** What is killed how often. */
  readonly kills: Readonly<Record<KilledPart, number>>
  /** Whether the broker comes back with an older copy of its disk, each second time. */
  readonly rollBack: boolean
  readonly seed: string
}

export type KilledPart = 'broker' | 'control service' | 'worker'

/** What became of the kills of one part. Wall milliseconds, from the signal on. */
export interface PartKills {
  readonly part: KilledPart
  /** Until its successor served; of the broker also as long as it was left down. */
  readonly servesMs: readonly number[]
  /** Until more reports were committed than when it served again. */
  readonly commitsMs: readonly number[]
}

/** What a fleet came to whose parts were killed under load. */
export interface KillFigures extends Pick<KillOptions, 'devices' | 'rollBack' | 'seed'> {
  readonly parts: readonly PartKills[]
  readonly seconds: number
  readonly history: HistoryVerdict
  /** What had not come about on every device in the end; empty when all was well. */
  readonly missing: readonly string[]
}

const WORKERS = 2
const SPEED = 60
/** Between two kills of a part, on average. */
const PAUSE_MS: Readonly<Record<KilledPart, number>> = { broker: 1_500, 'control service': 5_000, worker: 5_000 }
/** The broker is left down for so long at most. */
const DOWN_MAX_MS = 1_000
const LOAD_EVERY_MS = 500
/** The policy is edited each so many times. */
const EDIT_EVERY = 8
/** Devices that have news each time. */
const LOAD_SHARE = 0.05
const LOOK_EVERY_MS = 50
const BACK_WITHIN_MS = 120_000
const PATIENCE_MS = 180_000

/**
 * A live fleet under load whose broker, service and workers are killed with SIGKILL at seeded moments, all at once; then
 * what every device sent is held against what is committed, and the last word must be on every device.
 * @throws Error when a part does not come back
 */
export async function measureKills(
  options: KillOptions,
  dataDir: string,
  say: (text: string) => void,
): Promise<KillFigures> {
  const { devices, seed } = options
  const stack = await startStack({
    dataDir,
    tenant: 'bench',
    workers: WORKERS,
    capacity: Math.ceil(devices / WORKERS) + 1,
    clock: { originWallMs: Date.now(), originMs: Date.now(), speed: SPEED },
    port: 0,
    keepFleets: true,
    logLevel: 'warn',
    env: process.env,
    onEvent: () => undefined,
  })
  const client = createHttpClient(stack.connection)
  try {
    await enrol(client, devices)
    const { policyId } = await publish(client, devices)
    say(`${devices} devices are enrolled, and parts are killed …`)
    const from = performance.now()
    const load = startLoad(client, policyId)
    const rng = createRng(seed)
    const campaigns = partsOf(stack, options, dataDir).map((part) =>
      killOften(part, options.kills[part.name], rng.fork(part.name), client, say),
    )
    const parts = await Promise.all(campaigns).finally(() => load.stop())
    const seconds = (performance.now() - from) / 1_000
    say(`all is alive again after ${seconds.toFixed(0)} s; the last word goes out …`)
    const missing = await whatIsMissing(client, devices)
    const history = await historyVerdict({
      stage: { client, clock: systemClock(), lookAgainMs: () => 300, patienceMs: () => PATIENCE_MS },
      counts: { brokerKills: 0, devices },
      signal: new AbortController().signal,
    })
    return { devices, rollBack: options.rollBack, seed, parts, seconds, history, missing }
  } finally {
    client.close()
    await stack.stop()
  }
}

/** What is killed: how, and how it comes back. */
interface Killed {
  readonly name: KilledPart
  kill(rng: Rng): Promise<void>
  /** Resolves when it serves. */
  back(rng: Rng): Promise<void>
}

function partsOf({ nats, control, workers }: Stack, { rollBack }: KillOptions, dataDir: string): readonly Killed[] {
  let before: number | undefined
  let victim: StackPart = control
  const disk = rollBack ? oldDisk(join(dataDir, 'nats'), join(dataDir, 'older')) : () => undefined
  return [
    {
      name: 'broker',
      kill: () => {
        before = nats.pid
        return nats.kill({ downMs: DAY_MS })
      },
      back: async (rng) => {
        disk()
        await sleep(rng.int(0, DOWN_MAX_MS))
        nats.revive()
        await brokerIsBack(nats, before)
      },
    },
    { name: 'control service', kill: () => control.kill(), back: () => startAgain(control) },
    {
      name: 'worker',
      kill: (rng) => {
        victim = rng.pick(workers)
        return victim.kill()
      },
      back: () => startAgain(victim),
    },
  ]
}

/** Called while the broker is down: keeps a copy of its store, and puts it back the next time. */
function oldDisk(natsDir: string, copy: string): () => void {
  return () => {
    const store = readdirSync(natsDir).find((name) => name.startsWith('jetstream-'))
    if (store === undefined) throw new Error(`the broker has no store in ${natsDir}`)
    const present = join(natsDir, store)
    if (existsSync(copy)) {
      rmSync(present, { recursive: true })
      cpSync(copy, present, { recursive: true })
      rmSync(copy, { recursive: true })
    } else cpSync(present, copy, { recursive: true })
  }
}

async function killOften(
  { name, kill, back }: Killed,
  times: number,
  rng: Rng,
  client: HttpClient,
  say: (text: string) => void,
): Promise<PartKills> {
  const servesMs: number[] = []
  const commitsMs: number[] = []
  for (let n = 1; n <= times; n++) {
    await sleep(rng.exponential(PAUSE_MS[name]))
    const from = performance.now()
    await kill(rng)
    await back(rng)
    servesMs.push(performance.now() - from)
    const committed = await committedNow(client)
    await within(`reports after kill ${n} of the ${name}`, async () => (await committedNow(client)) > committed)
    commitsMs.push(performance.now() - from)
    if (n % 10 === 0) say(`${name}: killed ${n} times`)
  }
  return { part: name, servesMs, commitsMs }
}

/** As who watches over it would: again while it fails for want of the others. */
const startAgain = (part: StackPart): Promise<void> =>
  within('a start', () =>
    attempt(async () => {
      await part.start()
      return true
    }),
  )

/** Reports committed so far; asks until there is an answer. */
async function committedNow(client: HttpClient): Promise<number> {
  let committed = 0
  await within('an answer of the service', () =>
    attempt(async () => {
      committed = (await stats(client)).reports.committed
      return true
    }),
  )
  return committed
}

/**
 * Changes on some devices, over and over, and their users press "Check status"; now and then the policy of all is edited.
 * What is away meanwhile misses it.
 */
function startLoad(client: HttpClient, policyId: string): { stop(): Promise<void> } {
  const policy = `/v1.0/deviceManagement/deviceCompliancePolicies/${policyId}`
  let stopped = false
  const working = (async () => {
    for (let n = 0; !stopped; n++) {
      const selector = { share: LOAD_SHARE, salt: String(n) }
      await attempt(async () => {
        await client.call('POST', '/_muster/orders', { order: 'drift', selector, osVersion: `10.0.${n}`, posture: {} })
        await client.call('POST', '/_muster/orders', { order: 'sync', selector })
        if (n % EDIT_EVERY === 0)
          await client.call('PATCH', policy, { ...WINDOWS_POLICY, passwordMinimumLength: 4 + (n % 10) })
        return true
      })
      await sleep(LOAD_EVERY_MS)
    }
  })()
  return {
    stop: () => {
      stopped = true
      return working
    },
  }
}

/** News on every device, a policy that none of them has had, the last edit of the other: all must show of all. */
async function whatIsMissing(client: HttpClient, devices: number): Promise<readonly string[]> {
  const [osVersion, selector] = ['10.0.99999', { share: 1, salt: '' }]
  await client.call('POST', '/_muster/orders', { order: 'drift', selector, posture: {}, osVersion })
  await client.call('POST', '/_muster/orders', { order: 'sync', selector })
  const filter = encodeURIComponent(`osVersion eq '${osVersion}'`)
  const counted = `/v1.0/deviceManagement/managedDevices?$filter=${filter}&$count=true&$top=1`
  const wanted: readonly (readonly [string, () => Promise<boolean>])[] = [
    ['its management', async () => (await stats(client)).devices.managed === devices],
    [
      'its last news',
      async () => ((await client.call('GET', counted)) as { '@odata.count': number })['@odata.count'] === devices,
    ],
    ['a new policy', async () => (await publish(client, devices)).seconds > 0],
    [
      'each policy as it was last edited',
      async () => (await stats(client)).policies.every(({ reported }) => reported === devices),
    ],
  ]
  const missing: string[] = []
  for (const [what, holds] of wanted) {
    try {
      await within(what, holds)
    } catch (error) {
      missing.push(`${what}: ${(error as Error).message}`)
    }
  }
  return missing
}

/** @throws Error when it does not hold in time */
async function within(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + BACK_WITHIN_MS
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`${what} did not come within ${BACK_WITHIN_MS / 1_000} s`)
    await sleep(LOOK_EVERY_MS)
  }
}

/** What fails for want of a part that is away has not been done. */
async function attempt(work: () => Promise<boolean>): Promise<boolean> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof CodedError) return false
    throw error
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

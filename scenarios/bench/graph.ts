import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createControl, createFrontDoor, type FrontDoor, type FrontDoorOptions, openSqliteStore } from '@muster/control'
import { unwrap } from '@muster/shared/core'
import { createAuthority, loadAuthority } from '@muster/shared/pki'
import { createLogger, createMemoryBroker, systemClock } from '@muster/shared/runtime'
import { performOn } from '../src/runner/perform.ts'
import { openVirtualStage } from '../src/world/virtual-stage.ts'
import { monthOf } from './lives.ts'

type Store = ReturnType<typeof openSqliteStore>
type Device = Parameters<Store['devices']['put']>[0][number]

/** How long requests took, milliseconds. */
interface Times {
  readonly medianMs: number
  readonly p99Ms: number
  /** The median of what they cost, whatever else the machine does meanwhile. */
  readonly cpuMs: number
}

/** What Graph took over a large fleet. */
export interface GraphFigures {
  readonly devices: number
  readonly reportsPerSecond: number
  readonly requests: readonly ({ readonly url: string } & Times)[]
}

const MANAGED = '/v1.0/deviceManagement/managedDevices'
/** What a console and a script ask for: pages filtered and ordered, a search, a lookup, counts. */
const urls = [
  `${MANAGED}?$top=100`,
  `${MANAGED}?$top=100&$filter=complianceState eq 'noncompliant'&$orderby=deviceName`,
  `${MANAGED}?$top=100&$filter=complianceState eq 'error'&$orderby=deviceName`,
  `${MANAGED}?$top=100&$filter=lastSyncDateTime gt 2026-01-01&$orderby=lastSyncDateTime desc`,
  `${MANAGED}?$top=100&$filter=contains(deviceName,'777')&$orderby=serialNumber`,
  `${MANAGED}?$top=100&$filter=userPrincipalName eq 'user77@bench.example'`,
  `${MANAGED}/$count?$filter=isEncrypted eq false`,
  '/v1.0/devices?$top=100&$filter=isCompliant eq true&$orderby=displayName',
]
const ROUNDS = 60
const REPORTS_PER_SECOND = 1_000
const TICK_MS = 20
/** A script that reads page after page: how many pages deep. */
const PAGES = 50

/** Ask for pages of a large fleet in a file of its own while reports come in, all in one process as in the service. */
export async function measureGraph(dir: string, devices: number): Promise<GraphFigures> {
  const store = openSqliteStore(join(dir, 'graph.db'))
  try {
    await fill(store, devices)
    await using door = await openDoor(store)
    const reporting = startReporting(store, devices)
    const requests: ({ readonly url: string } & Times)[] = []
    for (const url of urls) requests.push({ url, ...(await timesOf(door, Array(ROUNDS).fill(url))) })
    requests.push({ url: `${PAGES} pages in order of deviceName`, ...(await paged(door)) })
    await reporting.stop()
    return { devices, reportsPerSecond: reporting.perSecond(), requests }
  } finally {
    await store.close()
  }
}

/** Devices of each kind, as a world enrols them. */
async function templates(): Promise<readonly Device[]> {
  const scenario = monthOf(20, 1)
  const stage = await openVirtualStage({ scenario, logLevel: 'silent', onEvent: () => undefined })
  const run = {
    scenario,
    file: 'bench',
    runId: 'bench',
    command: 'npm run bench',
    signal: new AbortController().signal,
    onNote: () => undefined,
  }
  try {
    await stage.perform(() => performOn(stage, run, { startedMs: Date.now(), nowMs: Date.now }))
    return await stage.world.store.devices.page({ limit: 20 })
  } finally {
    await stage.stop()
  }
}

const idOf = (index: number): string => `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`
const states = ['compliant', 'compliant', 'compliant', 'noncompliant', 'inGracePeriod'] as const

async function fill(store: Store, devices: number): Promise<void> {
  const kinds = await templates()
  const users = Math.ceil(devices / 2)
  for (let from = 0; from < users; from += 2_000) {
    await store.transaction(async (tables) => {
      for (let index = from; index < Math.min(from + 2_000, users); index++) {
        const userPrincipalName = `user${index}@bench.example`
        await tables.users.put({
          id: idOf(index),
          userPrincipalName,
          displayName: `User ${index}`,
          accountEnabled: true,
          createdAtMs: 0,
        })
      }
    })
  }
  for (let from = 0; from < devices; from += 2_000) {
    await store.transaction(async (tables) => {
      const some = Array.from({ length: Math.min(2_000, devices - from) }, (_, index) => variant(kinds, from + index))
      await tables.devices.put(some)
    })
  }
}

function variant(kinds: readonly Device[], index: number): Device {
  const kind = kinds[index % kinds.length]
  if (!kind) throw new Error('the world enrolled no device')
  const { nextEvaluationAtMs: _, ...device } = kind
  const { inventory } = device
  return {
    ...device,
    id: idOf(index),
    directoryId: idOf(index),
    entraDeviceId: idOf(index),
    userId: idOf(Math.floor(index / 2)),
    // In an order that has nothing to do with that of the ids.
    inventory: {
      ...inventory,
      deviceName: `DEVICE-${(index * 7_919) % 1_000_003}`,
      hardware: { ...inventory.hardware, serialNumber: `SN${(index * 104_729) % 10_000_019}` },
      posture: { ...inventory.posture, encrypted: index % 10 !== 0 },
    },
    // One in ten thousand is in error.
    complianceState: index % 10_000 === 0 ? 'error' : (states[index % states.length] ?? 'compliant'),
    lastSyncAtMs: device.lastSyncAtMs + index,
  }
}

async function openDoor(store: Store): Promise<FrontDoor & AsyncDisposable> {
  const broker = createMemoryBroker()
  const buses = { requests: broker.connect('a'), reports: broker.connect('b'), outgoing: broker.connect('c') }
  const clock = systemClock()
  let ids = 0
  const control = await createControl({
    store,
    buses,
    authority: unwrap(loadAuthority(unwrap(createAuthority({ name: 'bench', nowMs: clock.nowMs() })))),
    clock,
    wall: clock,
    speed: 1,
    ids: { guid: () => idOf(++ids), secret: () => idOf(++ids) },
    tenant: 'bench',
    log: createLogger({ name: 'bench', level: 'silent' }),
  })
  const startedAtMs = clock.nowMs()
  const clockScale = { originWallMs: startedAtMs, originMs: startedAtMs, speed: 1 }
  const simulation = {
    control,
    tenantId: 'bench',
    clockScale,
    version: 'bench',
    natsServerVersion: 'none',
    startedAtMs,
  }
  const door = createFrontDoor({ control, identity: anybody, tenantId: 'bench', simulation })
  return { ...door, [Symbol.asyncDispose]: () => control.stop() }
}

const anybody: FrontDoorOptions['identity'] = {
  answer: async () => undefined,
  verify: async () => ({
    actor: { type: 'application', id: 'bench', displayName: 'bench' },
    roles: Object.assign(new Set<string>(), { has: () => true }),
    appId: 'bench',
  }),
}

/** Reports of changed devices, a transaction for those of each tick. */
function startReporting(store: Store, devices: number): { stop(): Promise<void>; perSecond(): number } {
  const startedMs = performance.now()
  let reports = 0
  let stopped = false
  const report = async (): Promise<void> => {
    while (!stopped) {
      const due = Math.floor(((performance.now() - startedMs) / 1_000) * REPORTS_PER_SECOND) - reports
      const ids = Array.from({ length: Math.min(due, REPORTS_PER_SECOND) }, (_, index) =>
        idOf(((reports + index) * 7_919) % devices),
      )
      await store.transaction(async (tables) => {
        const before = await tables.devices.getMany(ids)
        await tables.devices.put(before.map(reported))
        await tables.reports.append(
          before.map(({ id, ackedSeq }) => ({
            deviceId: id,
            seq: ackedSeq + 1,
            observedAtMs: 0,
            committedAtMs: 0,
            correlationId: '',
            parts: ['inventory'],
          })),
        )
      })
      reports += ids.length
      await new Promise((resolve) => setTimeout(resolve, TICK_MS))
    }
  }
  const reporting = report()
  return {
    stop: async () => {
      stopped = true
      await reporting
    },
    perSecond: () => reports / ((performance.now() - startedMs) / 1_000),
  }
}

function reported(device: Device): Device {
  const { inventory, ackedSeq, appliedReports, lastSyncAtMs } = device
  const posture = { ...inventory.posture, freeStorageBytes: ackedSeq * 4_096 }
  return {
    ...device,
    inventory: { ...inventory, posture },
    ackedSeq: ackedSeq + 1,
    appliedReports: appliedReports + 1,
    lastSyncAtMs: lastSyncAtMs + 60_000,
  }
}

interface Asked {
  readonly tookMs: number
  readonly cpuMs: number
  /** Of the next page. */
  readonly next: string | undefined
}

async function ask(door: FrontDoor, url: string): Promise<Asked> {
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const { status, body } = await door.answer({
    method: 'GET',
    url: encodeURI(url),
    authorization: undefined,
    correlationId: 'bench',
    body: undefined,
    origin: 'https://localhost',
    headers: { consistencylevel: 'eventual' },
  })
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  if (status !== 200) throw new Error(`${url}: ${status} ${JSON.stringify(body)}`)
  const link = (body as { '@odata.nextLink'?: string })['@odata.nextLink']
  // Reports have their turn between two requests.
  await new Promise((resolve) => setTimeout(resolve, TICK_MS / 2))
  const next = link === undefined ? undefined : decodeURI(link.slice('https://localhost'.length))
  return { tookMs, cpuMs: (user + system) / 1_000, next }
}

async function timesOf(door: FrontDoor, asked: readonly string[]): Promise<Times> {
  const answers: Asked[] = []
  for (const url of asked) answers.push(await ask(door, url))
  return timesIn(answers)
}

async function paged(door: FrontDoor): Promise<Times> {
  const answers: Asked[] = []
  let next: string | undefined = `${MANAGED}?$top=100&$orderby=deviceName`
  for (let page = 0; page < PAGES && next !== undefined; page++) {
    const answer = await ask(door, next)
    answers.push(answer)
    next = answer.next
  }
  return timesIn(answers)
}

function timesIn(answers: readonly Asked[]): Times {
  const quantile = (values: readonly number[], share: number): number =>
    values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0
  const took = answers.map(({ tookMs }) => tookMs)
  const cpu = answers.map(({ cpuMs }) => cpuMs)
  return { medianMs: quantile(took, 0.5), p99Ms: quantile(took, 0.99), cpuMs: quantile(cpu, 0.5) }
}

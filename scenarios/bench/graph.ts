import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { createControl, createFrontDoor, type FrontDoor, openSqliteStore } from '@muster/control'
import type { SessionOffer } from '@muster/shared/contracts'
import { type Bus, unwrap } from '@muster/shared/core'
import { type CertificateAuthority, createAuthority, generateDeviceKeySync, loadAuthority } from '@muster/shared/pki'
import { createLogger, createMemoryBroker, systemClock } from '@muster/shared/runtime'
import { fill, idOf, TAGGED_EVERY } from './graph-fleet.ts'
import { giveRole, identity, type Who } from './graph-operator.ts'
import { startReporting, TICK_MS } from './graph-reports.ts'
import { measurePageFloor, type PageFloor } from './page-floor.ts'
import { quantile } from './quantile.ts'

type Store = ReturnType<typeof openSqliteStore>

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
  /** What was sent, and what was committed meanwhile. */
  readonly reportsPerSecond: number
  readonly committedPerSecond: number
  readonly requests: readonly ({ readonly url: string } & Times)[]
  /** The whole fleet page by page, while it changes. */
  readonly whole: Whole
  readonly floor: PageFloor
}

export interface Whole {
  readonly pages: number
  readonly seconds: number
  /** Devices that no page had, and those that more than one had. */
  readonly missing: number
  readonly twice: number
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
/** The same for somebody who sees the devices of one tag, a tenth of them. */
const urlsOfOperator = [
  `${MANAGED}?$top=100&$filter=complianceState eq 'noncompliant'&$orderby=deviceName`,
  `${MANAGED}?$top=100&$filter=lastSyncDateTime gt 2026-01-01&$orderby=lastSyncDateTime desc`,
  `${MANAGED}/$count?$filter=isEncrypted eq false`,
]
/** What a page of a hundred may take, milliseconds. */
export const BOUND_MS = { median: 50, p99: 200 }
const ROUNDS = 100
/** A script that reads page after page: how many pages deep. */
const PAGES = 50

/** Ask for pages of a large fleet in a file of its own while reports come in, all in one process as in the service. */
export async function measureGraph(dir: string, devices: number): Promise<GraphFigures> {
  const store = openSqliteStore(join(dir, 'graph.db'))
  try {
    const authority = unwrap(loadAuthority(unwrap(createAuthority({ name: 'bench', nowMs: Date.now() }))))
    const deviceAt = await fill(store, devices, authority)
    const floor = measurePageFloor(dir)
    await using door = await openDoor(store, authority)
    await giveRole(async (path, body) => (await answerOf(door, { method: 'POST', url: path, body })) as { id: string })
    const seen = Number(await answerOf(door, { method: 'GET', url: `${MANAGED}/$count` }, 'operator'))
    if (seen !== Math.ceil(devices / TAGGED_EVERY)) throw new Error(`the operator sees ${seen} devices`)
    const startedMs = performance.now()
    const reporting = startReporting(door.agents, TENANT, devices, deviceAt, door.offer)
    const requests: ({ readonly url: string } & Times)[] = []
    for (const url of urls) requests.push({ url, ...(await timesOf(door, Array(ROUNDS).fill(url))) })
    requests.push({ url: `${PAGES} pages in order of deviceName`, ...(await paged(door)) })
    for (const url of urlsOfOperator) {
      const times = await timesOf(door, Array(ROUNDS).fill(url), 'operator')
      requests.push({ url: `${url} of one tag`, ...times })
    }
    // Whole pages of a thousand leave less room for reports: the rates are those while pages are held to their bound.
    const committedPerSecond = (await store.reports.count()) / ((performance.now() - startedMs) / 1_000)
    const reportsPerSecond = reporting.perSecond()
    const whole = await readWhole(door, devices)
    await reporting.stop()
    return { devices, reportsPerSecond, committedPerSecond, requests, whole, floor }
  } finally {
    await store.close()
  }
}

const TENANT = 'bench'

/** The service with its door, and the bus that agents are on. */
interface Door extends FrontDoor, AsyncDisposable {
  readonly agents: Bus
  readonly offer: SessionOffer
}

async function openDoor(store: Store, authority: CertificateAuthority): Promise<Door> {
  const broker = createMemoryBroker()
  const buses = { requests: broker.connect('a'), reports: broker.connect('b'), outgoing: broker.connect('c') }
  const clock = systemClock()
  let ids = 0
  const control = await createControl({
    store,
    buses,
    authority,
    sessionKey: generateDeviceKeySync(),
    clock,
    wall: clock,
    speed: 1,
    ids: { guid: () => idOf(++ids), secret: () => idOf(++ids) },
    tenant: TENANT,
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
  const door = createFrontDoor({ control, identity, tenantId: 'bench', simulation })
  const offer = control.sessions.offer(clock.nowMs())
  return { ...door, agents: broker.connect('agents'), offer, [Symbol.asyncDispose]: () => control.stop() }
}

interface Asked {
  readonly tookMs: number
  readonly cpuMs: number
  /** Of the next page. */
  readonly next: string | undefined
  readonly ids: readonly string[]
}

async function ask(door: FrontDoor, url: string, who: Who = 'everybody'): Promise<Asked> {
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const body = await answerOf(door, { method: 'GET', url: encodeURI(url) }, who)
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  const link = (body as { '@odata.nextLink'?: string })['@odata.nextLink']
  // Reports have their turn between two requests.
  await new Promise((resolve) => setTimeout(resolve, TICK_MS / 2))
  const next = link === undefined ? undefined : decodeURI(link.slice('https://localhost'.length))
  const { value } = body as { value?: readonly { readonly id: string }[] }
  return { tookMs, cpuMs: (user + system) / 1_000, next, ids: value?.map(({ id }) => id) ?? [] }
}

/** @throws Error when the answer tells of a failure */
async function answerOf(
  door: FrontDoor,
  { method, url, body }: { readonly method: string; readonly url: string; readonly body?: object },
  who: Who = 'everybody',
): Promise<unknown> {
  const answer = await door.answer({
    method,
    url,
    authorization: who,
    correlationId: 'bench',
    body,
    origin: 'https://localhost',
    headers: { consistencylevel: 'eventual' },
  })
  if (answer.status >= 300) throw new Error(`${url}: ${answer.status} ${JSON.stringify(answer.body)}`)
  return answer.body
}

async function timesOf(door: FrontDoor, asked: readonly string[], who?: Who): Promise<Times> {
  const answers: Asked[] = []
  for (const url of asked) answers.push(await ask(door, url, who))
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

async function readWhole(door: FrontDoor, devices: number): Promise<Whole> {
  const startedMs = performance.now()
  const times = new Map<string, number>()
  let pages = 0
  for (let next: string | undefined = `${MANAGED}?$top=1000`; next !== undefined; pages++) {
    const answer = await ask(door, next)
    for (const id of answer.ids) times.set(id, (times.get(id) ?? 0) + 1)
    next = answer.next
  }
  const twice = [...times.values()].filter((count) => count > 1).length
  return { pages, seconds: (performance.now() - startedMs) / 1_000, missing: devices - times.size, twice }
}

function timesIn(answers: readonly Asked[]): Times {
  const took = answers.map(({ tookMs }) => tookMs)
  const cpu = answers.map(({ cpuMs }) => cpuMs)
  return { medianMs: quantile(took, 0.5), p99Ms: quantile(took, 0.99), cpuMs: quantile(cpu, 0.5) }
}

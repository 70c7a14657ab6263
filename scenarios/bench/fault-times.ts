import { join } from 'node:path'
import { subjects } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import {
  createNatsBus,
  createNkey,
  inboxes,
  type NatsSupervisor,
  type Principal,
  principalWith,
  startTcpFaultProxy,
  superviseNatsServer,
  type TcpFault,
} from '@muster/shared/runtime'
import { findNatsServer } from '../src/stack/broker.ts'

/** What one who must not lose a report sees of a fault. Wall milliseconds. */
export interface FaultTimes {
  readonly fault: string
  /** From the fault to the first message that is known not to have been taken, or to the news that there is no connection. */
  readonly noticedMs: number
  /** From the end of the fault to the next message that is acknowledged. */
  readonly recoveredMs: number
  readonly acknowledged: number
  /** Acknowledged, and not on the stream. */
  readonly lost: number
  /** On the stream, and sent once. */
  readonly twice: number
}

const [TENANT, AGENT] = ['bench', 'worker-1']
const SUBJECT = subjects.report(TENANT, AGENT)
const EVERY_MS = 50
/** So long a fault lasts once it has been noticed. */
const LASTS_MS = 2_000
const WITHIN_MS = 120_000
const BYTES = 600

interface Place {
  readonly server: NatsSupervisor
  readonly proxy: Awaited<ReturnType<typeof startTcpFaultProxy>>
}

/** How a fault is made; answers what ends it. */
type Make = (place: Place) => Promise<() => void>

const onTheWay =
  (fault: TcpFault): Make =>
  async ({ proxy }) => {
    proxy.set(fault)
    return () => proxy.set({ kind: 'none' })
  }

const FAULTS: Readonly<Record<string, Make>> = {
  'broker killed': async ({ server }) => {
    await server.kill({ downMs: WITHIN_MS })
    return () => server.revive()
  },
  'broker hangs': async ({ server }) => {
    server.pause()
    return () => server.resume()
  },
  'way silent (blackhole)': onTheWay({ kind: 'blackhole' }),
  'way reset': onTheWay({ kind: 'reset' }),
  'way half open': onTheWay({ kind: 'half-open' }),
  'slow reader': onTheWay({ kind: 'stalled-reader' }),
}

/**
 * Each fault between a sender and a real nats-server, one after another: how soon it is noticed, how soon all is well again,
 * and whether what was acknowledged is there, once. The sender pings as agents do and goes on as devices do, with the same
 * report until it is acknowledged.
 * @throws Error when a fault is not noticed, or not over, within two minutes
 */
export async function measureFaultTimes(dataDir: string, say: (text: string) => void): Promise<readonly FaultTimes[]> {
  const all: FaultTimes[] = []
  for (const [index, [fault, make]] of Object.entries(FAULTS).entries()) {
    const binary = findNatsServer(process.env)
    const server = await superviseNatsServer({ binary, dataDir: join(dataDir, String(index)) })
    const proxy = await startTcpFaultProxy({ port: Number(new URL(server.url).port) })
    try {
      const times = await measureFault({ server, proxy }, fault, make)
      say(`${fault}: noticed after ${times.noticedMs.toFixed(0)} ms, over after ${times.recoveredMs.toFixed(0)} ms`)
      all.push(times)
    } finally {
      await proxy.close()
      await server.stop()
    }
  }
  return all
}

async function measureFault(place: Place, fault: string, make: Make): Promise<FaultTimes> {
  const { server, proxy } = place
  const looking = await createNatsBus({
    url: server.url,
    principal: server.identity.service('service', 'looks', TENANT),
    name: 'looks',
    role: 'service',
    tenant: TENANT,
  })
  const sending = await createNatsBus({
    url: `nats://127.0.0.1:${proxy.port}`,
    principal: agentPrincipal(server),
    name: AGENT,
    role: 'agent',
    tenant: TENANT,
  })
  const sender = startSending(sending)
  try {
    await until(() => sender.acknowledged >= 10)
    const begunMs = performance.now()
    const noticed = sender.nextTrouble()
    const end = await make(place)
    const noticedMs = (await within(noticed)) - begunMs
    await sleep(LASTS_MS)
    const endedMs = performance.now()
    const recovered = sender.nextTaken()
    end()
    const recoveredMs = (await within(recovered)) - endedMs
    await sleep(LASTS_MS)
    const acknowledged = await sender.stop()
    const { messages } = await patiently(() => looking.streamInfo('REPORTS'))
    return {
      fault,
      noticedMs,
      recoveredMs,
      acknowledged,
      lost: Math.max(0, acknowledged - messages),
      twice: Math.max(0, messages - acknowledged),
    }
  } finally {
    await sender.stop()
    await Promise.all([sending.close(), looking.close()])
  }
}

function agentPrincipal({ identity }: NatsSupervisor): Principal {
  const user = createNkey('user')
  const iat = Math.floor(Date.now() / 1_000)
  const token = identity.signAgent({ agentId: AGENT, tenant: TENANT, key: user.publicKey, iat, exp: iat + 3_600 })
  return principalWith(user, inboxes.agent(TENANT, AGENT), () => token)
}

/** Sends one report after another, each until it is acknowledged. */
function startSending(bus: Bus) {
  const payload = new Uint8Array(BYTES)
  let [acknowledged, stopped] = [0, false]
  let onTrouble: ((atMs: number) => void) | undefined
  let onTaken: ((atMs: number) => void) | undefined
  bus.onStatus((status) => {
    if (status === 'disconnected') onTrouble?.(performance.now())
  })
  const working = (async () => {
    for (let number = 0; !stopped; ) {
      try {
        await bus.append(SUBJECT, payload, { msgId: `report-${number}` })
        number++
        acknowledged++
        onTaken?.(performance.now())
      } catch {
        onTrouble?.(performance.now())
      }
      await sleep(EVERY_MS)
    }
  })()
  return {
    get acknowledged() {
      return acknowledged
    },
    nextTrouble: () =>
      new Promise<number>((resolve) => {
        onTrouble = resolve
      }),
    nextTaken: () =>
      new Promise<number>((resolve) => {
        onTaken = resolve
      }),
    stop: async () => {
      stopped = true
      await working
      return acknowledged
    },
  }
}

async function within(moment: Promise<number>): Promise<number> {
  const atMs = await Promise.race([moment, sleep(WITHIN_MS).then(() => undefined)])
  if (atMs === undefined) throw new Error(`nothing happened within ${WITHIN_MS / 1_000} s`)
  return atMs
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(EVERY_MS)
}

/** What asks may have lost its connection as well. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work()
    } catch (error) {
      if (tries === 100) throw error
    }
    await sleep(200)
  }
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

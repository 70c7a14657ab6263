import type { RecordableHistogram } from 'node:perf_hooks'
import { decode, encode, subjects, type WorkerHello, WorkerHelloReply } from '@muster/shared/contracts'
import { type Clock, CodedError, pause, type Timer } from '@muster/shared/core'
import type { Census } from './census.ts'
import type { Counters } from './counters.ts'
import type { DeviceSessions } from './device-sessions.ts'
import type { FleetOptions } from './fleet.ts'

export interface Greeter {
  /** Say hello now as well: the connection is back. */
  again(): void
  /** The service has answered of late. */
  isHeard(): boolean
  stop(): Promise<void>
}

const EVERY_MS = 2_000
const TIMEOUT_MS = 3_000
/** So many hellos may be lost before the service counts as not hearing. */
const HELLOS_MISSED_MAX = 3

/**
 * Say hello now and over and over.
 * @throws CodedError `simulation/agent-id-taken` when another process lives under the same agent id
 */
export async function startGreeting(
  options: FleetOptions & {
    readonly counters: Counters
    readonly census: Census
    readonly lag: RecordableHistogram
    readonly sessions: DeviceSessions
  },
): Promise<Greeter> {
  const { wall, greetEveryMs: everyMs = EVERY_MS } = options
  let heardAtMs = Number.NEGATIVE_INFINITY
  const greet = async (leaving = false): Promise<void> => {
    const hello = helloOf(options, leaving)
    const answer = await options.bus.request(subjects.workerHello(options.tenant, options.agentId), encode(hello), {
      timeoutMs: TIMEOUT_MS,
    })
    const decoded = decode(WorkerHelloReply, answer)
    if (decoded.ok && decoded.value.session) options.sessions.take(decoded.value.session)
    if (decoded.ok && !decoded.value.accepted) {
      throw new CodedError(
        'simulation/agent-id-taken',
        `another process has joined as ${options.agentId}: give this one another --id`,
      )
    }
    heardAtMs = wall.nowMs()
  }
  await firstTime(greet, wall)
  let timer: Timer
  const again = (): void => {
    greet().catch((error: unknown) => options.log.debug({ err: error }, 'the service does not hear us'))
    later()
  }
  const later = (): void => {
    timer = wall.at(wall.nowMs() + everyMs, again)
  }
  later()
  return {
    isHeard: () => wall.nowMs() - heardAtMs <= HELLOS_MISSED_MAX * everyMs + TIMEOUT_MS,
    again: () => {
      timer.cancel()
      again()
    },
    stop: async () => {
      timer.cancel()
      await greet(true).catch(() => undefined)
    },
  }
}

/** The service may still be starting, or take a process that was killed a moment ago for alive. */
async function firstTime(greet: () => Promise<void>, wall: Clock): Promise<void> {
  const deadline = wall.nowMs() + 15_000
  for (;;) {
    try {
      await greet()
      return
    } catch (error) {
      if (wall.nowMs() > deadline) throw error
      await pause(wall, 200)
    }
  }
}

function helloOf(options: Parameters<typeof startGreeting>[0], leaving: boolean): WorkerHello {
  const { agentId, boot, capacity, labels, platforms, clock, clockSpeed = 1, counters, census, lag } = options
  const wallMs = (simulatedUs: number): number => simulatedUs / 1_000 / clockSpeed
  const lagMs = { p50: wallMs(lag.percentile(50)), p99: wallMs(lag.percentile(99)), max: wallMs(lag.max) }
  const none = lag.count === 0
  lag.reset()
  return {
    v: 1,
    agentId,
    boot,
    everyMs: options.greetEveryMs ?? EVERY_MS,
    leaving,
    pid: process.pid,
    capacity,
    labels: labels ?? {},
    ...(platforms ? { platforms: [...platforms] } : {}),
    sentAtMs: clock.nowMs(),
    devices: { ...census.devices } as WorkerHello['devices'],
    online: census.online,
    counters: { ...counters },
    lagMs: none ? { p50: 0, p99: 0, max: 0 } : lagMs,
    rssBytes: process.memoryUsage.rss(),
  }
}

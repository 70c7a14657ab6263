import {
  decode,
  encode,
  type FleetOrder,
  FleetOrderReply,
  type SessionOffer,
  servicePatterns,
  subjects,
  WorkerHello,
  type WorkerHelloReply,
  type WorkerView,
} from '@muster/shared/contracts'
import { type Bus, type Clock, CodedError, pause, type Subscription } from '@muster/shared/core'
import type { Logger } from '@muster/shared/runtime'
import { openRequestDoor } from './request-door.ts'

/** A worker that has not said hello so many times is silent: perhaps the broker is away. */
const SILENT_AFTER_HELLOS = 4
/** After so many it is taken for lost, and nobody waits for it any more. */
const LOST_AFTER_HELLOS = 30
/** So long after its start the service waits for a word of the workers that it had before. Live ones greet every 2 s. */
const EXPECTED_FOR_MS = 6_000
const ORDER_TIMEOUT_MS = 30_000
/** How often, and how far apart, an order is tried while nobody hears it. */
const DEAF_ATTEMPTS = 10
const DEAF_PAUSE_MS = 100

/** The agent processes that have said hello, and the way to give them orders. */
export interface Workers {
  list(): readonly WorkerView[]
  /**
   * All workers that devices live on, or could: what goes to all of them must miss none.
   * @throws CodedError `simulation/worker-silent` while one of them is not heard of
   */
  reachable(): readonly WorkerView[]
  /**
   * Give an order to one worker.
   * @throws CodedError `simulation/order-refused`, and what `Bus.request` throws
   */
  order(agentId: string, order: FleetOrder): Promise<Extract<FleetOrderReply, { outcome: 'done' }>>
  stop(): Promise<void>
}

type Known = Pick<WorkerView, 'hello' | 'lastSeenWallMs'>

export function openWorkers(options: {
  bus: Bus
  letters: Pick<Bus, 'append'>
  wall: Clock
  tenant: string
  log: Logger
  onDeadLetter: () => void
  /** Agents that devices lived on when the service started. */
  expected: readonly string[]
  /** The session that their devices shall speak in. */
  offer: () => SessionOffer
}): Workers {
  const { bus, letters, wall, tenant, log, onDeadLetter } = options
  const startedMs = wall.nowMs()
  const expected = new Set(options.expected)
  const known = new Map<string, Known>()
  const heardOf = ({ hello, lastSeenWallMs }: Known, hellos: number): boolean =>
    wall.nowMs() - lastSeenWallMs < hellos * hello.everyMs
  const door: Subscription = openRequestDoor({
    bus,
    letters,
    pattern: servicePatterns.workerHello(tenant),
    queue: 'svc',
    agentToken: 3,
    schema: WorkerHello,
    log,
    onDeadLetter,
    handle: async (hello): Promise<WorkerHelloReply> => {
      const before = known.get(hello.agentId)
      const lives = before !== undefined && heardOf(before, SILENT_AFTER_HELLOS)
      // Two processes under one name would take each other's devices for their own.
      if (lives && before.hello.boot !== hello.boot) return { v: 1, accepted: false, code: 'simulation/agent-id-taken' }
      expected.delete(hello.agentId)
      if (!before) log.info({ agentId: hello.agentId, pid: hello.pid }, 'a worker has joined')
      if (hello.leaving) known.delete(hello.agentId)
      else known.set(hello.agentId, { hello, lastSeenWallMs: wall.nowMs() })
      return { v: 1, accepted: true, session: options.offer() }
    },
  })
  // Those who are there already need not be waited for.
  bus.publish(subjects.rollCall(tenant), new Uint8Array())
  const list = (): readonly WorkerView[] =>
    [...known.values()]
      .map(({ hello, lastSeenWallMs }) => ({
        hello,
        lastSeenWallMs,
        alive: heardOf({ hello, lastSeenWallMs }, SILENT_AFTER_HELLOS),
      }))
      .sort((a, b) => (a.hello.agentId < b.hello.agentId ? -1 : 1))
  /** A worker listens a moment after its first hello. */
  const ask = async (agentId: string, order: Uint8Array): Promise<Uint8Array> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await bus.request(subjects.fleetOrder(tenant, agentId), order, { timeoutMs: ORDER_TIMEOUT_MS })
      } catch (error) {
        const deaf = error instanceof CodedError && error.code === 'bus/no-responders'
        if (!deaf || attempt === DEAF_ATTEMPTS) throw error
        await pause(wall, DEAF_PAUSE_MS)
      }
    }
  }
  return {
    list,
    reachable: () => {
      const present = list().filter((worker) => heardOf(worker, LOST_AFTER_HELLOS))
      const silent = present.filter(({ alive }) => !alive).map(({ hello }) => hello.agentId)
      // A service that has just started knows nobody yet, and must not take that for an empty world.
      if (wall.nowMs() - startedMs < EXPECTED_FOR_MS) silent.push(...expected)
      if (silent.length > 0)
        throw new CodedError('simulation/worker-silent', `nothing is heard of ${silent.join(', ')} just now`)
      return present
    },
    order: async (agentId, order) => {
      const decoded = decode(FleetOrderReply, await ask(agentId, encode(order)))
      if (!decoded.ok)
        throw new CodedError(
          'simulation/order-refused',
          `worker ${agentId} answered what cannot be read: ${decoded.refusal.message}`,
        )
      if (decoded.value.outcome === 'refused') {
        throw new CodedError(
          'simulation/order-refused',
          `worker ${agentId}: ${decoded.value.message} (${decoded.value.code})`,
        )
      }
      return decoded.value
    },
    stop: () => door.stop(),
  }
}

import {
  type Control,
  type ControlDeps,
  type Counted,
  createControl,
  createFrontDoor,
  type FrontDoor,
  type FrontDoorOptions,
  type PlantedBug,
  watchControl,
} from '@muster/control'
import { type LiveEvent, SIMULATION_ROLE } from '@muster/shared/contracts'
import { type Clock, pause } from '@muster/shared/core'
import type { CertificateAuthority } from '@muster/shared/pki'
import type { MemoryBroker } from '@muster/shared/runtime'
import { fenceStore } from './fenced-store.ts'
import { pausableClock } from './pausable-clock.ts'

export interface WorldControlOptions {
  readonly broker: MemoryBroker
  readonly store: ControlDeps['store']
  readonly authority: CertificateAuthority
  readonly sessionKey: ControlDeps['sessionKey']
  readonly clock: Clock
  readonly ids: ControlDeps['ids']
  readonly tenant: string
  readonly tenantId: string
  readonly log: ControlDeps['log']
  readonly sweepEveryMs: number
  /** What was counted before its first life. */
  readonly counted?: Counted
  readonly plantedBug?: PlantedBug
  /** What the limits of Graph are multiplied by, in each of its lives. */
  readonly throttlingScale?: number | undefined
  readonly statsAfterMs: () => number
  readonly tell: (event: LiveEvent) => void
}

/** The control service of a world, through its lives. */
export interface WorldControl {
  /** Absent while the service is down. */
  readonly door: FrontDoor | undefined
  readonly control: Control | undefined
  start(): Promise<void>
  /** End without a word: connections go, what was not committed never is. */
  kill(): void
  /** The same as soon as no call of the runner is under way: what it asks for is done once, or not at all. */
  killBetweenCalls(): Promise<void>
  /** Calls of the runner that are under way. */
  calls: number
  /** Hang: none of its appointments is kept and its door stays shut until it is resumed; its connections are the broker's. */
  pause(): void
  resume(): void
  /** Resolves when it does not hang. */
  running(): Promise<void>
  /** End in order. */
  stop(): Promise<void>
}

export const isControlConnection = (name: string): boolean => name.startsWith('control-')

export function createWorldControl(options: WorldControlOptions): WorldControl {
  const { broker, store, authority, sessionKey, ids, tenant } = options
  const clock = pausableClock(options.clock)
  let life: { control: Control; door: FrontDoor; end(): void } | undefined
  let lives = 0

  const start = async (): Promise<void> => {
    const fence = fenceStore(store)
    const counted = lives === 0 ? options.counted : undefined
    const log = options.log.child({ life: ++lives })
    const connect = (what: string) => broker.connect(`control-${what}`)
    const buses = { requests: connect('requests'), reports: connect('reports'), outgoing: connect('outgoing') }
    const control = await createControl({
      store: fence.store,
      buses,
      authority,
      sessionKey,
      clock,
      wall: clock,
      stopwatch: () => clock.nowMs(),
      speed: 1,
      ids,
      tenant,
      log,
      sweepEveryMs: options.sweepEveryMs,
      ...(counted ? { counted } : {}),
      ...(options.plantedBug ? { plantedBug: options.plantedBug } : {}),
    })
    const watching = watchControl(control, { statsAfterMs: options.statsAfterMs }, options.tell)
    life = {
      control,
      door: createFrontDoor({
        control,
        identity: everybodyIsTheRunner,
        tenantId: options.tenantId,
        simulation: simulationOf(control, options),
        ...(options.throttlingScale === undefined ? {} : { throttlingScale: options.throttlingScale }),
      }),
      end: () => {
        watching.stop()
        // Its sweeps and doors end as soon as they look, and nobody hears their complaints.
        log.level = 'silent'
        void control.stop().catch(() => undefined)
        fence.fence()
        for (const bus of Object.values(buses)) void bus.close()
      },
    }
  }
  const kill = (): void => {
    const ending = life
    life = undefined
    ending?.end()
  }
  const world: WorldControl = {
    calls: 0,
    get door() {
      return life?.door
    },
    get control() {
      return life?.control
    },
    start,
    kill,
    killBetweenCalls: async () => {
      while (world.calls > 0) await pause(options.clock, 1)
      kill()
    },
    pause: () => clock.pause(),
    resume: () => clock.resume(),
    running: () => clock.running(),
    stop: async () => {
      const ending = life
      life = undefined
      await ending?.control.stop()
      ending?.end()
    },
  }
  return world
}

function simulationOf(control: Control, { clock, tenantId }: WorldControlOptions): FrontDoorOptions['simulation'] {
  const startedAtMs = clock.nowMs()
  const clockScale = { originWallMs: startedAtMs, originMs: startedAtMs, speed: 1 }
  return { control, tenantId, clockScale, version: 'world', natsServerVersion: 'none', startedAtMs }
}

/** In a world there is one caller, and no wire on which somebody else could speak. */
const everybodyIsTheRunner: FrontDoorOptions['identity'] = {
  answer: async () => undefined,
  verify: async () => ({
    actor: { type: 'application', id: 'runner', displayName: 'Muster runner' },
    roles: everyRole,
    appId: 'runner',
  }),
}

const everyRole: ReadonlySet<string> = Object.assign(new Set([SIMULATION_ROLE]), { has: () => true })

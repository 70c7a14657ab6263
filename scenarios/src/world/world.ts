import { createFleet, type Fleet, type RestingFleet } from '@muster/agent/fleet'
import { platformOf } from '@muster/agent/platforms'
import { type Counted, openSqliteStore, type PlantedBug, type SqliteStore } from '@muster/control'
import type { LiveEvent } from '@muster/shared/contracts'
import { createRng, type EpochMs, type ManualClock, MINUTE_MS, unwrap } from '@muster/shared/core'
import { type AuthorityFiles, createAuthority, generateDeviceKeySync, loadAuthority } from '@muster/shared/pki'
import { createLogger, createMemoryBroker, type MemoryBroker } from '@muster/shared/runtime'
import type { MusterClient } from '../client/muster-client.ts'
import { type Chronicle, createChronicle } from './chronicle.ts'
import { type InvariantWatch, watchInvariants } from './invariants.ts'
import { recordEvent, recordStep } from './record.ts'
import { comeToRest } from './rest.ts'
import { seededBytes, seededIds } from './seeded-ids.ts'
import { watchAnswers } from './watched-answers.ts'
import { watchStore } from './watched-store.ts'
import { createWorldClient } from './world-client.ts'
import { createWorldControl, type WorldControl } from './world-control.ts'
import type { WorldImage } from './world-image.ts'

export interface WorldOptions {
  readonly seed: string
  readonly tenant: string
  readonly startMs: EpochMs
  readonly workers: number
  /** Devices that each worker takes. */
  readonly capacity: number
  /** How long requests of several devices are collected into one message, milliseconds. */
  readonly lingerMs: number
  readonly logLevel: string
  readonly plantedBug?: PlantedBug
  /** What the limits of Graph are multiplied by; absent: there are none. */
  readonly throttlingScale?: number | undefined
}

/** Control service, store, broker and fleets in this process, on a clock of their own. It moves when it is driven. */
export interface World {
  readonly clock: ManualClock
  readonly broker: MemoryBroker
  readonly control: WorldControl
  readonly fleets: readonly Fleet[]
  readonly client: MusterClient
  readonly store: SqliteStore
  readonly chronicle: Chronicle
  readonly watch: InvariantWatch
  readonly startMs: EpochMs
  readonly tenantId: string
  readonly authorityFiles: AuthorityFiles
  /** Calls of the runner. */
  readonly asked: { readonly calls: number }
  /**
   * Devices keep no appointments, what is under way ends, and then the service: all that there is can be put down.
   * Answers what the service had counted.
   * @throws CodedError `snapshot/not-at-rest`
   */
  rest(): Promise<Counted>
  stop(): Promise<void>
}

/** How often the service looks what time alone has changed: the finer the resolution, the oftener. */
const sweepEveryMs = (resolutionMs: number): number =>
  Math.max(MINUTE_MS, Math.min(10 * MINUTE_MS, 60 * resolutionMs), 6 * resolutionMs)
/** Statistics come often at first, and more rarely as the world grows old. */
const STATS_MIN_MS = 10_000
const STATS_MAX_MS = 2 * 3_600_000
const STATS_SHARE = 0.02

/**
 * Make a world; nothing has happened in it yet but that everybody is there. Or take one up that was put down: its chance
 * after that moment is named after it. Must be driven while this is awaited.
 */
export async function createWorld(clock: ManualClock, options: WorldOptions, image?: WorldImage): Promise<World> {
  const { tenant } = options
  const startMs = image?.startMs ?? options.startMs
  const seed = image ? `${options.seed}/rested/${image.atMs}` : options.seed
  const chance = createRng(seed)
  const log = createLogger({ name: 'world', level: options.logLevel })
  const chronicle = createChronicle(startMs, image?.chronicle)
  const broker = createMemoryBroker({ clock, seed, ...(image ? { image: image.broker } : {}) })
  const watch = watchInvariants(() => clock.nowMs(), image?.watch)
  const sqlite = openSqliteStore(':memory:', undefined, image?.storePath)
  const store: SqliteStore = { ...watchStore(sqlite, watch), saveTo: sqlite.saveTo }
  const ids = seededIds(chance.fork('ids'))
  const listeners = new Set<(event: LiveEvent) => void>()
  const serials = seededBytes(chance.fork('serials'))
  const authorityFiles =
    image?.authorityFiles ?? unwrap(createAuthority({ name: `${tenant} root`, nowMs: startMs, randomBytes: serials }))
  const authority = unwrap(loadAuthority(authorityFiles, { randomBytes: serials }))
  const tenantId = image?.tenantId ?? ids.guid()
  const asked = { calls: image?.asked ?? 0 }
  const control = createWorldControl({
    broker,
    store,
    authority,
    // As long as the world; no key of a session has a place in the history.
    sessionKey: generateDeviceKeySync(),
    clock,
    ids,
    tenant,
    tenantId,
    log,
    sweepEveryMs: sweepEveryMs(options.lingerMs),
    throttlingScale: options.throttlingScale,
    ...(options.plantedBug ? { plantedBug: options.plantedBug } : {}),
    ...(image ? { counted: image.counted } : {}),
    statsAfterMs: () => Math.min(STATS_MAX_MS, Math.max(STATS_MIN_MS, (clock.nowMs() - startMs) * STATS_SHARE)),
    tell: (event) => {
      recordEvent(chronicle, event)
      for (const listener of listeners) listener(event)
    },
  })
  await control.start()
  const answers = watchAnswers(watch)
  const fleets = Array.from({ length: options.workers }, (_, index) => {
    const agentId = `worker-${index + 1}`
    return createFleet({
      agentId,
      tenant,
      boot: 'world',
      bus: broker.connect(agentId),
      clock,
      wall: clock,
      // Keys cannot be seeded; nothing in the history depends on them.
      generateKey: async () => generateDeviceKeySync(),
      lingerMs: options.lingerMs,
      greetEveryMs: 5 * sweepEveryMs(options.lingerMs),
      onStep: (slot, input, effects, before) => {
        recordStep(chronicle, slot.state, input, effects)
        answers.onStep(before, input, effects)
      },
      platformOf,
      capacity: options.capacity,
      log,
    })
  })
  for (const [index, fleet] of fleets.entries()) {
    const rested = image?.fleets[index]
    if (rested) fleet.takeUp(reseeded(rested, options.seed))
    await fleet.start()
  }
  return {
    clock,
    broker,
    control,
    fleets,
    store,
    client: createWorldClient(control, clock, listeners, asked),
    chronicle,
    watch,
    startMs,
    tenantId,
    authorityFiles,
    asked,
    rest: () => comeToRest({ clock, broker, store, control, fleets }),
    stop: async () => {
      await Promise.all(fleets.map((fleet) => fleet.stop()))
      await control.stop()
      await store.close()
    },
  }
}

/** Under another seed the same devices have another future. */
function reseeded(fleet: RestingFleet, seed: string): RestingFleet {
  const devices = [...fleet.devices].map((device) => ({ ...device, state: { ...device.state, seed } }))
  return { ...fleet, devices }
}

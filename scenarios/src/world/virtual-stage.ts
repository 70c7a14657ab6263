import type { PlantedBug } from '@muster/control'
import { DAY_MS, HOUR_MS, MINUTE_MS, manualClock, pause, SECOND_MS } from '@muster/shared/core'
import type { Scenario } from '@muster/shared/scenario'
import type { Stage } from '../runner/stage.ts'
import { drive } from './drive.ts'
import { endWith, type Nemesis, type NemesisImage, startNemesis } from './nemesis.ts'
import { sealWorld } from './seal.ts'
import { virtualBreaker } from './virtual-breaker.ts'
import { createWorld, type World } from './world.ts'
import { putDown, type WorldImage } from './world-image.ts'

/** Where virtual time begins when a scenario does not say: a Monday morning, always the same. */
const START = '2026-01-05T08:00:00Z'
const LOOK_MIN_MS = SECOND_MS
const LOOK_MAX_MS = 10 * MINUTE_MS
const LOOK_SHARE = 0.02
const WATCH_MIN_MS = 30 * SECOND_MS
const WATCH_MAX_MS = 10 * MINUTE_MS
const WATCH_SHARE = 0.01
/** Where moments are coarse, looks are so many of them apart. */
const WATCH_RESOLUTIONS = 6
/** After the last fault by chance: devices that gave up for a while come back. */
const HEALING_MS = HOUR_MS
const PATIENCE_MS = { enrolment: DAY_MS, reports: 10 * MINUTE_MS } as const
/** What is on its way is collected for one of them at each stop. */
const PATIENCE_RESOLUTIONS = 6

export interface VirtualStageOptions {
  readonly scenario: Scenario
  readonly logLevel: string
  /** A bug planted on purpose, to see that it is found. */
  readonly plantedBug?: PlantedBug | undefined
  readonly onEvent: (what: string, text: string) => void
  /** A world that was put down, to go on with. */
  readonly image?: WorldImage | undefined
}

/** A stage that is a whole world in this process: its time moves from event to event, as fast as the machine can. */
export async function openVirtualStage({
  scenario,
  logLevel,
  plantedBug,
  onEvent,
  image,
}: VirtualStageOptions): Promise<Stage & { readonly world: World }> {
  const startMs = Date.parse(scenario.clock.start ?? START)
  const watchMaxMs = Math.max(WATCH_MAX_MS, WATCH_RESOLUTIONS * scenario.clock.resolution)
  // Nothing comes within a moment: who looked oftener would see the same again.
  const lookMinMs = Math.min(LOOK_MAX_MS, Math.max(LOOK_MIN_MS, scenario.clock.resolution))
  const clock = manualClock(image?.atMs ?? startMs)
  const workers = scenario.workers ?? 1
  const world = await drive(
    clock,
    createWorld(
      clock,
      {
        seed: scenario.seed,
        tenant: scenario.tenant.name,
        startMs,
        workers,
        capacity: Math.ceil(scenario.population.size / workers) + 1,
        lingerMs: scenario.clock.resolution,
        logLevel,
        throttlingScale: scenario.graph.throttling,
        ...(plantedBug ? { plantedBug } : {}),
      },
      image,
    ),
  )
  const breaker = virtualBreaker(world, onEvent)
  const { seed, chaos } = scenario
  let nemesis: Nemesis | undefined
  let stopped = false
  let counted: Awaited<ReturnType<World['rest']>> | undefined
  let restingChaos: NemesisImage | undefined
  return {
    mode: 'virtual',
    world,
    client: world.client,
    clock,
    breaker,
    lost: new AbortController().signal,
    lookAgainMs: (waitedMs) => Math.min(LOOK_MAX_MS, Math.max(lookMinMs, waitedMs * LOOK_SHARE)),
    watchAgainMs: (ageMs) => Math.min(watchMaxMs, Math.max(WATCH_MIN_MS, ageMs * WATCH_SHARE)),
    patienceMs: (what) => Math.max(PATIENCE_MS[what], PATIENCE_RESOLUTIONS * scenario.clock.resolution),
    record: (what, text) => world.chronicle.add(clock.nowMs(), `runner ${what} ${text}`),
    startChaos: (begins) => {
      if (chaos) nemesis = startNemesis(world, breaker, { seed, chaos, before: image?.chaos, begins })
      else if (image?.chaos) endWith(image.chaos, begins)
    },
    heal: async () => {
      if (await nemesis?.stop()) await pause(clock, HEALING_MS)
    },
    invariants: () => world.watch.results(),
    seal: () => sealWorld(world),
    environment: { world: 'virtual' },
    holdChaos: async () => {
      restingChaos = await nemesis?.rest()
    },
    rest: async () => {
      counted = await world.rest()
    },
    save: async (dir) => {
      if (!counted) throw new Error('a world is at rest before it is saved')
      await putDown(world, { counted, chaos: restingChaos }, dir)
      return { atMs: clock.nowMs() }
    },
    perform: (work) => drive(clock, work()),
    stop: async () => {
      if (stopped) return
      stopped = true
      await drive(clock, world.stop())
    },
  }
}

import { createRng, type EpochMs, HOUR_MS, MINUTE_MS, type Rng, SECOND_MS } from '@muster/shared/core'
import type { LinkConditions } from '@muster/shared/runtime'
import type { Chaos } from '@muster/shared/scenario'
import type { ChaosBegins } from '../runner/stage.ts'
import { everybody, type VirtualBreaker, type Which } from './virtual-breaker.ts'
import type { World } from './world.ts'
import { isControlConnection } from './world-control.ts'

/** Brings faults by chance over a world, one after another, each healed before the next. */
export interface Nemesis {
  /** No more faults; resolves when the last is healed. Answers whether there were any. */
  stop(): Promise<boolean>
  /** No more faults, and the one under way is held off at once. Answers what another one goes on from. */
  rest(): Promise<NemesisImage>
}

/** What was under way. */
export interface NemesisImage {
  readonly underWay?: UnderWay | undefined
}

interface UnderWay {
  readonly drawn: Drawn
  readonly fromMs: EpochMs
  readonly leftMs: number
}

/** A fault as chance has drawn it. */
type Drawn =
  | { readonly kind: Exclude<Kind, 'agent-partition' | 'bad-links'> }
  | { readonly kind: 'agent-partition'; readonly worker: string }
  | { readonly kind: 'bad-links'; readonly conditions: Required<LinkConditions> }
type Kind = Chaos['kinds'][number]

interface Fault {
  readonly text: string
  /** Answers what ends it. `again`: it has begun before, and goes on. */
  begin(again: boolean): Promise<() => Promise<void>>
}

const kinds = {
  'broker-outage': { forMs: [SECOND_MS, 10 * MINUTE_MS] },
  'broker-loses-store': { forMs: [SECOND_MS, MINUTE_MS] },
  'control-crash': { forMs: [0, 2 * MINUTE_MS] },
  'agent-partition': { forMs: [10 * SECOND_MS, HOUR_MS] },
  'control-partition': { forMs: [SECOND_MS, 10 * MINUTE_MS] },
  'bad-links': { forMs: [10 * MINUTE_MS, 3 * HOUR_MS] },
} as const satisfies Record<Chaos['kinds'][number], { forMs: readonly [number, number] }>

interface NemesisOptions {
  readonly seed: string
  readonly chaos: Chaos
  readonly before?: NemesisImage | undefined
  readonly begins: ChaosBegins
}

/** `before`: a nemesis that rested at the moment at which the world is; chance after it is named after that moment. */
export function startNemesis(
  world: World,
  breaker: VirtualBreaker,
  { seed, chaos, before, begins }: NemesisOptions,
): Nemesis {
  const { clock, chronicle } = world
  const chance = createRng(before ? `${seed}/nemesis/${clock.nowMs()}` : `${seed}/nemesis`)
  let struckOnce = false
  let stopped = false
  let resting = false
  let left: UnderWay | undefined
  let hurry = (): void => undefined

  /** Wait so long, or until the world rests; answers how much of it is left. */
  const waits = (ms: number): Promise<number> =>
    new Promise((resolve) => {
      if (resting) return resolve(ms)
      const untilMs = clock.nowMs() + ms
      const timer = clock.at(untilMs, () => resolve(0))
      hurry = () => {
        timer.cancel()
        resolve(Math.max(0, untilMs - clock.nowMs()))
      }
    })
  const happens = async (drawn: Drawn, lasts: () => number, fromMs: EpochMs, again: boolean): Promise<void> => {
    const fault = faultOf(drawn, world, breaker)
    chronicle.add(clock.nowMs(), `nemesis ${fault.text}`)
    const span = begins({ name: drawn.kind, kind: 'chaos', fromMs, text: fault.text }, again)
    struckOnce = true
    const heal = await fault.begin(again)
    const leftMs = await waits(lasts())
    await heal()
    chronicle.add(clock.nowMs(), 'nemesis heals')
    if (leftMs <= 0) return span.over()
    left = { drawn, fromMs, leftMs }
    span.leave()
  }
  const strike = async (turn: number): Promise<void> => {
    const own = chance.fork(String(turn))
    await waits(own.exponential(chaos.every))
    if (stopped) return
    const kind = own.pick(chaos.kinds)
    const [min, max] = kinds[kind].forMs
    const drawn = draw(kind, world.fleets.length, own)
    await happens(drawn, () => min + own.unit() ** 2 * (max - min), clock.nowMs(), false)
  }
  const struck = (async () => {
    const { drawn, leftMs, fromMs } = before?.underWay ?? {}
    if (drawn) await happens(drawn, () => leftMs ?? 0, fromMs ?? 0, true)
    for (let turn = 0; !stopped; turn++) await strike(turn)
  })()
  return {
    stop: async () => {
      stopped = true
      await struck
      return struckOnce
    },
    rest: async () => {
      stopped = true
      resting = true
      hurry()
      await struck
      return { underWay: left }
    },
  }
}

/** Where nobody brings faults over a world any more: the one that was under way when it rested ended then. */
export function endWith({ underWay }: NemesisImage, begins: ChaosBegins): void {
  if (!underWay) return
  const { drawn, fromMs } = underWay
  begins({ name: drawn.kind, kind: 'chaos', fromMs, text: textOf(drawn) }, true).over()
}

function draw(kind: Kind, workers: number, chance: Rng): Drawn {
  switch (kind) {
    case 'agent-partition':
      return { kind, worker: `worker-${chance.int(1, workers)}` }
    case 'bad-links': {
      const longest = chance.int(50, 3_000)
      const conditions = {
        delayMs: [1, longest] as const,
        loss: chance.unit() * 0.2,
        duplicate: chance.unit() * 0.1,
        reorder: chance.unit() * 0.1,
      }
      return { kind, conditions }
    }
    default:
      return { kind }
  }
}

function textOf(drawn: Drawn): string {
  switch (drawn.kind) {
    case 'broker-outage':
      return 'nobody reaches the broker'
    case 'broker-loses-store':
      return 'the broker loses its store'
    case 'agent-partition':
      return `${drawn.worker} does not reach the broker`
    case 'control-partition':
      return 'the control service does not reach the broker'
    case 'control-crash':
      return 'the control service dies'
    case 'bad-links': {
      const { delayMs, loss, duplicate, reorder } = drawn.conditions
      return `links of the workers: up to ${delayMs[1]} ms, ${percent(loss)} lost, ${percent(duplicate)} twice, ${percent(reorder)} overtaken`
    }
  }
}

function faultOf(drawn: Drawn, world: World, breaker: VirtualBreaker): Fault {
  const cut = (which: Which) => async (): Promise<() => Promise<void>> => {
    const heal = breaker.cut(which)
    return async () => heal()
  }
  const text = textOf(drawn)
  switch (drawn.kind) {
    case 'broker-outage':
      return { text, begin: cut(everybody) }
    case 'broker-loses-store':
      return {
        text,
        begin: async (again) => {
          const heal = breaker.cut(everybody)
          if (!again) world.broker.wipe()
          return async () => heal()
        },
      }
    case 'agent-partition': {
      const { worker } = drawn
      return { text, begin: cut((each) => each === worker) }
    }
    case 'control-partition':
      return { text, begin: cut(isControlConnection) }
    case 'control-crash':
      return { text, begin: () => breaker.crash() }
    case 'bad-links': {
      const { conditions } = drawn
      return {
        text,
        begin: async () => {
          const heal = breaker.worsen(conditions)
          return async () => heal()
        },
      }
    }
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

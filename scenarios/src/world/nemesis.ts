import { createRng, type EpochMs, HOUR_MS, MINUTE_MS, pause, type Rng, SECOND_MS } from '@muster/shared/core'
import type { Chaos, Span } from '@muster/shared/scenario'
import { everybody, type VirtualBreaker, type Which } from './virtual-breaker.ts'
import type { World } from './world.ts'
import { isControlConnection } from './world-control.ts'

/** Brings faults by chance over a world, one after another, each healed before the next. */
export interface Nemesis {
  /** No more faults; resolves when the last is healed. Answers what there was. */
  stop(): Promise<readonly Span[]>
}

interface Fault {
  readonly text: string
  /** Answers what ends it. */
  begin(): Promise<() => Promise<void>>
}

const kinds = {
  'broker-outage': { forMs: [SECOND_MS, 10 * MINUTE_MS] },
  'broker-loses-store': { forMs: [SECOND_MS, MINUTE_MS] },
  'control-crash': { forMs: [0, 2 * MINUTE_MS] },
  'agent-partition': { forMs: [10 * SECOND_MS, HOUR_MS] },
  'control-partition': { forMs: [SECOND_MS, 10 * MINUTE_MS] },
  'bad-links': { forMs: [10 * MINUTE_MS, 3 * HOUR_MS] },
} as const satisfies Record<Chaos['kinds'][number], { forMs: readonly [number, number] }>

export function startNemesis(
  world: World,
  breaker: VirtualBreaker,
  { seed, chaos }: { seed: string; chaos: Chaos },
): Nemesis {
  const { clock, chronicle } = world
  const chance = createRng(`${seed}/nemesis`)
  const spans: Span[] = []
  let stopped = false

  const strike = async (turn: number): Promise<void> => {
    const own = chance.fork(String(turn))
    await pause(clock, own.exponential(chaos.every))
    if (stopped) return
    const kind = own.pick(chaos.kinds)
    const [min, max] = kinds[kind].forMs
    const fault = faultOf(kind, world, breaker, own)
    const fromMs = clock.nowMs()
    chronicle.add(fromMs, `nemesis ${fault.text}`)
    const heal = await fault.begin()
    await pause(clock, min + own.unit() ** 2 * (max - min))
    await heal()
    chronicle.add(clock.nowMs(), 'nemesis heals')
    spans.push(spanOf(kind, fault.text, fromMs, clock.nowMs()))
  }
  const struck = (async () => {
    for (let turn = 0; !stopped; turn++) await strike(turn)
  })()
  return {
    stop: async () => {
      stopped = true
      await struck
      return spans
    },
  }
}

const spanOf = (kind: string, text: string, fromMs: EpochMs, toMs: EpochMs): Span => ({
  name: kind,
  kind: kind.split('-')[0] ?? kind,
  fromMs,
  toMs,
  text,
})

function faultOf(kind: Chaos['kinds'][number], world: World, breaker: VirtualBreaker, chance: Rng): Fault {
  const cut = (text: string, which: Which): Fault => ({
    text,
    begin: async () => {
      const heal = breaker.cut(which)
      return async () => heal()
    },
  })
  switch (kind) {
    case 'broker-outage':
      return cut('nobody reaches the broker', everybody)
    case 'broker-loses-store':
      return {
        text: 'the broker loses its store',
        begin: async () => {
          const heal = breaker.cut(everybody)
          world.broker.wipe()
          return async () => heal()
        },
      }
    case 'agent-partition': {
      const name = `worker-${chance.int(1, world.fleets.length)}`
      return cut(`${name} does not reach the broker`, (each) => each === name)
    }
    case 'control-partition':
      return cut('the control service does not reach the broker', isControlConnection)
    case 'control-crash':
      return { text: 'the control service dies', begin: () => breaker.crash() }
    case 'bad-links': {
      const longest = chance.int(50, 3_000)
      const conditions = {
        delayMs: [1, longest] as const,
        loss: chance.unit() * 0.2,
        duplicate: chance.unit() * 0.1,
        reorder: chance.unit() * 0.1,
      }
      return {
        text: `links of the workers: up to ${longest} ms, ${percent(conditions.loss)} lost, ${percent(conditions.duplicate)} twice, ${percent(conditions.reorder)} overtaken`,
        begin: async () => {
          const heal = breaker.worsen(conditions)
          return async () => heal()
        },
      }
    }
  }
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

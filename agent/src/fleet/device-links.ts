import type { Report } from '@muster/shared/contracts'
import { type Clock, createRng, MINUTE_MS, type Rng, SECOND_MS } from '@muster/shared/core'
import type { Slot } from './slots.ts'

/** Simulated time after which a device gives up waiting for an answer. */
export const ANSWER_WITHIN_MS = 30 * SECOND_MS
/** Pause before a lost report is sent again, doubling, simulated milliseconds. */
const REPEAT_MIN_MS = 5 * SECOND_MS
const REPEAT_MAX_MS = 5 * MINUTE_MS

/**
 * The way between each device and its agent: what is on it is late, lost or doubled as the device's temperament and the
 * faults of the scenario say, by the device's own stream of chance. A device without either has none.
 */
export interface DeviceLinks {
  /** A request goes out. A copy of it may pass as well; nobody waits for the copy's answer. */
  request(slot: Slot, pass: (copy: boolean) => void, lost: () => void): void
  /** The answer comes back, or the device gives up waiting for it. */
  answer(slot: Slot, arrive: () => void, lost: () => void): void
  /** Something that nobody waits for comes in: once, twice, or not at all. */
  notice(slot: Slot, arrive: () => void): void
  /** Reports of a device go out in order, each until it has passed. */
  report(slot: Slot, report: Report, pass: () => void): void
  /** Messages that are on their way, or waited for in vain. */
  readonly underWay: number
}

interface Waiting {
  readonly report: Report
  readonly pass: () => void
}

interface Way {
  readonly chance: Rng
  /** Reports on the way, oldest first. */
  readonly reports: Waiting[]
}

/** One message's fate. */
interface Fate {
  readonly lost: boolean
  readonly twice: boolean
  readonly delayMs: number
}

export function createDeviceLinks(clock: Clock, later: (atMs: number, run: () => void) => void): DeviceLinks {
  const ways = new WeakMap<Slot, Way>()
  const wayOf = (slot: Slot): Way => {
    const known = ways.get(slot)
    if (known) return known
    const way = { chance: createRng(`${slot.state.seed}/link/${slot.state.key}`), reports: [] }
    ways.set(slot, way)
    return way
  }
  let underWay = 0
  const after = (ms: number, run: () => void): void => {
    underWay++
    later(clock.nowMs() + Math.round(ms), () => {
      underWay--
      run()
    })
  }
  const fateOf = (slot: Slot): Fate | undefined => (isSound(slot) ? undefined : draw(slot, wayOf(slot).chance))

  const carry = (slot: Slot, arrive: () => void, lost: () => void): Fate | undefined => {
    const fate = fateOf(slot)
    if (!fate) arrive()
    else if (fate.lost || fate.delayMs >= ANSWER_WITHIN_MS) after(ANSWER_WITHIN_MS, lost)
    else after(fate.delayMs, arrive)
    return fate
  }

  const attempt = (slot: Slot, way: Way, failures: number): void => {
    const first = way.reports[0]
    if (!first) return
    // Who is out of reach asks when it is back what has arrived, and sends the rest again.
    if (!slot.state.online || slot.state.phase === 'left') {
      way.reports.length = 0
      return
    }
    const { lost, twice, delayMs } = fateOf(slot) ?? { lost: false, twice: false, delayMs: 0 }
    if (lost) {
      after(Math.min(REPEAT_MAX_MS, REPEAT_MIN_MS * 2 ** Math.min(failures, 16)), () =>
        attempt(slot, way, failures + 1),
      )
      return
    }
    after(delayMs, () => {
      first.pass()
      if (twice) first.pass()
      way.reports.shift()
      attempt(slot, way, 0)
    })
  }

  return {
    get underWay() {
      return underWay
    },
    request: (slot, pass, lost) => {
      const fate = carry(slot, () => pass(false), lost)
      if (fate?.twice && !fate.lost) after(fate.delayMs, () => pass(true))
    },
    answer: (slot, arrive, lost) => {
      carry(slot, arrive, lost)
    },
    notice: (slot, arrive) => {
      const fate = carry(slot, arrive, () => undefined)
      if (fate?.twice && !fate.lost) after(fate.delayMs, arrive)
    },
    report: (slot, report, pass) => {
      const way = ways.get(slot)
      if (isSound(slot) && (way?.reports.length ?? 0) === 0) {
        pass()
        return
      }
      const { reports } = wayOf(slot)
      if (reports.some((waiting) => waiting.report.seq === report.seq)) return
      reports.push({ report, pass })
      if (reports.length === 1) attempt(slot, wayOf(slot), 0)
    },
  }
}

const isSound = ({ state }: Slot): boolean => !state.temperament.link && !state.faults?.link

function draw({ state }: Slot, chance: Rng): Fate {
  const { link: own } = state.temperament
  const { link: fault } = state.faults ?? {}
  const either = (one = 0, other = 0): number => 1 - (1 - one) * (1 - other)
  const ownMs = own?.latency ? chance.lognormal(own.latency.p50Ms, own.latency.p99Ms) : 0
  const { minMs, maxMs } = fault?.latency ?? { minMs: 0, maxMs: 0 }
  return {
    lost: chance.chance(either(own?.loss, fault?.loss)),
    twice: chance.chance(either(own?.duplicate, fault?.duplicate)),
    delayMs: ownMs + minMs + chance.unit() * (maxMs - minMs),
  }
}

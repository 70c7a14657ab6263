import { type Clock, createRng, type EpochMs, type Rng } from '@muster/shared/core'

/** How messages fare on the way between one connection and the broker. */
export interface LinkConditions {
  /** Shortest and longest time on the way, milliseconds; each message draws its own. @default 0, 0 */
  readonly delayMs?: readonly [min: number, max: number]
  /** Share of messages that are lost. @default 0 */
  readonly loss?: number
  /** Share of messages that arrive twice. @default 0 */
  readonly duplicate?: number
  /** Share of messages that later ones may overtake. @default 0 */
  readonly reorder?: number
}

/** A connection's end of the network. */
export interface Link {
  readonly name: string
  conditions: LinkConditions
  /** Cut from the broker. */
  cut: boolean
  /** What has arrived at an end that does not move, in order; `undefined` while it does. */
  held: (() => void)[] | undefined
  readonly chance: Rng
  /** When the last message in order arrives, per direction: what is sent later arrives no earlier. */
  readonly arrivesMs: { in: EpochMs; out: EpochMs }
}

/** What the network has done to messages, for the report. */
export interface NetworkCounts {
  carried: number
  lost: number
  duplicated: number
}

/** Carries messages in seeded delay, loss, duplication and reordering. Each link draws from a stream of chance of its own. */
export interface MemoryNetwork {
  link(name: string): Link
  /** Let `arrive` happen when a message has passed the link; twice, or never, if chance says so. */
  carry(link: Link, direction: 'in' | 'out', arrive: () => void): void
  /** From now on nothing gets through the link, and nothing is lost; until it is released, and all of it does. */
  hold(link: Link): void
  release(link: Link): void
  readonly counts: NetworkCounts
  /** Messages that have set out and not arrived. */
  readonly underWay: number
}

/** How much later than drawn a message comes that others may overtake, at the most. */
const OVERTAKEN_MS = 1_000

export function createMemoryNetwork(clock: Clock, seed: string): MemoryNetwork {
  const counts: NetworkCounts = { carried: 0, lost: 0, duplicated: 0 }
  let underWay = 0

  const schedule = (link: Link, direction: 'in' | 'out', deliver: () => void): void => {
    underWay++
    const through = (): void => {
      underWay--
      deliver()
    }
    const arrive = (): void => {
      if (link.held) link.held.push(through)
      else through()
    }
    const { delayMs: [min, max] = [0, 0], reorder = 0 } = link.conditions
    const nowMs = clock.nowMs()
    const overtaken = reorder > 0 && link.chance.chance(reorder)
    const drawn = nowMs + (max === 0 ? 0 : min + link.chance.unit() * (max - min))
    if (overtaken) {
      clock.at(drawn + link.chance.unit() * OVERTAKEN_MS, arrive)
      return
    }
    const atMs = Math.max(drawn, link.arrivesMs[direction])
    link.arrivesMs[direction] = atMs
    if (atMs <= nowMs) clock.soon(arrive)
    else clock.at(atMs, arrive)
  }

  return {
    counts,
    get underWay() {
      return underWay
    },
    link: (name) => ({
      name,
      conditions: {},
      cut: false,
      held: undefined,
      chance: createRng(`${seed}/network/${name}`),
      arrivesMs: { in: 0, out: 0 },
    }),
    hold: (link) => {
      link.held ??= []
    },
    release: (link) => {
      const { held } = link
      link.held = undefined
      for (const through of held ?? []) clock.soon(through)
    },
    carry: (link, direction, arrive) => {
      const { loss = 0, duplicate = 0 } = link.conditions
      counts.carried++
      if (loss > 0 && link.chance.chance(loss)) {
        counts.lost++
        return
      }
      schedule(link, direction, arrive)
      if (duplicate > 0 && link.chance.chance(duplicate)) {
        counts.duplicated++
        schedule(link, direction, arrive)
      }
    },
  }
}

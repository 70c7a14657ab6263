import { pause, SECOND_MS } from '@muster/shared/core'
import type { LinkConditions } from '@muster/shared/runtime'
import { formatDuration } from '@muster/shared/scenario'
import { overlap } from '../runner/overlap.ts'
import type { Breaker, FaultTable } from '../runner/stage.ts'
import type { World } from './world.ts'
import { isControlConnection } from './world-control.ts'

export type Which = (name: string) => boolean

export const everybody: Which = () => true
const isWorkerConnection: Which = (name) => !isControlConnection(name)

/** What breaks a world's parts, and mends them when no fault wants them broken any more. */
export interface VirtualBreaker extends Breaker {
  readonly faults: FaultTable
  /** Cut these connections from the broker. */
  cut(which: Which): () => void
  /** The control service dies, and starts again when this is over. */
  crash(): Promise<() => Promise<void>>
  /** Put these conditions on the links of the workers. */
  worsen(conditions: LinkConditions): () => void
}

export function virtualBreaker(
  { broker, control, chronicle, clock }: World,
  onEvent: (what: string, text: string) => void,
): VirtualBreaker {
  const tell = (what: string, text: string): void => {
    chronicle.add(clock.nowMs(), `fault ${what}`)
    onEvent(what, text)
  }
  const cut = sides((online, which) => broker.setOnline(online, which))
  const hold = sides((moving, which) => broker.setHeld(!moving, which))
  const down = overlap<'killed' | 'asked to end'>(
    async (how) => {
      if (how === 'killed') await control.killBetweenCalls()
      else await control.stop()
      tell('control.down', `the control service was ${how}`)
    },
    async () => {
      // It finds nobody to speak to before the broker can be reached.
      while (cut.concerns(isControlConnection) || hold.concerns(isControlConnection)) await pause(clock, SECOND_MS)
      await control.start()
      tell('control.up', 'the control service serves again')
    },
  )
  let release = (): void => undefined
  const hang = overlap(
    async () => {
      control.pause()
      release = hold.begin(isControlConnection)
    },
    async () => {
      release()
      control.resume()
    },
  )
  const links = conditionsOf((conditions) => broker.setConditions(conditions, isWorkerConnection))
  const killBroker = async (): Promise<() => Promise<void>> => {
    const mend = cut.begin(everybody)
    const fromMs = clock.nowMs()
    tell('broker.down', 'the broker has ended')
    return async () => {
      mend()
      tell('broker.up', `the broker serves again after ${formatDuration(clock.nowMs() - fromMs)}`)
      await pause(clock, SECOND_MS)
    }
  }
  return {
    cut: cut.begin,
    crash: () => down('killed'),
    worsen: links.begin,
    killBroker: async (downMs) => {
      const mend = await killBroker()
      await pause(clock, downMs)
      await mend()
    },
    killControl: async () => (await down('killed'))(),
    faults: {
      'broker.kill': killBroker,
      'broker.pause': async () => {
        const mend = hold.begin(everybody)
        return async () => mend()
      },
      'broker.partition': async ({ target }) => {
        const mend = cut.begin(target === 'workers' ? isWorkerConnection : isControlConnection)
        return async () => mend()
      },
      'control.pause': () => hang(),
      'control.crash': () => down('killed'),
      'control.restart': () => down('asked to end'),
      link: async ({ latency, loss, duplicate, reorder }) => {
        const delayMs = latency ? { delayMs: [latency.min, latency.max] as const } : {}
        const mend = links.begin({ ...delayMs, loss, duplicate, reorder })
        return async () => mend()
      },
    },
  }
}

/** Connections that faults want apart; those that another still wants stay so when one is over. */
function sides(set: (well: boolean, which: Which) => void): {
  begin(which: Which): () => void
  concerns(which: Which): boolean
} {
  const active = new Set<{ which: Which }>()
  return {
    begin: (which) => {
      const one = { which }
      active.add(one)
      set(false, which)
      return () => {
        if (!active.delete(one)) return
        set(true, (name) => which(name) && ![...active].some((other) => other.which(name)))
      }
    },
    concerns: (which) => [...active].some((one) => one.which === everybody || one.which === which),
  }
}

/** The conditions of the fault that began last, of those that are not over. */
function conditionsOf(set: (conditions: LinkConditions) => void): { begin(conditions: LinkConditions): () => void } {
  const active = new Set<LinkConditions>()
  return {
    begin: (conditions) => {
      active.add(conditions)
      set(conditions)
      return () => {
        active.delete(conditions)
        set([...active].at(-1) ?? {})
      }
    },
  }
}

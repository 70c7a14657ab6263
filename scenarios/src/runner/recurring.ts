import { DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { formatDuration, type ScenarioPhase } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { openSpan } from './fault-span.ts'
import { passes, type Waiting } from './passes.ts'
import { selectorOf } from './steps.ts'

/** What goes on beside the steps of a phase. */
export interface Recurring {
  /** The phase is over: what is under way ends. What failed is thrown. */
  stop(): Promise<void>
}

/** Begin the drift and the waves of a phase. */
export function startRecurring(context: RunContext, phase: ScenarioPhase): Recurring {
  const ending = new AbortController()
  const waiting: Waiting = { stage: context.stage, signal: AbortSignal.any([context.signal, ending.signal]) }
  const failures: unknown[] = []
  const all = [
    ...phase.drift.map((drift, index) => driftOn(context, waiting, phase, { ...drift, index })),
    ...phase.offline.map((offline, index) => waves(context, waiting, phase, { ...offline, index })),
  ].map((each) => each.catch((error: unknown) => void failures.push(error)))
  return {
    stop: async () => {
      ending.abort()
      await Promise.all(all)
      if (failures.length > 0 && !context.signal.aborted) throw failures[0]
    },
  }
}

/** An order is for about this share of the devices, as long as it is for neither too short nor too long a time. */
const TICK_SHARE = 0.05
const TICK_MIN_MS = 10 * MINUTE_MS
const TICK_MAX_MS = 6 * HOUR_MS

type DriftRate = ScenarioPhase['drift'][number] & { readonly index: number }

/** Each device drifts by chance at the rate; told stretch by stretch, and within one spread over all of it. */
async function driftOn(context: RunContext, waiting: Waiting, phase: ScenarioPhase, drift: DriftRate): Promise<void> {
  const { rate, posture, osVersion, selfHeal, healAfter, index } = drift
  const { share: _, ...whom } = selectorOf(context, { in: drift.in, share: 1, salt: '' })
  const tickMs = Math.min(TICK_MAX_MS, Math.max(TICK_MIN_MS, TICK_SHARE / rate))
  const endMs = endOf(context, phase)
  let drifted = 0
  for (let tick = 1; context.nowMs() < endMs; tick++) {
    const spreadMs = Math.round(Math.min(tickMs, endMs - context.nowMs()))
    const share = Math.min(1, rate * spreadMs)
    const what = {
      order: 'drift',
      selector: { ...whom, share, salt: `${phase.name}/drift-${index}/${tick}` },
      ...{ posture, osVersion, spreadMs, heals: selfHeal, healAfterMs: healAfter },
    }
    drifted += ((await context.client.call('POST', '/_muster/orders', what)) as { devices: number }).devices
    if (!(await passes(waiting, spreadMs))) break
  }
  const daily = Number((rate * DAY_MS * 100).toFixed(2))
  context.note('world', `${drifted} times a device of ${drift.in ?? 'all'} drifted, at ${daily} % a day`)
}

/** When a phase that has just begun ends; nobody knows of one with a condition. */
const endOf = ({ nowMs }: RunContext, { duration }: ScenarioPhase): number =>
  duration === undefined ? Number.POSITIVE_INFINITY : nowMs() + duration

type Waves = ScenarioPhase['offline'][number] & { readonly index: number }

async function waves(context: RunContext, waiting: Waiting, phase: ScenarioPhase, offline: Waves): Promise<void> {
  const { wave, index } = offline
  const name = offline.in ?? 'all'
  const endMs = endOf(context, phase)
  let atMs = context.nowMs() + wave.first
  for (let number = 1; atMs < endMs && (await passes(waiting, atMs - context.nowMs())); number++) {
    const fromMs = context.nowMs()
    const salt = offline.salt === '' ? `${phase.name}/wave-${index}/${number}` : offline.salt
    const selector = selectorOf(context, { ...offline, salt })
    // The same salt gives each device the same moment within the jitter: each is away for as long as the others.
    const order = async (online: boolean): Promise<number> => {
      const what = { order: 'presence', selector, online, spreadMs: wave.jitter }
      return ((await context.client.call('POST', '/_muster/orders', what)) as { devices: number }).devices
    }
    const devices = await order(false)
    context.note('world', `${devices} devices of ${name} go offline for ${formatDuration(wave.for)}`)
    const text = `${devices} devices of ${name} offline, wave ${number} of ${phase.name}`
    const span = openSpan(context, { name: `wave ${name}`, kind: 'offline', fromMs, text })
    await passes(waiting, wave.for)
    await order(true)
    span.over()
    atMs = Math.max(atMs + wave.every, context.nowMs())
  }
}

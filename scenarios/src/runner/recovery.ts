import type { HistoryEntry, Stats } from '@muster/shared/contracts'
import { type RunContext, sentHistory, sleep } from './context.ts'
import type { OpenFault } from './fault-timeline.ts'
import { committedHistory } from './history.ts'

/** Recoveries that are being watched, by run. */
const watched = new WeakMap<RunContext, Promise<void>[]>()

/** All recoveries of a run that are being watched have been measured. */
export const recovered = async (context: RunContext): Promise<void> => {
  await Promise.all(watched.get(context) ?? [])
}

/**
 * Get ready to measure how long it takes to get over a fault, where a threshold asks for it. The time begins when the fault
 * is mended. It ends when the service answers and is connected to the broker, as many workers are heard from as before, and
 * every report is committed that a device in reach had made when the service answered again. Who goes out of reach
 * meanwhile is not waited for.
 */
export function prepareRecovery(
  context: RunContext,
  fault: OpenFault,
  workers = aliveIn(context.observer.latest),
): { readonly workers: number; begin(): void } {
  const { thresholds, outputs } = context.scenario
  const asked =
    thresholds.some(({ metric, where }) => metric === 'recovery.time' && isOfFault(fault, where.fault)) ||
    Object.keys(outputs.baseline?.regress ?? {}).some((key) => key.startsWith('recovery.time'))
  return {
    workers,
    begin: () => {
      if (!asked) return
      const fromMs = context.nowMs()
      const all = watched.get(context) ?? []
      watched.set(context, all)
      all.push(measure(context, fault, workers, fromMs))
    },
  }
}

/** What steps are called in a fault's place. */
const kindsOfSteps: Readonly<Record<string, string>> = { killBroker: 'broker', killControl: 'control' }

export const isOfFault = ({ name, kind }: Pick<OpenFault, 'name' | 'kind'>, wanted: string | undefined): boolean =>
  wanted === undefined || wanted === name || wanted === kind || kindsOfSteps[wanted] === kind

const aliveIn = (stats: Stats | undefined): number => stats?.workers.filter(({ alive }) => alive).length ?? 0

async function measure(context: RunContext, fault: OpenFault, workers: number, fromMs: number): Promise<void> {
  const { stage, scenario, measuring, nowMs } = context
  const speed = stage.mode === 'live' ? scenario.clock.speed : 1
  const patienceMs = stage.patienceMs('reports')
  let waiting: Outstanding | undefined
  try {
    for (;;) {
      waiting = await outstandingAfter(context, workers, waiting)
      const waitedMs = nowMs() - fromMs
      if (waiting?.size === 0 || waitedMs >= patienceMs) {
        const text = waiting?.size === 0 ? 'was got over' : 'was not got over'
        context.note('fault', `${fault.name} ${text} in ${Math.round(waitedMs / speed)} ms`)
        measuring.recoveries.push({
          fromMs,
          atMs: nowMs(),
          value: waitedMs / speed,
          fault: fault.name,
          kind: fault.kind,
        })
        return
      }
      await sleep(context, stage.lookAgainMs(waitedMs))
    }
  } catch (error) {
    if (!context.signal.aborted) throw error
  }
}

/** Devices in reach whose reports are not committed: id → last report that they had made. */
type Outstanding = ReadonlyMap<string, number>

/** What is still outstanding; `undefined` while the service does not answer, or misses the broker or workers. */
async function outstandingAfter(
  { stage: { client } }: RunContext,
  workers: number,
  before: Outstanding | undefined,
): Promise<Outstanding | undefined> {
  try {
    const stats = (await client.call('GET', '/_muster/stats')) as Stats
    if (!stats.busConnected || aliveIn(stats) < workers) return before
    const sent = (await sentHistory(client)).filter(({ online }) => online === true)
    const wanted = before ? stillThere(before, sent) : lastReports(sent)
    return await withoutCommitted(client, wanted)
  } catch {
    return before
  }
}

const lastReports = (sent: readonly HistoryEntry[]): Outstanding =>
  new Map(sent.flatMap(({ deviceId, lastSeq }) => (deviceId === undefined ? [] : [[deviceId, lastSeq]])))

function stillThere(before: Outstanding, sent: readonly HistoryEntry[]): Outstanding {
  const there = new Set(sent.map(({ deviceId }) => deviceId))
  return new Map([...before].filter(([id]) => there.has(id)))
}

async function withoutCommitted(client: RunContext['client'], wanted: Outstanding): Promise<Outstanding> {
  const left = new Map(wanted)
  for (const { deviceId, lastSeq } of await committedHistory(client))
    if (lastSeq >= (left.get(deviceId) ?? Number.POSITIVE_INFINITY)) left.delete(deviceId)
  return left
}

import type { AppliedPage, PolicyLatencies, ReportLatencyPage } from '@muster/shared/contracts'
import {
  countedOnce,
  type Measured,
  type Measurement,
  type MetricName,
  measuredOf,
  type Requirement,
  type Threshold,
} from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'
import { partOf, type RunContext, sentHistory } from './context.ts'
import { committedHistory } from './history.ts'
import { isOfRoute } from './measuring.ts'
import { isOfFault } from './recovery.ts'

/** What is known when a run is judged. */
export interface Known {
  readonly runWallMs: number
  /** Reports that are lost; absent while the run goes on. */
  readonly lost?: number
  /** What was asked for already, for this judgement. */
  readonly cache: Map<string, Promise<readonly Measurement[]>>
}

type Where = Threshold['where']

/** Everything that was measured of a metric until now, narrowed down. */
export function measurementsOf(
  context: RunContext,
  metric: MetricName,
  where: Where,
  known: Known,
  statistic: Requirement['statistic'] = 'max',
): Promise<readonly Measurement[]> {
  const key = JSON.stringify([metric, where, statistic === 'count'])
  const there = known.cache.get(key) ?? measure(context, metric, where, known, statistic)
  known.cache.set(key, there)
  return there
}

async function measure(
  context: RunContext,
  metric: MetricName,
  where: Where,
  known: Known,
  statistic: Requirement['statistic'],
): Promise<readonly Measurement[]> {
  const { measuring, startedMs, nowMs } = context
  switch (metric) {
    case 'run.wall':
      return [{ fromMs: startedMs, atMs: nowMs(), value: known.runWallMs }]
    case 'report.ack_latency':
      return reportLatencies(context, where)
    case 'report.lost':
      return Array.from({ length: known.lost ?? (await lostSoFar(context)) }, () => ({
        fromMs: nowMs(),
        atMs: nowMs(),
        value: 1,
      }))
    case 'checkin.duration':
      return measuring.checkIns
    case 'simulator.lag':
      return measuring.lags
    case 'cert.expired_in_use':
      return statistic === 'count' ? [...measuring.expiredFirst.values()] : measuring.expiredLooks
    case 'recovery.time':
      return measuring.recoveries.filter(({ fault, kind }) => isOfFault({ name: fault, kind }, where.fault))
    case 'graph.request':
      return measuring.graphRequests.filter(({ route }) => where.route === undefined || isOfRoute(route, where.route))
    case 'enrol.duration':
      return enrolments(context, where, known)
    default:
      return policyLatencies(context, metric, where)
  }
}

/** Statistics of measurements of a metric. */
export const statisticsOf = (metric: MetricName, measurements: readonly Measurement[]): Measured =>
  metric === 'report.lost' ? countedOnce(measurements.length) : measuredOf(measurements)

/** Ids of the devices of a part of the population or a platform; `undefined`: of all. */
async function devicesIn({ scenario, client }: RunContext, part: string | undefined) {
  if (part === undefined) return undefined
  const isPart = partFilter(scenario.population.mix, part)
  return new Set(
    (await sentHistory(client)).filter(({ deviceKey }) => isPart(deviceKey)).map(({ deviceId }) => deviceId),
  )
}

function partFilter(
  mix: RunContext['scenario']['population']['mix'],
  part: string | undefined,
): (deviceKey: string) => boolean {
  const parts = new Set(
    mix
      .filter(({ name, platform }) => part === undefined || name === part || platform === part)
      .map(({ name }) => name),
  )
  return (deviceKey) => parts.has(partOf(deviceKey))
}

/** As they pass for the processes: wall time in a live run. */
const speedOf = ({ stage, scenario }: RunContext): number => (stage.mode === 'live' ? scenario.clock.speed : 1)

async function reportLatencies(context: RunContext, where: Where): Promise<readonly Measurement[]> {
  const devices = await devicesIn(context, where.in)
  const speed = speedOf(context)
  const all: Measurement[] = []
  for (let after: string | undefined = ''; after !== undefined; ) {
    const path = `/_muster/reports/latencies?after=${encodeURIComponent(after)}`
    const page = (await context.client.call('GET', path)) as ReportLatencyPage
    for (const { deviceId, observedAtMs, committedAtMs } of page.entries)
      if (!devices || devices.has(deviceId))
        all.push({
          fromMs: observedAtMs,
          atMs: committedAtMs,
          value: Math.max(0, committedAtMs - observedAtMs) / speed,
        })
    after = page.next
  }
  return all
}

/** Reports that a device was told are committed, and that are not: lost for good, whatever comes. */
async function lostSoFar({ client }: RunContext): Promise<number> {
  const sent = await sentHistory(client)
  const committed = new Map((await committedHistory(client)).map(({ deviceId, lastSeq }) => [deviceId, lastSeq]))
  return sent.reduce((sum, { deviceId, ackedSeq }) => {
    const last = committed.get(deviceId ?? '')
    return last === undefined ? sum : sum + Math.max(0, ackedSeq - last)
  }, 0)
}

/** From the first try until the device is managed; who was refused, or is not in when the run is judged, has failed. */
async function enrolments(
  { client, scenario }: RunContext,
  where: Where,
  known: Known,
): Promise<readonly Measurement[]> {
  const isIn = partFilter(scenario.population.mix, where.in)
  const over = known.lost !== undefined
  return (await sentHistory(client)).flatMap(({ deviceKey, phase, enrolment }): Measurement[] => {
    if (!enrolment || !isIn(deviceKey)) return []
    const { beganAtMs: fromMs, endedAtMs } = enrolment
    if (endedAtMs !== undefined) return [{ fromMs, atMs: endedAtMs, value: endedAtMs - fromMs }]
    if (phase !== 'refused' && !over) return []
    return [{ fromMs, atMs: fromMs, value: 0, failed: true }]
  })
}

async function policyLatencies(
  context: RunContext,
  metric: 'policy.time_to_applied' | 'policy.time_to_committed',
  where: Where,
): Promise<readonly Measurement[]> {
  const { policyIds, client, rollouts } = context
  const devices = await devicesIn(context, where.in)
  const members =
    where.ring === undefined ? undefined : rollouts.get(where.policy ?? '')?.rings.get(where.ring)?.members
  if (where.ring !== undefined && !members) return []
  const all: Measurement[] = []
  for (const id of where.policy === undefined ? policyIds.values() : [policyIds.get(where.policy) ?? '']) {
    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = (await client.call('GET', `/_muster/policies/${id}/applied?after=${after}`)) as AppliedPage
      for (const { deviceId, targetedAtMs: fromMs, appliedAtMs, committedAtMs } of page.entries) {
        if ((devices && !devices.has(deviceId)) || (members && !members.has(deviceId))) continue
        const atMs = metric === 'policy.time_to_applied' ? appliedAtMs : committedAtMs
        all.push({ fromMs, atMs, value: atMs - fromMs })
      }
      after = page.next
    }
  }
  return all
}

export const latencies = async (client: MusterClient, policyId: string): Promise<PolicyLatencies> =>
  (await client.call('GET', `/_muster/policies/${policyId}/latencies`)) as PolicyLatencies

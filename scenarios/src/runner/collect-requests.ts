import { type GraphRouteResult, measuredOf, type RolloutResult } from '@muster/shared/scenario'
import { listAll } from '../client/graph.ts'
import type { Rollout, RunContext } from './context.ts'
import { measurementsOf } from './measurements.ts'
import { policyOf } from './steps.ts'
import { policyPath } from './tenant.ts'

/** Points of a ring's curve, at the most. */
const POINTS_MAX = 60

/** How each rollout went, ring by ring. */
export async function collectRollouts(context: RunContext): Promise<readonly RolloutResult[]> {
  const known = { runWallMs: 0, cache: new Map() }
  const results: RolloutResult[] = []
  for (const [policy, { state, rings }] of context.rollouts) {
    const statuses = await listAll(
      context.client,
      `${policyPath(context, policyOf(context, policy))}/deviceStatuses?$top=1000&$select=deviceId,status`,
    )
    const told: RolloutResult['rings'][number][] = []
    for (const [name, ring] of rings) {
      const applied = await measurementsOf(context, 'policy.time_to_applied', { policy, ring: name }, known)
      const { p50, p95 } = measuredOf(applied)
      told.push({
        name,
        ...{ state: ring.state, fromMs: ring.fromMs, targeted: ring.members.size, applied: applied.length, p50, p95 },
        states: statesOf(statuses, ring),
        curve: curveOf(applied.map(({ atMs }) => atMs)),
      })
    }
    results.push({ policy, state, rings: told })
  }
  return results
}

type Ring = Rollout['rings'] extends ReadonlyMap<string, infer R> ? R : never

function statesOf(
  statuses: readonly Readonly<Record<string, unknown>>[],
  { members }: Ring,
): Readonly<Record<string, number>> {
  const states: Record<string, number> = {}
  for (const { deviceId, status } of statuses)
    if (members.has(String(deviceId))) states[String(status)] = (states[String(status)] ?? 0) + 1
  return states
}

/** How many there were by each moment; of many moments some, the last one always. */
function curveOf(momentsMs: readonly number[]): readonly (readonly [atMs: number, devices: number])[] {
  const sorted = momentsMs.toSorted((a, b) => a - b)
  const every = Math.max(1, Math.ceil(sorted.length / POINTS_MAX))
  return sorted.flatMap((atMs, index): [number, number][] =>
    index % every === 0 || index === sorted.length - 1 ? [[atMs, index + 1]] : [],
  )
}

/** Requests to Graph by route, the most frequent first. */
export function collectGraphRoutes({ measuring, stage }: RunContext): readonly GraphRouteResult[] {
  const byRoute = Map.groupBy(measuring.graphRequests, ({ route }) => route)
  return [...byRoute]
    .map(([route, requests]): GraphRouteResult => {
      const { count, failed, p50, p95, p99, max } = measuredOf(requests)
      // How long a request takes is a matter of the machine.
      const tookMs = stage.mode === 'live' && count > 0 ? { count, p50, p95, p99, max } : undefined
      return { route, count: count + failed, failed, ...(tookMs ? { tookMs } : {}) }
    })
    .sort((a, b) => b.count - a.count || (a.route < b.route ? -1 : 1))
}

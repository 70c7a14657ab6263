import type { CommittedEntry, CommittedPage, PolicyLatencies, Quantiles } from '@muster/shared/contracts'
import { pause } from '@muster/shared/core'
import {
  type ConditionContext,
  checkHistory,
  compileCondition,
  type ExpectationResult,
  type HistoryVerdict,
  measuredText,
  meets,
  parseRequirement,
  type Scenario,
} from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'
import { type RunContext, sentHistory, sleep } from './context.ts'
import { worldNow } from './phases.ts'
import type { Stage } from './stage.ts'
import { valuesIn } from './values-in.ts'

/** Evaluate assertions that are due at a moment: `end`, or `end(<phase>)`. */
export async function checkAssertions(context: RunContext, at: string): Promise<readonly ExpectationResult[]> {
  const results: ExpectationResult[] = []
  for (const assertion of context.scenario.assertions) {
    if (assertion.at === at) results.push(await checkAssertion(context, assertion))
  }
  return results
}

async function checkAssertion(
  context: RunContext,
  { name, expr, within }: Scenario['assertions'][number],
): Promise<ExpectationResult> {
  const compiled = compileCondition(expr)
  if (!compiled.ok) throw new Error(compiled.message)
  const sinceMs = context.nowMs()
  for (;;) {
    const world = await worldIfThere(context)
    const ok = world !== undefined && compiled.expression.evaluate(world)
    const waitedMs = context.nowMs() - sinceMs
    if (ok || waitedMs >= within)
      return { name, ok, expected: expr, got: ok ? 'holds' : valuesIn(expr, world), atMs: context.nowMs(), devices: [] }
    await sleep(context, Math.min(within - waitedMs, context.stage.lookAgainMs(waitedMs)))
  }
}

/** The world as it is, or nothing while the service is away by order of the scenario. */
const worldIfThere = (context: RunContext): Promise<ConditionContext | undefined> =>
  worldNow(context).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'client/unreachable') return undefined
    throw error
  })

/** Evaluate all thresholds on what was measured. */
export async function checkThresholds(
  context: RunContext,
  runWallMs: number,
): Promise<readonly (ExpectationResult & { readonly invalidates: boolean })[]> {
  const results: (ExpectationResult & { invalidates: boolean })[] = []
  for (const { metric, where, require, severity } of context.scenario.thresholds) {
    const measured = await measure(context, metric, where.policy, runWallMs)
    for (const text of require) {
      const requirement = parseRequirement(text)
      if (!requirement.ok) throw new Error(requirement.refusal.message)
      results.push({
        name: where.policy === undefined ? metric : `${metric} of ${where.policy}`,
        ok: meets(requirement.value, measured),
        expected: requirement.value.text,
        got: measuredText(requirement.value, measured),
        atMs: context.nowMs(),
        devices: [],
        invalidates: severity === 'invalid-run',
      })
    }
  }
  return results
}

const single = (value: number): Quantiles => ({ count: 1, p50: value, p95: value, p99: value, max: value })

async function measure(
  context: RunContext,
  metric: Scenario['thresholds'][number]['metric'],
  policy: string | undefined,
  runWallMs: number,
): Promise<Quantiles> {
  const { observer, client, policyIds } = context
  switch (metric) {
    case 'run.wall':
      return single(runWallMs)
    case 'report.ack_latency':
      return (await observer.refresh()).reportAckMs
    case 'checkin.duration':
      return (await observer.refresh()).checkInMs
    case 'simulator.lag': {
      const lags = observer.samples.map(({ lagP99Ms }) => lagP99Ms).sort((a, b) => a - b)
      const at = (share: number): number => lags[Math.min(lags.length - 1, Math.floor(lags.length * share))] ?? 0
      return { count: lags.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
    }
    default: {
      const ids = policy === undefined ? [...policyIds.values()] : [policyIds.get(policy) ?? '']
      const all = await Promise.all(ids.map((id) => latencies(client, id)))
      return worst(all.map((entry) => (metric === 'policy.time_to_applied' ? entry.appliedMs : entry.committedMs)))
    }
  }
}

export const latencies = async (client: MusterClient, policyId: string): Promise<PolicyLatencies> =>
  (await client.call('GET', `/_muster/policies/${policyId}/latencies`)) as PolicyLatencies

/** Over several policies the worst of each statistic. */
function worst(all: readonly Quantiles[]): Quantiles {
  const most = (pick: (quantiles: Quantiles) => number): number =>
    Math.max(0, ...all.filter(({ count }) => count > 0).map(pick))
  return {
    count: all.reduce((sum, { count }) => sum + count, 0),
    p50: most((q) => q.p50),
    p95: most((q) => q.p95),
    p99: most((q) => q.p99),
    max: most((q) => q.max),
  }
}

/** Let what is under way arrive, then hold what was sent against what is committed. */
export async function historyVerdict({
  stage: { client, clock, lookAgainMs, patienceMs },
  counts,
  signal,
}: Pick<RunContext, 'counts' | 'signal'> & {
  readonly stage: Pick<Stage, 'client' | 'clock' | 'lookAgainMs' | 'patienceMs'>
}): Promise<HistoryVerdict> {
  const sinceMs = clock.nowMs()
  for (;;) {
    const verdict = checkHistory(await sentHistory(client), await committedHistory(client), counts.devices)
    const waitedMs = clock.nowMs() - sinceMs
    if (verdict.ok || signal.aborted || waitedMs >= patienceMs('reports')) return verdict
    await pause(clock, lookAgainMs(waitedMs))
  }
}

async function committedHistory(client: MusterClient): Promise<readonly CommittedEntry[]> {
  const all: CommittedEntry[] = []
  for (let after = ''; ; ) {
    const page = (await client.call('GET', `/_muster/history/committed?after=${after}`)) as CommittedPage
    all.push(...page.entries)
    if (page.next === undefined) return all
    after = page.next
  }
}

import { compareWithBaseline, type FormerRun, type HistoryVerdict, type MetricResult } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import type { Known } from './measurements.ts'
import { metricResults } from './metric-results.ts'
import { checkThresholds, type ThresholdResult } from './thresholds.ts'
import type { Watch } from './watch.ts'

/** A run to compare with, or why there is none. */
export type BaselineRun = { readonly former: FormerRun } | { readonly missing: string }

/** All thresholds and the comparison with a former run, judged at the end; nothing where the run was interrupted. */
export async function judgeThresholds(
  context: RunContext,
  watch: Watch,
  given: { readonly history: HistoryVerdict; readonly runWallMs: number; readonly baseline?: BaselineRun },
): Promise<{ readonly thresholds: readonly ThresholdResult[]; readonly metrics: readonly MetricResult[] }> {
  if (context.signal.aborted && !watch.failed) return { thresholds: [], metrics: [] }
  await context.measuring.poll()
  const known: Known = { runWallMs: given.runWallMs, lost: given.history.lost, cache: new Map() }
  const judged = await checkThresholds(context, known)
  const metrics = await metricResults(context, known)
  const thresholds = [...withFailed(judged, watch.failed), ...compared(context, metrics, given.baseline)]
  return { thresholds, metrics }
}

/** The one that has ended the run stands as it was then. */
const withFailed = (judged: readonly ThresholdResult[], failed: ThresholdResult | undefined) =>
  judged.map((each) => (failed && each.name === failed.name && each.expected === failed.expected ? failed : each))

function compared(
  { scenario, stage, nowMs }: RunContext,
  metrics: readonly MetricResult[],
  baseline: BaselineRun | undefined,
): readonly ThresholdResult[] {
  if (!baseline) return []
  if ('missing' in baseline) {
    const nothing = {
      ok: true,
      outcome: 'not-measured',
      got: baseline.missing,
      devices: [],
      invalidates: false,
    } as const
    return [{ name: 'baseline', expected: 'no worse than a former run', atMs: nowMs(), ...nothing }]
  }
  const run = { mode: stage.mode, speed: scenario.clock.speed, metrics }
  const regress = scenario.outputs.baseline?.regress ?? {}
  return compareWithBaseline(run, baseline.former, regress, nowMs()).map((each) => ({ ...each, invalidates: false }))
}

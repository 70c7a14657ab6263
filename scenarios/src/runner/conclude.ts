import type { HistoryVerdict, PhaseResult, RunResult } from '@muster/shared/scenario'
import { collectCertificateEnds, collectDevices, collectPolicies } from './collect.ts'
import { collectGraphRoutes, collectRollouts } from './collect-requests.ts'
import type { RunContext } from './context.ts'
import { historyVerdict } from './history.ts'
import { historyText, invariantsOf, judge } from './judge.ts'
import { type BaselineRun, judgeThresholds } from './judge-thresholds.ts'
import type { WallTime } from './perform.ts'
import { recovered } from './recovery.ts'
import type { RunHead } from './run-head.ts'
import type { Beside } from './run-phases.ts'

/** What a run has come to when its phases are over. */
export interface PhasesOver {
  readonly head: RunHead
  readonly phases: readonly PhaseResult[]
  readonly wall: WallTime
  readonly baseline?: BaselineRun
}

/** Let everything end that goes on beside the phases, judge the run, and collect what its reports tell. */
export async function conclude(context: RunContext, beside: Beside, given: PhasesOver): Promise<RunResult> {
  const { nowMs, observer, stage } = context
  const history = await wholeHistory(context, beside)
  if (!context.signal.aborted) await beside.assertions.runEnds()
  const judged = await judgeAll(context, beside, history, given)
  const final = await observer.last()
  return {
    ...given.head,
    ...judged,
    endedWallMs: given.wall.nowMs(),
    endedMs: nowMs(),
    phases: given.phases,
    faults: context.faults.toSorted((a, b) => a.fromMs - b.fromMs),
    timeline: observer.samples,
    events: context.events,
    final,
    policies: await collectPolicies(context, final),
    rollouts: await collectRollouts(context),
    graphRoutes: collectGraphRoutes(context),
    history,
    certificateEnds: await collectCertificateEnds(context),
    devices: await collectDevices(context),
    ...(stage.seal ? { replay: await stage.seal() } : {}),
  }
}

/** All faults are over and healed; what was sent is held against what is committed. */
async function wholeHistory(
  context: RunContext,
  { faults, assertions, watch }: Pick<Beside, 'faults' | 'assertions' | 'watch'>,
): Promise<HistoryVerdict> {
  await faults.end()
  await assertions.end()
  await watch.stop()
  await context.stage.heal?.()
  await recovered(context)
  const history = await historyVerdict(context)
  context.note('history', historyText(history))
  return history
}

type Judged = Pick<RunResult, 'verdict' | 'exitCode' | 'thresholds' | 'assertions' | 'invariants'> & {
  readonly metrics: NonNullable<RunResult['metrics']>
}

async function judgeAll(
  context: RunContext,
  { assertions, watch }: Pick<Beside, 'assertions' | 'watch'>,
  history: HistoryVerdict,
  { phases, wall, baseline }: PhasesOver,
): Promise<Judged> {
  const { signal, stage, record, nowMs } = context
  const asserted = assertions.results()
  const { thresholds, metrics } = await judgeThresholds(context, watch, {
    history,
    runWallMs: wall.nowMs() - wall.startedMs,
    ...(baseline ? { baseline } : {}),
  })
  const invariants = [...invariantsOf(history, nowMs()), ...(stage.invariants?.() ?? [])]
  const shown = thresholds.map(({ invalidates: _, exitCode: __, aborted: ___, ...result }) => result)
  record.judged('threshold', shown)
  record.judged('invariant', invariants)
  const judged = judge({
    phases,
    assertions: asserted,
    thresholds,
    invariants,
    interrupted: signal.aborted ? signal.reason : undefined,
    partLost: stage.lost.aborted,
  })
  return { ...judged, thresholds: shown, assertions: asserted, invariants, metrics }
}

import type { PhaseResult, RunResult } from '@muster/shared/scenario'
import { watchAssertions } from './assertions.ts'
import { conclude } from './conclude.ts'
import type { RunContext } from './context.ts'
import { openSpan } from './fault-span.ts'
import { startFaults } from './fault-timeline.ts'
import { contextOf, writeHead } from './open-context.ts'
import { populate } from './populate.ts'
import type { RunOptions, RunPart } from './run.ts'
import { headOf } from './run-head.ts'
import { type Beside, runPhases, unlessAborted } from './run-phases.ts'
import { faultsBefore, type RunSoFar, soFarOf } from './run-so-far.ts'
import type { Stage } from './stage.ts'
import { addNewPolicies, prepareTenant } from './tenant.ts'
import { withoutLimits } from './throttling.ts'
import { startWatch } from './watch.ts'

type PerformOptions = Omit<RunOptions, 'dataDir' | 'env' | 'logLevel'>

/** Wall time, and when the run began in it. */
export interface WallTime {
  readonly startedMs: number
  nowMs(): number
}

/** Perform a scenario on a stage that is open, and judge it. The stage stays open. */
export async function performOn(stage: Stage, options: PerformOptions, wall: WallTime): Promise<RunResult> {
  const part = await performPart(stage, options, wall)
  if ('result' in part) return part.result
  throw new Error('a run that was not to be put down comes to its verdict')
}

/** Perform it to its verdict, or to the rest after a phase. */
export async function performPart(
  stage: Stage,
  options: PerformOptions,
  wall: WallTime,
  restAfter?: string,
): Promise<RunPart> {
  const { before } = options
  const giveUp = new AbortController()
  const signal = AbortSignal.any([options.signal, giveUp.signal])
  const context = contextOf(stage, { ...options, signal })
  options.onStart?.(context)
  const assertions = watchAssertions(context, before?.soFar.asserted)
  const watch = startWatch(context, assertions, giveUp, () => wall.nowMs() - wall.startedMs)
  try {
    const head = headOf(stage, options, { startedWallMs: wall.startedMs, startedMs: context.startedMs })
    if (!options.sameLog) writeHead(context, head, before)
    context.stage.startChaos?.((fault, again) => openSpan(context, fault, again && options.sameLog))
    await unlessAborted(context, () => prepare(context, before !== undefined))
    const faults = startFaults(context, context.trouble, before && faultsBefore(before))
    const beside: Beside = { faults, assertions, watch }
    const { phases, rests } = await runPhases(context, beside, { before, restAfter })
    if (rests) return { soFar: await rest(context, beside, phases) }
    const given = { head, phases, wall, ...(options.baseline ? { baseline: options.baseline } : {}) }
    const result = await conclude(context, beside, given)
    context.record.ends(result)
    return { result }
  } finally {
    context.observer.stop()
    await watch.stop()
  }
}

/** What there is before the first phase; a run that goes on has it, but for policies that are new. */
const prepare = (context: RunContext, goesOn: boolean): Promise<void> =>
  withoutLimits(context, async () => {
    if (goesOn) return addNewPolicies(context)
    await prepareTenant(context)
    if (!context.scenario.phases.some(({ enrol }) => enrol)) await populate(context)
  })

/** Nothing is under way any more: what the runner knows, to be put down. */
async function rest(
  context: RunContext,
  { faults, assertions, watch }: Beside,
  phases: PhaseResult[],
): Promise<RunSoFar> {
  await watch.stop()
  const [left] = await Promise.all([faults.rest(), context.stage.holdChaos?.()])
  const asserted = await assertions.rest()
  await context.measuring.poll()
  await context.stage.rest?.()
  return soFarOf(context, { phases, ...left, asserted })
}

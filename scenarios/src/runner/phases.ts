import type { ConditionContext } from '@muster/shared/scenario'
import { compileCondition, formatDuration, type PhaseResult, type Scenario } from '@muster/shared/scenario'
import { interruptionOf, type RunContext, sleep } from './context.ts'
import { fillGroups } from './members.ts'
import { allEnrolled, beginEnrolment } from './populate.ts'
import { startRecurring } from './recurring.ts'
import { GateClosed } from './rollout.ts'
import { carryOut } from './steps.ts'
import { valuesIn } from './values-in.ts'
import { worldNow } from './world-view.ts'

type Phase = Scenario['phases'][number]

/** Run one phase to its end: its steps in order, then its duration or its condition. */
export async function runPhase(context: RunContext, phase: Phase): Promise<PhaseResult> {
  const fromMs = context.nowMs()
  const ended = (outcome: PhaseResult['outcome'], text: string): PhaseResult => ({
    name: phase.name,
    fromMs,
    toMs: context.nowMs(),
    outcome,
    text,
  })
  context.note('phase', `${phase.name} begins`)
  const recurring = startRecurring(context, phase)
  try {
    const [outcome, text] = await unfold(context, phase, fromMs)
    await recurring.stop()
    return ended(outcome, text)
  } catch (error) {
    await recurring.stop()
    if (context.signal.aborted) return ended('interrupted', interruptionOf(context))
    if (error instanceof GateClosed) return ended('timed-out', error.message)
    throw error
  }
}

/** Enrolment where it belongs to this phase, the steps, and what is waited for. */
async function unfold(
  context: RunContext,
  phase: Phase,
  fromMs: number,
): Promise<readonly [outcome: PhaseResult['outcome'], text: string]> {
  if (phase.enrol) await beginEnrolment(context)
  for (const step of phase.do) await carryOut(context, step)
  if (phase.duration !== undefined) await sleep(context, Math.max(0, fromMs + phase.duration - context.nowMs()))
  const met = phase.until && (await waitUntil(context, phase.until))
  if (phase.until && !met?.held) {
    const { expr, timeout } = phase.until
    return ['timed-out', `${expr} did not hold within ${formatDuration(timeout)}: ${valuesIn(expr, met?.world)}`]
  }
  if (phase.enrol) {
    if (!phase.until) await allEnrolled(context)
    await fillGroups(context)
  }
  if (phase.until) return ['done', phase.until.expr]
  if (phase.duration !== undefined) return ['done', `lasted ${formatDuration(phase.duration)}`]
  return ['done', phase.enrol ? 'the population was enrolled' : 'its steps were carried out']
}

async function waitUntil(
  context: RunContext,
  { expr, timeout }: NonNullable<Phase['until']>,
): Promise<{ readonly held: boolean; readonly world: ConditionContext | undefined }> {
  const compiled = compileCondition(expr)
  if (!compiled.ok) throw new Error(compiled.message)
  const sinceMs = context.nowMs()
  let world: ConditionContext | undefined
  for (;;) {
    try {
      world = await worldNow(context, compiled.expression.use)
      if (compiled.expression.evaluate(world)) return { held: true, world }
    } catch (error) {
      // The service may be away by order of the scenario; it is asked again.
      if ((error as { code?: string }).code !== 'client/unreachable') throw error
    }
    const waitedMs = context.nowMs() - sinceMs
    if (waitedMs >= timeout) return { held: false, world }
    await sleep(context, Math.min(timeout - waitedMs, context.stage.lookAgainMs(waitedMs)))
  }
}

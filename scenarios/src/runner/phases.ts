import type { ConditionContext } from '@muster/shared/scenario'
import { compileCondition, formatDuration, type PhaseResult, type Scenario } from '@muster/shared/scenario'
import { interruptionOf, type RunContext, sleep } from './context.ts'
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
  try {
    for (const step of phase.do) await carryOut(context, step)
    if (phase.duration !== undefined) await sleep(context, Math.max(0, fromMs + phase.duration - context.nowMs()))
    if (!phase.until)
      return ended(
        'done',
        phase.duration === undefined ? 'its steps were carried out' : `lasted ${formatDuration(phase.duration)}`,
      )
    const met = await waitUntil(context, phase.until)
    return met.held
      ? ended('done', phase.until.expr)
      : ended(
          'timed-out',
          `${phase.until.expr} did not hold within ${formatDuration(phase.until.timeout)}: ${valuesIn(phase.until.expr, met.world)}`,
        )
  } catch (error) {
    if (context.signal.aborted) return ended('interrupted', interruptionOf(context))
    if (error instanceof GateClosed) return ended('timed-out', error.message)
    throw error
  }
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

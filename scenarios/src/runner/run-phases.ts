import { formatDuration, type PhaseResult } from '@muster/shared/scenario'
import type { AssertionWatch } from './assertions.ts'
import { interruptionOf, type RunContext } from './context.ts'
import type { FaultTimeline } from './fault-timeline.ts'
import { runPhase } from './phases.ts'
import { phasesLeft, type RunBefore } from './run-so-far.ts'
import type { Watch } from './watch.ts'

/** What goes on beside the phases of a run. */
export interface Beside {
  readonly faults: FaultTimeline
  readonly assertions: AssertionWatch
  readonly watch: Watch
}

/** An interrupted run goes on to its report; every other error ends it here. */
export async function unlessAborted({ signal }: RunContext, prepare: () => Promise<void>): Promise<void> {
  try {
    signal.throwIfAborted()
    await prepare()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** Phases in order, to the last or to the one that the run rests after. */
export async function runPhases(
  context: RunContext,
  { faults, assertions, watch }: Beside,
  { before, restAfter }: { readonly before: RunBefore | undefined; readonly restAfter: string | undefined },
): Promise<{ phases: PhaseResult[]; rests: boolean }> {
  const phases: PhaseResult[] = [...(before?.soFar.phases ?? [])]
  for (const phase of phasesLeft(context.scenario, before)) {
    const failed = phases.some(({ outcome }) => outcome !== 'done')
    if (failed || context.signal.aborted) {
      phases.push({
        name: phase.name,
        fromMs: context.nowMs(),
        toMs: context.nowMs(),
        outcome: 'skipped',
        text: context.signal.aborted ? interruptionOf(context) : 'a phase before it failed',
      })
      continue
    }
    const span: RunContext['phaseSpans'][number] = { name: phase.name, fromMs: context.nowMs() }
    context.phaseSpans.push(span)
    faults.phaseBegins(phase.name)
    context.record.phaseBegins(phase.name, context.nowMs())
    await unlessAborted(context, () => assertions.phaseBegins(phase.name))
    watch.wake()
    const result = await runPhase(context, phase)
    span.toMs = context.nowMs()
    context.record.phaseEnds(result)
    context.note(
      'phase',
      `${phase.name}: ${result.outcome} after ${formatDuration(result.toMs - result.fromMs)}${result.outcome === 'done' ? '' : `, ${result.text}`}`,
    )
    phases.push(result)
    await unlessAborted(context, () => assertions.phaseEnds(phase.name))
    const rests = phase.name === restAfter && result.outcome === 'done' && !context.signal.aborted
    if (rests) return { phases, rests }
  }
  return { phases, rests: false }
}

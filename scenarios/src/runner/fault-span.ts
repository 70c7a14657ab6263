import type { Span } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import type { OpenFault } from './fault-timeline.ts'
import { prepareRecovery } from './recovery.ts'

/** A fault that has begun, and will be told of when it is over. */
export interface OpenSpan {
  over(): void
  /** It goes on where the run goes on. */
  leave(): void
}

/**
 * A fault that is not on the scenario's timeline has begun: of a step, of a wave, or by chance. Until it is over thresholds
 * know of it, and then it stands in the report. `told`: the run's record has its beginning.
 */
export function openSpan(context: RunContext, span: Omit<Span, 'toMs'>, told = false): OpenSpan {
  const { name, kind, fromMs } = span
  const open: OpenFault = { name, kind, fromMs }
  const recovery = prepareRecovery(context, open)
  context.trouble.open.add(open)
  if (!told) context.record.faultBegins(span)
  return {
    over: () => {
      context.trouble.open.delete(open)
      context.faults.push({ ...span, toMs: context.nowMs() })
      context.record.faultsSoFar(context.faults)
      recovery.begin()
    },
    leave: () => void context.trouble.open.delete(open),
  }
}

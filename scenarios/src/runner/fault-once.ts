import { CodedError } from '@muster/shared/core'
import { deviceFaultOf, type ScenarioFault, type ServiceFaultKind } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { beginOnDevices, endOnDevices } from './device-faults.ts'
import { faultText } from './fault-text.ts'
import type { OpenFault, Trouble } from './fault-timeline.ts'
import { beginOnGraph } from './graph-faults.ts'
import { passes, type Waiting } from './passes.ts'
import { prepareRecovery } from './recovery.ts'
import type { BeginFault } from './stage.ts'
import { beginThrottling } from './throttling.ts'

/** What is known of a fault that was under way when its run was put down. */
export interface FaultLeft {
  readonly fromMs: number
  readonly untilMs: number
  /** Workers that were heard from before it. */
  readonly workers: number
}

/** One that goes on. */
export interface FaultGoingOn extends FaultLeft {
  /** Under the run's seed a share is made up of other devices than when it began. */
  readonly otherDevices: boolean
}

interface Once {
  readonly trouble: Trouble
  /** What ends the wait is the rest of the run, not its end. */
  isResting(): boolean
  readonly before: FaultGoingOn | undefined
}

export const nameOf = ({ name, kind }: ScenarioFault): string => name ?? kind

/** One turn of a fault, from its beginning or from where it was; answers what is left of it where the run rests. */
export async function once(
  context: RunContext,
  waiting: Waiting,
  fault: ScenarioFault,
  { trouble, isResting, before }: Once,
): Promise<FaultLeft | undefined> {
  const [name, text, fromMs] = [nameOf(fault), faultText(fault), before?.fromMs ?? context.nowMs()]
  context.note('fault', before ? `${name} goes on: ${text}` : `${name} begins: ${text}`)
  if (!before) context.record.faultBegins({ name, kind: fault.kind, fromMs, text })
  const open: OpenFault = { name, kind: fault.kind, fromMs }
  const recovery = prepareRecovery(context, open, before?.workers)
  trouble.active++
  trouble.open.add(open)
  try {
    const mend = await begin(context, fault, before)
    const untilMs = before?.untilMs ?? context.nowMs() + fault.for
    await passes(waiting, untilMs - context.nowMs())
    if (isResting() && context.nowMs() < untilMs) {
      // Devices keep what is wrong with them; nothing else could come to rest with it.
      if (!deviceFaultOf(fault)) await mend()
      return { fromMs, untilMs, workers: recovery.workers }
    }
    await mend()
    context.faults.push({ name, kind: fault.kind, fromMs, toMs: context.nowMs(), text })
    context.note('fault', `${name} is over`)
    recovery.begin()
    return undefined
  } finally {
    trouble.active--
    trouble.open.delete(open)
    trouble.lastMs = context.nowMs()
  }
}

async function begin(
  context: RunContext,
  fault: ScenarioFault,
  before: FaultGoingOn | undefined,
): Promise<() => Promise<void>> {
  const onDevices = deviceFaultOf(fault)
  if (onDevices && before)
    return () => endOnDevices(context, before.otherDevices ? { ...onDevices, share: 1 } : onDevices)
  if (onDevices) return beginOnDevices(context, onDevices)
  if (fault.kind === 'http') return beginOnGraph(context, fault)
  if (fault.kind === 'throttling') return beginThrottling(context, fault)
  const way = context.stage.breaker.faults[fault.kind as ServiceFaultKind] as BeginFault<ScenarioFault> | undefined
  if (!way) throw new CodedError('scenario/fault-impossible', `this stage has no way to ${fault.kind}`)
  return way(fault)
}

import { CodedError } from '@muster/shared/core'
import { deviceFaultOf, type PhaseResult, type ScenarioFault, type ServiceFaultKind } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { beginOnDevices } from './device-faults.ts'
import { faultText } from './fault-text.ts'
import { beginOnGraph } from './graph-faults.ts'
import { passes, type Waiting } from './passes.ts'
import { prepareRecovery, recovered } from './recovery.ts'
import type { BeginFault } from './stage.ts'
import { beginThrottling } from './throttling.ts'

/** The faults of a scenario, on a timeline of their own beside its phases. */
export interface FaultTimeline {
  /** Moments that count from this phase, and from the first one, count from now. */
  phaseBegins(name: string): void
  /** Nothing new goes wrong, what goes wrong ends now, and this resolves when all is mended. */
  end(): Promise<void>
  /**
   * Nothing new goes wrong. Answers what was still to come.
   * @throws CodedError `snapshot/not-at-rest` when something is wrong just now
   */
  rest(): Promise<readonly WaitingFault[]>
}

/** A fault whose moment is known and has not come. */
export interface WaitingFault {
  readonly fault: ScenarioFault
  readonly atMs: number
}

/** What a run that was put down had behind it. */
export interface FaultsBefore {
  readonly waiting: readonly WaitingFault[]
  /** All that its scenario had. */
  readonly known: readonly ScenarioFault[]
  readonly phases: readonly PhaseResult[]
}

/** How many faults are under way, and when the last of them was over, for who meets what they do. */
export interface Trouble {
  active: number
  lastMs: number
  /** Those under way. */
  readonly open: Set<OpenFault>
}

/** A fault that has begun. */
export interface OpenFault {
  readonly name: string
  readonly kind: string
  readonly fromMs: number
}

/** Faults happen as soon as phases begin, those of a run that goes on at once. What fails in one of them is thrown by `end`. */
export function startFaults(context: RunContext, trouble: Trouble, before?: FaultsBefore): FaultTimeline {
  const ending = new AbortController()
  const waiting: Waiting = {
    stage: context.stage,
    signal: AbortSignal.any([context.signal, ending.signal]),
  }
  const pending = new Set(context.scenario.faults)
  const under: Promise<void>[] = []
  const failures: unknown[] = []
  const next = new Map<ScenarioFault, number>()
  let first = before === undefined
  const start = (fault: ScenarioFault, atMs: number): void => {
    pending.delete(fault)
    const happening = happen(context, waiting, { fault, atMs }, { trouble, next })
    under.push(happening.catch((error: unknown) => void failures.push(error)))
  }
  for (const fault of before ? context.scenario.faults : []) {
    const atMs = before && nextMoment(fault, before, context.nowMs())
    if (atMs === 'over') pending.delete(fault)
    else if (atMs !== undefined) start(fault, atMs)
  }
  return {
    phaseBegins: (name) => {
      for (const fault of pending) {
        if (fault.at.phase === undefined ? !first : fault.at.phase !== name) continue
        start(fault, context.nowMs() + fault.at.afterMs)
      }
      first = false
    },
    end: async () => {
      ending.abort()
      await Promise.all(under)
      await recovered(context)
      for (const fault of pending) context.note('fault', `${nameOf(fault)} did not happen: its phase did not begin`)
      if (failures.length > 0 && !context.signal.aborted) throw failures[0]
    },
    rest: async () => {
      if (trouble.active > 0)
        throw new CodedError(
          'snapshot/not-at-rest',
          'a fault of the scenario is under way: take the snapshot after a phase at whose end all is well',
        )
      const left = [...next].map(([fault, atMs]) => ({ fault, atMs }))
      ending.abort()
      await Promise.all(under)
      return left
    },
  }
}

/** When a fault comes next in a run that goes on; undefined when its phase has not begun. */
function nextMoment(
  fault: ScenarioFault,
  { waiting, known, phases }: FaultsBefore,
  nowMs: number,
): number | 'over' | undefined {
  const same = (other: ScenarioFault): boolean => JSON.stringify(other) === JSON.stringify(fault)
  const left = waiting.find((candidate) => same(candidate.fault))
  if (left) return left.atMs
  const { phase, afterMs } = fault.at
  const began = phase === undefined ? phases[0] : phases.find(({ name }) => name === phase)
  if (!began) return undefined
  if (known.some(same)) return 'over'
  const firstMs = began.fromMs + afterMs
  if (firstMs >= nowMs) return firstMs
  const { every } = fault
  return every === undefined ? 'over' : firstMs + Math.ceil((nowMs - firstMs) / every) * every
}

const nameOf = ({ name, kind }: ScenarioFault): string => name ?? kind

/** One fault through its occurrences. */
async function happen(
  context: RunContext,
  waiting: Waiting,
  { fault, atMs: firstMs }: WaitingFault,
  { trouble, next }: { readonly trouble: Trouble; readonly next: Map<ScenarioFault, number> },
): Promise<void> {
  let atMs = firstMs
  do {
    next.set(fault, atMs)
    if (!(await passes(waiting, atMs - context.nowMs()))) return
    next.delete(fault)
    await once(context, waiting, fault, trouble)
    atMs = Math.max(atMs + (fault.every ?? 0), context.nowMs())
  } while (fault.every !== undefined)
}

async function once(context: RunContext, waiting: Waiting, fault: ScenarioFault, trouble: Trouble): Promise<void> {
  const [name, text, fromMs] = [nameOf(fault), faultText(fault), context.nowMs()]
  context.note('fault', `${name} begins: ${text}`)
  context.record.faultBegins({ name, kind: fault.kind, fromMs, text })
  const open: OpenFault = { name, kind: fault.kind, fromMs }
  const recovery = prepareRecovery(context, open)
  trouble.active++
  trouble.open.add(open)
  try {
    const mend = await begin(context, fault)
    await passes(waiting, fault.for)
    await mend()
    context.faults.push({ name, kind: fault.kind, fromMs, toMs: context.nowMs(), text })
    context.note('fault', `${name} is over`)
    recovery?.begin()
  } finally {
    trouble.active--
    trouble.open.delete(open)
    trouble.lastMs = context.nowMs()
  }
}

async function begin(context: RunContext, fault: ScenarioFault): Promise<() => Promise<void>> {
  const onDevices = deviceFaultOf(fault)
  if (onDevices) return beginOnDevices(context, onDevices)
  if (fault.kind === 'http') return beginOnGraph(context, fault)
  if (fault.kind === 'throttling') return beginThrottling(context, fault)
  const way = context.stage.breaker.faults[fault.kind as ServiceFaultKind] as BeginFault<ScenarioFault> | undefined
  if (!way) throw new CodedError('scenario/fault-impossible', `this stage has no way to ${fault.kind}`)
  return way(fault)
}

import type { PhaseResult, ScenarioFault } from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { type FaultGoingOn, type FaultLeft, nameOf, once } from './fault-once.ts'
import { passes, type Waiting } from './passes.ts'
import { recovered } from './recovery.ts'

/** The faults of a scenario, on a timeline of their own beside its phases. */
export interface FaultTimeline {
  /** Moments that count from this phase, and from the first one, count from now. */
  phaseBegins(name: string): void
  /** Nothing new goes wrong, what goes wrong ends now, and this resolves when all is mended. */
  end(): Promise<void>
  /**
   * Nothing new goes wrong, and what is wrong with the broker, the service or Graph is held off; devices stay as they are.
   * Answers what was still to come, and what goes on where the run goes on.
   */
  rest(): Promise<FaultsLeft>
}

/** What a run that is put down leaves to who goes on from it. */
export interface FaultsLeft {
  readonly waiting: readonly WaitingFault[]
  readonly underWay: readonly FaultUnderWay[]
}

/** A fault that has begun, and when this turn of it was due. */
export interface FaultUnderWay extends WaitingFault, FaultLeft {}

/** A fault whose moment is known and has not come. */
export interface WaitingFault {
  readonly fault: ScenarioFault
  readonly atMs: number
}

/** What a run that was put down had behind it. */
export interface FaultsBefore extends FaultsLeft {
  /** All that its scenario had. */
  readonly known: readonly ScenarioFault[]
  readonly phases: readonly PhaseResult[]
  readonly seed: string
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
  const ended = (): 'resting' | 'over' | undefined =>
    ending.signal.aborted ? (ending.signal.reason === RESTING ? 'resting' : 'over') : undefined
  const pending = new Set(context.scenario.faults)
  const left: FaultUnderWay[] = []
  const under: Promise<void>[] = []
  const failures: unknown[] = []
  const next = new Map<ScenarioFault, number>()
  let first = before === undefined
  const start = (fault: ScenarioFault, atMs: number, goesOn?: FaultGoingOn): void => {
    pending.delete(fault)
    const happening = happen(context, waiting, { fault, atMs, goesOn }, { trouble, next, left, ended })
    under.push(happening.catch((error: unknown) => void failures.push(error)))
  }
  if (before) goOn(context, before, { start, over: (fault) => pending.delete(fault) })
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
      const wait = [...next].map(([fault, atMs]) => ({ fault, atMs }))
      ending.abort(RESTING)
      await Promise.all(under)
      if (failures.length > 0 && !context.signal.aborted) throw failures[0]
      await recovered(context)
      return { waiting: wait, underWay: left }
    },
  }
}

const RESTING = 'resting'

/** The faults of a run that goes on: those under way go on to their ends, also where its scenario has them no more. */
function goOn(
  context: RunContext,
  before: FaultsBefore,
  {
    start,
    over,
  }: { start(fault: ScenarioFault, atMs: number, goesOn?: FaultGoingOn): void; over(fault: ScenarioFault): void },
): void {
  const otherDevices = before.seed !== context.scenario.seed
  const under = before.underWay.map((each) => {
    const own = context.scenario.faults.find((fault) => isSame(fault, each.fault))
    const { every: _, ...onlyOnce } = each.fault
    return { ...each, fault: own ?? onlyOnce, otherDevices }
  })
  for (const { fault, atMs, ...goesOn } of under) start(fault, atMs, goesOn)
  for (const fault of context.scenario.faults) {
    if (under.some((each) => each.fault === fault)) continue
    const atMs = nextMoment(fault, before, context.nowMs())
    if (atMs === 'over') over(fault)
    else if (atMs !== undefined) start(fault, atMs)
  }
}

const isSame = (one: ScenarioFault, other: ScenarioFault): boolean => JSON.stringify(one) === JSON.stringify(other)

/** When a fault comes next in a run that goes on; undefined when its phase has not begun. */
function nextMoment(
  fault: ScenarioFault,
  { waiting, known, phases }: FaultsBefore,
  nowMs: number,
): number | 'over' | undefined {
  const left = waiting.find((candidate) => isSame(candidate.fault, fault))
  if (left) return left.atMs
  const { phase, afterMs } = fault.at
  const began = phase === undefined ? phases[0] : phases.find(({ name }) => name === phase)
  if (!began) return undefined
  if (known.some((other) => isSame(other, fault))) return 'over'
  const firstMs = began.fromMs + afterMs
  if (firstMs >= nowMs) return firstMs
  const { every } = fault
  return every === undefined ? 'over' : firstMs + Math.ceil((nowMs - firstMs) / every) * every
}

interface Happening {
  readonly trouble: Trouble
  readonly next: Map<ScenarioFault, number>
  readonly left: FaultUnderWay[]
  ended(): 'resting' | 'over' | undefined
}

/** One fault through its occurrences; `goesOn`: the first of them is under way. */
async function happen(
  context: RunContext,
  waiting: Waiting,
  { fault, atMs: firstMs, goesOn }: WaitingFault & { readonly goesOn: FaultGoingOn | undefined },
  { trouble, next, left, ended }: Happening,
): Promise<void> {
  let atMs = firstMs
  let before = goesOn
  do {
    if (!before) {
      next.set(fault, atMs)
      if (!(await passes(waiting, atMs - context.nowMs()))) return
      next.delete(fault)
    }
    const rest = await once(context, waiting, fault, { trouble, isResting: () => ended() === 'resting', before })
    before = undefined
    if (rest) {
      left.push({ fault, atMs, ...rest })
      return
    }
    atMs = Math.max(atMs + (fault.every ?? 0), context.nowMs())
  } while (fault.every !== undefined)
}

import type { Clock } from '@muster/shared/core'
import type { ExpectationResult, RunResult, ScenarioFault, ServiceFaultKind, Span } from '@muster/shared/scenario'
import type { MusterClient } from '../client/muster-client.ts'
import type { OpenSpan } from './fault-span.ts'

/** What the runner may do to a Muster besides what goes through its public doors: break it. */
export interface Breaker {
  /** The broker dies without a word and is back after this time, simulated milliseconds. Resolves when it is. */
  killBroker(downMs: number): Promise<void>
  /** The control service dies without a word and is started again on its store. Resolves when it serves. */
  killControl(): Promise<void>
  /** How each kind of fault is made to happen. Absent: this stage has no way to it. */
  readonly faults: Partial<FaultTable>
}

/** Makes a fault happen; answers what ends it, which resolves when all is as before. */
export type BeginFault<F> = (fault: F) => Promise<() => Promise<void>>

/** A way to each kind of fault that the stage itself brings about. */
export type FaultTable = {
  readonly [Kind in ServiceFaultKind]: BeginFault<Extract<ScenarioFault, { readonly kind: Kind }>>
}

/** A fault by chance begins, or goes on where its world does (`again`). */
export type ChaosBegins = (fault: Omit<Span, 'toMs'>, again: boolean) => OpenSpan

type Replay = NonNullable<RunResult['replay']>

/** What a scenario is performed on: real processes on real time, or a whole world in this one on time of its own. */
export interface Stage {
  readonly mode: 'live' | 'virtual'
  readonly client: MusterClient
  /** Simulated time. */
  readonly clock: Clock
  readonly breaker: Breaker
  /** Aborted when a part has ended for good that nobody asked to end; the reason says which. */
  readonly lost: AbortSignal
  /** How long to wait before looking again at what has been waited for so long, simulated milliseconds both. */
  lookAgainMs(waitedMs: number): number
  /** How long to wait before looking again at a run whose phase has lasted so long, simulated milliseconds both. */
  watchAgainMs(phaseAgeMs: number): number
  /** How long may pass before what should happen soon counts as not happening, simulated milliseconds. */
  patienceMs(what: 'enrolment' | 'reports'): number
  /** Write something that the runner did into the stage's own record, where there is one. */
  record?(what: string, text: string): void
  /** What must hold at every event, and whether it did. Absent where events cannot all be seen. */
  invariants?(): readonly ExpectationResult[]
  /** Faults by chance may begin; each is told of. Absent where there are none. */
  startChaos?(begins: ChaosBegins): void
  /** Faults by chance end, and what they did is given time to heal. Absent where there are none. */
  heal?(): Promise<void>
  /** Close the record of all that has happened: the same for the same seed and version. Absent where time is real. */
  seal?(): Promise<Replay>
  /** Faults by chance are held off until the run goes on, in this process or in another. Absent where there are none. */
  holdChaos?(): Promise<void>
  /**
   * Bring everything to rest: nothing is under way any more, and nothing goes on. Absent where time does not stand still.
   * @throws CodedError `snapshot/not-at-rest`
   */
  rest?(): Promise<void>
  /** Put all that is at rest down into an empty directory; answers the simulated time. Outside of `perform`. */
  save?(dir: string): Promise<{ readonly atMs: number }>
  /** Versions and machine, for the report. */
  readonly environment: Readonly<Record<string, string>>
  /** Let work go on until it has ended, in the stage's time. */
  perform<T>(work: () => Promise<T>): Promise<T>
  /** Everything ended, nothing left behind. Idempotent. */
  stop(): Promise<void>
}

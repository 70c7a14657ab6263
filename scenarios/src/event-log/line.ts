import type { Stats } from '@muster/shared/contracts'
import type { ExpectationResult, PhaseResult, RunEvent, RunResult, Span } from '@muster/shared/scenario'
import type { DeviceEvent } from '../runner/observer.ts'
import type { RunHead } from '../runner/run-head.ts'

/** What a run is, before anything has happened in it. */
export interface LogHead extends Omit<RunHead, 'version'> {
  /** Of the format: another one cannot be read. */
  readonly version: 1
  readonly phases: readonly string[]
}

export type Judged = 'assertion' | 'threshold' | 'invariant'

/** One line of the event log, a JSON object; in the order in which things happened. */
export type LogLine =
  | ({ readonly t: 'run' } & LogHead)
  | ({ readonly t: 'event' } & RunEvent)
  | { readonly t: 'phase'; readonly name: string; readonly fromMs: number }
  | { readonly t: 'phase-end'; readonly phase: PhaseResult }
  | ({ readonly t: 'fault' } & Omit<Span, 'toMs'>)
  | { readonly t: 'fault-end'; readonly fault: Span }
  | { readonly t: 'stats'; readonly stats: Stats }
  | ({ readonly t: 'device' } & DeviceEvent)
  /** So many events of devices were not kept in a phase. */
  | { readonly t: 'left-out'; readonly atMs: number; readonly events: number }
  | { readonly t: 'judged'; readonly kind: Judged; readonly result: ExpectationResult }
  | { readonly t: 'end'; readonly result: RunResult }

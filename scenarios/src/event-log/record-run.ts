import type { Stats } from '@muster/shared/contracts'
import type { ExpectationResult, PhaseResult, RunEvent, RunResult, Span } from '@muster/shared/scenario'
import type { DeviceEvent } from '../runner/observer.ts'
import type { Judged, LogHead } from './line.ts'
import type { EventLog } from './write.ts'

/** What a run tells of itself as it goes. */
export interface RunRecord {
  begins(head: LogHead): void
  event(event: RunEvent): void
  phaseBegins(name: string, fromMs: number): void
  phaseEnds(phase: PhaseResult): void
  faultBegins(fault: Omit<Span, 'toMs'>): void
  /** All faults that are over by now; told again and again. */
  faultsSoFar(faults: readonly Span[]): void
  stats(stats: Stats): void
  device(event: DeviceEvent): void
  judged(kind: Judged, results: readonly ExpectationResult[]): void
  ends(result: RunResult): void
}

/** Put what a run tells into its event log; of each phase the first `keepEvents` events of devices. */
export function recordRun(
  log: EventLog | undefined,
  { keepEvents, faultsTold: toldBefore = 0 }: { readonly keepEvents: number; readonly faultsTold?: number },
): RunRecord {
  let faultsTold = toldBefore
  let kept = 0
  let leftOut = 0
  const nextStretch = (atMs: number): void => {
    if (leftOut > 0) log?.add({ t: 'left-out', atMs, events: leftOut })
    kept = 0
    leftOut = 0
  }
  return {
    begins: (head) => {
      log?.add({ t: 'run', ...head })
      log?.flush()
    },
    event: (event) => log?.add({ t: 'event', ...event }),
    phaseBegins: (name, fromMs) => {
      nextStretch(fromMs)
      log?.add({ t: 'phase', name, fromMs })
      log?.flush()
    },
    phaseEnds: (phase) => {
      log?.add({ t: 'phase-end', phase })
      log?.flush()
    },
    faultBegins: (fault) => log?.add({ t: 'fault', ...fault }),
    faultsSoFar: (faults) => {
      for (const fault of faults.slice(faultsTold)) log?.add({ t: 'fault-end', fault })
      faultsTold = faults.length
    },
    stats: (stats) => log?.add({ t: 'stats', stats }),
    device: (event) => {
      if (kept < keepEvents) log?.add({ t: 'device', ...event })
      else leftOut++
      kept++
    },
    judged: (kind, results) => {
      for (const result of results) log?.add({ t: 'judged', kind, result })
    },
    ends: (result) => {
      nextStretch(result.endedMs)
      log?.add({ t: 'end', result })
      log?.flush()
    },
  }
}

import type { LogHead } from '../event-log/line.ts'
import { recordRun } from '../event-log/record-run.ts'
import type { RunContext } from './context.ts'
import { nameOf } from './fault-once.ts'
import { faultText } from './fault-text.ts'
import type { Trouble } from './fault-timeline.ts'
import { createMeasuring, toldClient } from './measuring.ts'
import { createObserver } from './observer.ts'
import { patientClient } from './patient-client.ts'
import type { RunOptions } from './run.ts'
import { phasesLeft, type RunBefore, rolloutsOf } from './run-so-far.ts'
import type { Stage } from './stage.ts'

/** The first lines of a run's log; those of one that goes on have what was before. */
export function writeHead(
  { record, scenario, events, faults }: RunContext,
  head: Omit<LogHead, 'phases'>,
  before?: RunBefore,
): void {
  const done = before?.soFar.phases ?? []
  const names = [...done, ...phasesLeft(scenario, before)].map(({ name }) => name)
  record.begins({ ...head, phases: names })
  for (const event of events) record.event(event)
  for (const phase of done) {
    record.phaseBegins(phase.name, phase.fromMs)
    record.phaseEnds(phase)
  }
  record.faultsSoFar(faults)
  for (const { fault, fromMs } of before?.soFar.underWay ?? [])
    record.faultBegins({ name: nameOf(fault), kind: fault.kind, fromMs, text: faultText(fault) })
}

/** Whether the scenario itself keeps its own requests from being answered at once. */
const needsPatience = ({ faults, graph }: RunOptions['scenario'], before: RunBefore | undefined): boolean =>
  faults.length > 0 || graph.throttling !== undefined || (before?.soFar.underWay.length ?? 0) > 0

/** What the parts of a run share, at its beginning or where it goes on. */
export function contextOf(
  stage: Stage,
  {
    scenario,
    signal,
    onNote,
    log,
    before,
    sameLog,
  }: Pick<RunOptions, 'scenario' | 'signal' | 'onNote' | 'log' | 'before' | 'sameLog'>,
): RunContext {
  const soFar = before?.soFar
  const events: RunContext['events'] = [...(soFar?.events ?? [])]
  const faults: RunContext['faults'] = [...(soFar?.faults ?? [])]
  const { keepEvents, resolution } = scenario.outputs.timeline
  const record = recordRun(log, { keepEvents, faultsTold: sameLog ? faults.length : 0 })
  const nowMs = (): number => stage.clock.nowMs()
  const trouble: Trouble = { active: 0, lastMs: Number.NEGATIVE_INFINITY, open: new Set() }
  const certificates = scenario.thresholds.some(({ metric }) => metric === 'cert.expired_in_use')
  const measuring = createMeasuring(stage.client, nowMs, certificates, soFar?.measured)
  const told = { ...stage, client: toldClient(stage.client, measuring.unanswered) }
  const observer = createObserver(told.client, {
    resolutionMs: resolution,
    onStats: (stats) => {
      record.stats(stats)
      measuring.onStats(stats)
    },
    onEvent: record.device,
    before: soFar?.observed,
  })
  return {
    scenario,
    stage,
    client: needsPatience(scenario, before) ? patientClient(told, trouble, signal) : told.client,
    observer,
    measuring,
    trouble,
    startedMs: soFar?.startedMs ?? nowMs(),
    phaseSpans: [...(soFar?.phaseSpans ?? [])],
    rollouts: rolloutsOf(soFar),
    signal,
    policyIds: new Map(soFar?.policyIds),
    groupIds: new Map(soFar?.groupIds),
    filterIds: new Map(soFar?.filterIds),
    settingsNow: new Map(soFar?.settingsNow),
    events,
    record,
    faults,
    counts: { brokerKills: 0, devices: 0, ...soFar?.counts },
    nowMs,
    note: (what, text) => {
      const event = { atMs: nowMs(), what, text }
      events.push(event)
      record.event(event)
      record.faultsSoFar(faults)
      stage.record?.(what, text)
      onNote(nowMs(), what, text)
    },
  }
}

import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { PlantedBug } from '@muster/control'
import { formatDuration, type PhaseResult, type RunResult, type Scenario } from '@muster/shared/scenario'
import { stringify } from 'yaml'
import { recordRun } from '../event-log/record-run.ts'
import type { EventLog } from '../event-log/write.ts'
import { openLiveStage } from '../stack/live-stage.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import { type AssertionWatch, watchAssertions } from './assertions.ts'
import { collectCertificateEnds, collectDevices, collectPolicies } from './collect.ts'
import { interruptionOf, type RunContext } from './context.ts'
import { type FaultTimeline, startFaults, type Trouble } from './fault-timeline.ts'
import { historyVerdict } from './history.ts'
import { historyText, invariantsOf, judge } from './judge.ts'
import { type BaselineRun, judgeThresholds } from './judge-thresholds.ts'
import { createMeasuring, toldClient } from './measuring.ts'
import { createObserver } from './observer.ts'
import { patientClient } from './patient-client.ts'
import { runPhase } from './phases.ts'
import { populate } from './populate.ts'
import { checkFaultsPossible } from './possible-faults.ts'
import type { Stage } from './stage.ts'
import { prepareTenant } from './tenant.ts'
import { startWatch, type Watch } from './watch.ts'

export interface RunOptions {
  readonly scenario: Scenario
  readonly file: string
  readonly runId: string
  readonly command: string
  /** Where stores, keys and logs of this run lie. */
  readonly dataDir: string
  readonly env: NodeJS.ProcessEnv
  readonly logLevel: string
  readonly signal: AbortSignal
  /** A bug planted in a virtual world, to see that it is found. */
  readonly plantedBug?: PlantedBug | undefined
  /** A former run that this one is compared with. */
  readonly baseline?: BaselineRun
  /** Told of everything notable, for the terminal. */
  readonly onNote: (atMs: number, what: string, text: string) => void
  readonly onStart?: (context: RunContext) => void
  /** Where the run is written down as it goes. */
  readonly log?: EventLog
}

/**
 * Run a scenario to a verdict: live, or in a virtual world, as its clock says. Everything that was started has ended when
 * this settles, also when it is interrupted or fails.
 * @throws CodedError when the environment is not ready, or the scenario wants a fault that cannot happen there
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const startedWallMs = Date.now()
  let stage: Stage | undefined
  const onEvent = (what: string, text: string): void =>
    options.onNote(stage?.clock.nowMs() ?? startedWallMs, what, text)
  checkFaultsPossible(options.scenario, options.env)
  const open = options.scenario.clock.mode === 'virtual' ? openVirtualStage : openLiveStage
  stage = await open({ ...options, onEvent })
  const opened = stage
  try {
    const signal = AbortSignal.any([options.signal, opened.lost])
    return await opened.perform(() => performOn(opened, { ...options, signal }, startedWallMs))
  } finally {
    await opened.stop()
  }
}

/** Perform a scenario on a stage that is open, and judge it. The stage stays open. */
export async function performOn(
  stage: Stage,
  options: Omit<RunOptions, 'dataDir' | 'env' | 'logLevel'>,
  startedWallMs: number,
): Promise<RunResult> {
  const { scenario } = options
  const giveUp = new AbortController()
  const signal = AbortSignal.any([options.signal, giveUp.signal])
  const context = contextOf(stage, { ...options, signal })
  const { observer, nowMs, startedMs } = context
  options.onStart?.(context)
  const assertions = watchAssertions(context)
  const watch = startWatch(context, assertions, giveUp, () => Date.now() - startedWallMs)
  try {
    const head = {
      version: 1,
      runId: options.runId,
      scenario: { ...scenario.metadata, file: options.file },
      seed: scenario.seed,
      mode: stage.mode,
      speed: scenario.clock.speed,
      environment: { ...machine(), ...stage.environment },
      command: options.command,
      startedWallMs,
      startedMs,
      resolvedYaml: stringify(scenario),
    } as const
    context.record.begins({ ...head, phases: scenario.phases.map(({ name }) => name) })
    await unlessAborted(context, async () => {
      await prepareTenant(context)
      await populate(context)
    })
    const phases = await runPhases(context, startFaults(context, context.trouble), { assertions, watch })
    await watch.stop()
    context.faults.push(...((await stage.heal?.()) ?? []))
    const history = await historyVerdict(context)
    context.note('history', historyText(history))
    if (!signal.aborted) await assertions.runEnds()
    const asserted = assertions.results()
    const { thresholds, metrics } = await judgeThresholds(context, watch, {
      history,
      runWallMs: Date.now() - startedWallMs,
      ...(options.baseline ? { baseline: options.baseline } : {}),
    })
    const invariants = [...invariantsOf(history, nowMs()), ...(stage.invariants?.() ?? [])]
    const shown = thresholds.map(({ invalidates: _, exitCode: __, aborted: ___, ...result }) => result)
    context.record.judged('threshold', shown)
    context.record.judged('invariant', invariants)
    const final = await observer.last()
    const judged = judge({
      phases,
      assertions: asserted,
      thresholds,
      invariants,
      interrupted: signal.aborted ? signal.reason : undefined,
      partLost: stage.lost.aborted,
    })
    const result: RunResult = {
      ...head,
      ...judged,
      endedWallMs: Date.now(),
      endedMs: nowMs(),
      phases,
      faults: context.faults.toSorted((a, b) => a.fromMs - b.fromMs),
      thresholds: shown,
      assertions: asserted,
      invariants,
      metrics,
      timeline: observer.samples,
      events: context.events,
      final,
      policies: await collectPolicies(context, final),
      history,
      certificateEnds: await collectCertificateEnds(context),
      devices: await collectDevices(context),
      ...(stage.seal ? { replay: await stage.seal() } : {}),
    }
    context.record.ends(result)
    return result
  } finally {
    observer.stop()
    await watch.stop()
  }
}

function contextOf(
  stage: Stage,
  { scenario, signal, onNote, log }: Pick<RunOptions, 'scenario' | 'signal' | 'onNote' | 'log'>,
): RunContext {
  const events: RunContext['events'] = []
  const faults: RunContext['faults'] = []
  const { keepEvents, resolution } = scenario.outputs.timeline
  const record = recordRun(log, { keepEvents })
  const nowMs = (): number => stage.clock.nowMs()
  const trouble: Trouble = { active: 0, lastMs: Number.NEGATIVE_INFINITY, open: new Set() }
  const certificates = scenario.thresholds.some(({ metric }) => metric === 'cert.expired_in_use')
  const measuring = createMeasuring(stage.client, nowMs, certificates)
  const told = { ...stage, client: toldClient(stage.client, measuring.unanswered) }
  const observer = createObserver(told.client, {
    resolutionMs: resolution,
    onStats: (stats) => {
      record.stats(stats)
      measuring.onStats(stats)
    },
    onEvent: record.device,
  })
  return {
    scenario,
    stage,
    client: scenario.faults.length > 0 ? patientClient(told, trouble, signal) : told.client,
    observer,
    measuring,
    trouble,
    startedMs: nowMs(),
    phaseSpans: [],
    rollouts: new Map(),
    signal,
    policyIds: new Map(),
    groupIds: new Map(),
    filterIds: new Map(),
    settingsNow: new Map(),
    events,
    record,
    faults,
    counts: { brokerKills: 0, devices: 0 },
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

/** An interrupted run goes on to its report; every other error ends it here. */
async function unlessAborted({ signal }: RunContext, prepare: () => Promise<void>): Promise<void> {
  try {
    signal.throwIfAborted()
    await prepare()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function runPhases(
  context: RunContext,
  faults: FaultTimeline,
  { assertions, watch }: { readonly assertions: AssertionWatch; readonly watch: Watch },
): Promise<readonly PhaseResult[]> {
  const phases: PhaseResult[] = []
  for (const phase of context.scenario.phases) {
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
  }
  await faults.end()
  await assertions.end()
  return phases
}

function machine(): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    muster: version,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cores: String(cpus().length),
  }
}

import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'
import type { PlantedBug } from '@muster/control'
import { formatDuration, type PhaseResult, type RunResult, type Scenario } from '@muster/shared/scenario'
import { stringify } from 'yaml'
import type { EventLog } from '../event-log/write.ts'
import { openLiveStage } from '../stack/live-stage.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import type { WorldImage } from '../world/world-image.ts'
import { type AssertionWatch, watchAssertions } from './assertions.ts'
import { collectCertificateEnds, collectDevices, collectPolicies } from './collect.ts'
import { interruptionOf, type RunContext } from './context.ts'
import { type FaultTimeline, startFaults } from './fault-timeline.ts'
import { historyVerdict } from './history.ts'
import { historyText, invariantsOf, judge } from './judge.ts'
import { type BaselineRun, judgeThresholds } from './judge-thresholds.ts'
import { contextOf, writeHead } from './open-context.ts'
import { runPhase } from './phases.ts'
import { populate } from './populate.ts'
import { checkFaultsPossible } from './possible-faults.ts'
import { faultsBefore, phasesLeft, type RunBefore, type RunSoFar, soFarOf } from './run-so-far.ts'
import type { Stage } from './stage.ts'
import { addNewPolicies, prepareTenant } from './tenant.ts'
import { withoutLimits } from './throttling.ts'
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
  /** A virtual run that was put down, to go on from. */
  readonly before?: PutDown
  /** `log` has what was before already. */
  readonly sameLog?: boolean
}

/** A virtual run that was put down: what the runner knew, and its world. */
export interface PutDown extends RunBefore {
  readonly image: WorldImage
}

/** Rest after a phase, and put everything down. */
export interface RestAfter {
  readonly phase: string
  /** Called when everything is at rest; `save` puts the world down into an empty directory. */
  readonly putDown: (soFar: RunSoFar, save: NonNullable<Stage['save']>) => Promise<void>
}

/** A run that came to its verdict, or was put down. */
export type RunPart = { readonly result: RunResult } | { readonly soFar: RunSoFar }

/**
 * Run a scenario to a verdict: live, or in a virtual world, as its clock says. Everything that was started has ended when
 * this settles, also when it is interrupted or fails.
 * @throws CodedError when the environment is not ready, or the scenario wants a fault that cannot happen there
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  return resultOf(await runPart(options))
}

/** Run a scenario to a verdict or, where a phase before that ends well, to its rest. */
export async function runPart(options: RunOptions, restAfter?: RestAfter): Promise<RunPart> {
  const startedWallMs = Date.now()
  let stage: Stage | undefined
  const onEvent = (what: string, text: string): void =>
    options.onNote(stage?.clock.nowMs() ?? startedWallMs, what, text)
  checkFaultsPossible(options.scenario, options.env)
  const open = options.scenario.clock.mode === 'virtual' ? openVirtualStage : openLiveStage
  stage = await open({ ...options, onEvent, image: options.before?.image })
  const opened = stage
  try {
    const signal = AbortSignal.any([options.signal, opened.lost])
    const part = await opened.perform(() =>
      performPart(opened, { ...options, signal }, startedWallMs, restAfter?.phase),
    )
    if ('soFar' in part && opened.save) await restAfter?.putDown(part.soFar, opened.save)
    return part
  } finally {
    await opened.stop()
  }
}

type PerformOptions = Omit<RunOptions, 'dataDir' | 'env' | 'logLevel'>

/** Perform a scenario on a stage that is open, and judge it. The stage stays open. */
export async function performOn(stage: Stage, options: PerformOptions, startedWallMs: number): Promise<RunResult> {
  return resultOf(await performPart(stage, options, startedWallMs))
}

function resultOf(part: RunPart): RunResult {
  if ('result' in part) return part.result
  throw new Error('a run that was not to be put down comes to its verdict')
}

async function performPart(
  stage: Stage,
  options: PerformOptions,
  startedWallMs: number,
  restAfter?: string,
): Promise<RunPart> {
  const { scenario, before } = options
  const giveUp = new AbortController()
  const signal = AbortSignal.any([options.signal, giveUp.signal])
  const context = contextOf(stage, { ...options, signal })
  const { observer, nowMs, startedMs } = context
  options.onStart?.(context)
  const assertions = watchAssertions(context, before?.soFar.asserted)
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
    if (!options.sameLog) writeHead(context, head, before)
    await unlessAborted(context, () =>
      withoutLimits(context, async () => {
        if (before) return addNewPolicies(context)
        await prepareTenant(context)
        if (!scenario.phases.some(({ enrol }) => enrol)) await populate(context)
      }),
    )
    const faults = startFaults(context, context.trouble, before && faultsBefore(before))
    const { phases, rests } = await runPhases(context, { faults, assertions, watch }, { before, restAfter })
    if (rests) {
      await watch.stop()
      const [waiting, asserted] = [await faults.rest(), await assertions.rest()]
      await context.measuring.poll()
      await stage.rest?.()
      return { soFar: soFarOf(context, { phases, waiting, asserted }) }
    }
    await faults.end()
    await assertions.end()
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
    return { result }
  } finally {
    observer.stop()
    await watch.stop()
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

/** Phases in order, to the last or to the one that the run rests after. */
async function runPhases(
  context: RunContext,
  {
    faults,
    assertions,
    watch,
  }: { readonly faults: FaultTimeline; readonly assertions: AssertionWatch; readonly watch: Watch },
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

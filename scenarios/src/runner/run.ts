import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

import { CodedError } from '@muster/shared/core'
import {
  type ExpectationResult,
  formatDuration,
  managedCount,
  type PhaseResult,
  populationOf,
  type RunResult,
  type Scenario,
  type Verdict,
} from '@muster/shared/scenario'
import { stringify } from 'yaml'
import { createHttpClient } from '../client/http-client.ts'
import { type Stack, startStack } from '../stack/stack.ts'
import { collectDevices, collectPolicies } from './collect.ts'
import { interruptionOf, type RunContext } from './context.ts'
import { checkAssertions, checkThresholds, historyVerdict } from './expectations.ts'
import { fillGroups } from './members.ts'
import { createObserver } from './observer.ts'
import { runPhase } from './phases.ts'
import { prepareTenant } from './tenant.ts'

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
  /** Told of everything notable, for the terminal. */
  readonly onNote: (atMs: number, what: string, text: string) => void
  readonly onStart?: (context: RunContext) => void
}

/** Exit codes; of several that apply: invalid run, part lost, invariant, assertion, threshold, phase. */
const EXIT = {
  passed: 0,
  timedOut: 5,
  threshold: 10,
  assertion: 11,
  invariant: 12,
  partLost: 14,
  invalid: 20,
  interrupted: 130,
} as const

const DEVICES_PER_WORKER = 10_000
const ENROL_TIMEOUT_WALL_MS = 300_000
/** How long a part that no longer answers has to say why. */
const LAST_WORDS_MS = 3_000

/**
 * Run a scenario on a live fleet to a verdict. Everything that was started has ended when this settles, also when it is
 * interrupted or fails.
 * @throws CodedError when the environment is not ready
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const { scenario } = options
  const startedWallMs = Date.now()
  const { speed, start } = scenario.clock
  const originMs = start === undefined ? startedWallMs : Date.parse(start)
  const workers = scenario.workers ?? Math.max(1, Math.ceil(scenario.population.size / DEVICES_PER_WORKER))
  const note = (what: string, text: string): void => options.onNote(nowMs(), what, text)
  const nowMs = (): number => Math.floor(originMs + (Date.now() - startedWallMs) * speed)
  const lost = new AbortController()
  const stack = await startStack({
    dataDir: options.dataDir,
    tenant: scenario.tenant.name,
    workers,
    capacity: Math.ceil(scenario.population.size / workers) + 1,
    clock: { originWallMs: startedWallMs, originMs, speed },
    port: 0,
    keepFleets: false,
    logLevel: options.logLevel,
    env: options.env,
    onEvent: note,
    onLost: (error) => lost.abort(error),
  })
  try {
    const signal = AbortSignal.any([options.signal, lost.signal])
    return await runOn(stack, { ...options, signal }, { startedWallMs, nowMs, lost: lost.signal })
  } catch (error) {
    // What fails because a part is gone is not the story; that it is gone is, and word of it may come a moment later.
    if (error instanceof CodedError && error.code === 'client/unreachable') await within(LAST_WORDS_MS, lost.signal)
    lost.signal.throwIfAborted()
    throw error
  } finally {
    await stack.stop()
  }
}

async function runOn(
  stack: Stack,
  options: RunOptions,
  { startedWallMs, nowMs, lost }: { startedWallMs: number; nowMs: () => number; lost: AbortSignal },
): Promise<RunResult> {
  const { scenario, signal } = options
  const client = createHttpClient(stack.connection)
  const observer = createObserver(client)
  const events: RunContext['events'] = []
  const context: RunContext = {
    scenario,
    client,
    observer,
    signal,
    breaker: { killBroker: (downMs) => killAndWait(stack, downMs), killControl: () => stack.restartControl() },
    policyIds: new Map(),
    groupIds: new Map(),
    filterIds: new Map(),
    settingsNow: new Map(),
    events,
    faults: [],
    counts: { brokerKills: 0, devices: 0 },
    nowMs,
    note: (what, text) => {
      events.push({ atMs: nowMs(), what, text })
      options.onNote(nowMs(), what, text)
    },
  }
  options.onStart?.(context)
  try {
    const startedMs = nowMs()
    await unlessAborted(context, async () => {
      await prepareTenant(context)
      await populate(context)
    })
    const { phases, assertions } = await runPhases(context)
    const history = await historyVerdict(context)
    context.note('history', historyText(history))
    const atEnd = signal.aborted ? [] : [...assertions, ...(await checkAssertions(context, 'end'))]
    const thresholds = signal.aborted ? [] : await checkThresholds(context, Date.now() - startedWallMs)
    const invariants = invariantsOf(history, nowMs())
    const final = await observer.refresh()
    const judged = judge({
      phases,
      assertions: atEnd,
      thresholds,
      invariants,
      interrupted: signal.aborted ? signal.reason : undefined,
      partLost: lost.aborted,
    })
    return {
      version: 1,
      runId: options.runId,
      scenario: { ...scenario.metadata, file: options.file },
      seed: scenario.seed,
      speed: scenario.clock.speed,
      environment: environmentOf(stack),
      command: options.command,
      ...judged,
      startedWallMs,
      endedWallMs: Date.now(),
      startedMs,
      endedMs: nowMs(),
      phases,
      faults: context.faults,
      thresholds: thresholds.map(({ invalidates: _, ...result }) => result),
      assertions: atEnd,
      invariants,
      timeline: observer.samples,
      events,
      final,
      policies: await collectPolicies(context, final),
      history,
      devices: await collectDevices(context),
      resolvedYaml: stringify(scenario),
    }
  } finally {
    observer.stop()
    client.close()
  }
}

const within = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    const now = (): void => {
      clearTimeout(timer)
      resolve()
    }
    if (signal.aborted) now()
    else signal.addEventListener('abort', now, { once: true })
  })

/** An interrupted run goes on to its report; every other error ends it here. */
async function unlessAborted({ signal }: RunContext, prepare: () => Promise<void>): Promise<void> {
  try {
    signal.throwIfAborted()
    await prepare()
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

async function killAndWait(stack: Stack, downMs: number): Promise<void> {
  const before = stack.nats.pid
  await stack.nats.kill({ downMs })
  const deadline = Date.now() + downMs + 30_000
  while (stack.nats.pid === undefined || stack.nats.pid === before) {
    if (Date.now() > deadline) throw new CodedError('stack/start-failed', 'nats-server did not come back')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

/** Make the devices and see them enrol. */
async function populate(context: RunContext): Promise<void> {
  const { scenario, client, observer, signal } = context
  const { devices } = (await client.call('POST', '/_muster/population', populationOf(scenario))) as { devices: number }
  context.counts.devices = devices
  context.note('world', `${devices} devices are being enrolled`)
  const wanted = managedCount(scenario)
  const deadline = Date.now() + ENROL_TIMEOUT_WALL_MS
  for (;;) {
    signal.throwIfAborted()
    const stats = await observer.refresh()
    const refused = Object.values(stats.enrolments.refused).reduce((sum, count) => sum + count, 0)
    if (stats.devices.managed + refused >= wanted) {
      context.note('world', `${stats.devices.managed} devices enrolled${refused > 0 ? `, ${refused} refused` : ''}`)
      break
    }
    if (Date.now() > deadline) {
      context.note(
        'world',
        `only ${stats.devices.managed} of ${wanted} devices enrolled in ${formatDuration(ENROL_TIMEOUT_WALL_MS)}`,
      )
      break
    }
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  await fillGroups(context)
}

async function runPhases(
  context: RunContext,
): Promise<{ phases: readonly PhaseResult[]; assertions: readonly ExpectationResult[] }> {
  const phases: PhaseResult[] = []
  const assertions: ExpectationResult[] = []
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
    const result = await runPhase(context, phase)
    context.note(
      'phase',
      `${phase.name}: ${result.outcome} after ${formatDuration(result.toMs - result.fromMs)}${result.outcome === 'done' ? '' : `, ${result.text}`}`,
    )
    phases.push(result)
    if (!context.signal.aborted) assertions.push(...(await checkAssertions(context, `end(${phase.name})`)))
  }
  return { phases, assertions }
}

const historyText = ({ sent, committed, lost, appliedTwice }: RunResult['history']): string =>
  `${sent} reports sent, ${committed} committed, ${lost} lost, ${appliedTwice} applied twice`

/** What must hold after every run. */
function invariantsOf(history: RunResult['history'], atMs: number): readonly ExpectationResult[] {
  const devices = history.problems.map((problem) => problem.split(':')[0] ?? '').slice(0, 20)
  return [
    {
      name: 'every report is committed exactly once',
      ok: history.ok,
      expected: 'sent = committed, each once',
      got: historyText(history),
      atMs,
      devices,
    },
  ]
}

interface Outcome {
  readonly phases: readonly PhaseResult[]
  readonly assertions: readonly ExpectationResult[]
  readonly thresholds: readonly (ExpectationResult & { readonly invalidates: boolean })[]
  readonly invariants: readonly ExpectationResult[]
  /** Why the run was ended before its time. */
  readonly interrupted: unknown
  readonly partLost: boolean
}

function judge({ phases, assertions, thresholds, invariants, interrupted, partLost }: Outcome): {
  verdict: Verdict
  exitCode: number
} {
  if (partLost) return { verdict: 'failed', exitCode: EXIT.partLost }
  if (isWallLimit(interrupted)) return { verdict: 'failed', exitCode: EXIT.timedOut }
  if (interrupted !== undefined) return { verdict: 'aborted', exitCode: EXIT.interrupted }
  if (thresholds.some(({ ok, invalidates }) => !ok && invalidates))
    return { verdict: 'invalid', exitCode: EXIT.invalid }
  if (invariants.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.invariant }
  if (assertions.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.assertion }
  if (thresholds.some(({ ok }) => !ok)) return { verdict: 'failed', exitCode: EXIT.threshold }
  if (phases.some(({ outcome }) => outcome !== 'done')) return { verdict: 'failed', exitCode: EXIT.timedOut }
  return { verdict: 'passed', exitCode: EXIT.passed }
}

const isWallLimit = (reason: unknown): boolean => reason instanceof CodedError && reason.code === 'run/wall-limit'

function environmentOf(stack: Stack): Readonly<Record<string, string>> {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return {
    muster: version,
    node: process.version,
    'nats-server': stack.nats.version ?? 'elsewhere',
    platform: `${process.platform} ${process.arch}`,
    cores: String(cpus().length),
  }
}

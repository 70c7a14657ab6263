import type { Connection, PlantedBug } from '@muster/control'
import type { RunResult, Scenario } from '@muster/shared/scenario'
import type { EventLog } from '../event-log/write.ts'
import { openEmptyStage } from '../stack/given-stage.ts'
import { openLiveStage } from '../stack/live-stage.ts'
import { openVirtualStage } from '../world/virtual-stage.ts'
import type { WorldImage } from '../world/world-image.ts'
import type { RunContext } from './context.ts'
import type { BaselineRun } from './judge-thresholds.ts'
import { performPart } from './perform.ts'
import { checkFaultsPossible } from './possible-faults.ts'
import type { RunBefore, RunSoFar } from './run-so-far.ts'
import type { Stage } from './stage.ts'

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
  /** A Muster that runs already, in place of one that is started for the run. */
  readonly on?: Connection
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
 * Run a scenario to a verdict: live, or in a virtual world, as its clock says, or on a Muster that runs already. Everything that was started has ended when
 * this settles, also when it is interrupted or fails.
 * @throws CodedError when the environment is not ready, or the scenario wants a fault that cannot happen there
 */
export async function runScenario(options: RunOptions): Promise<RunResult> {
  const part = await runPart(options)
  if ('result' in part) return part.result
  throw new Error('a run that was not to be put down comes to its verdict')
}

/** Run a scenario to a verdict or, where a phase before that ends well, to its rest. */
export async function runPart(options: RunOptions, restAfter?: RestAfter): Promise<RunPart> {
  const wall = { startedMs: Date.now(), nowMs: () => Date.now() }
  let stage: Stage | undefined
  const onEvent = (what: string, text: string): void =>
    options.onNote(stage?.clock.nowMs() ?? wall.startedMs, what, text)
  const { on } = options
  checkFaultsPossible(options.scenario, on ? 'given' : options.env)
  const open = options.scenario.clock.mode === 'virtual' ? openVirtualStage : openLiveStage
  stage = on ? await openEmptyStage(on) : await open({ ...options, onEvent, image: options.before?.image })
  const opened = stage
  try {
    const signal = AbortSignal.any([options.signal, opened.lost])
    const part = await opened.perform(() => performPart(opened, { ...options, signal }, wall, restAfter?.phase))
    if ('soFar' in part && opened.save) await restAfter?.putDown(part.soFar, opened.save)
    return part
  } finally {
    await opened.stop()
  }
}

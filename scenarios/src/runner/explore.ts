import type { PlantedBug } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import type { ExpectationResult, RunResult, Scenario } from '@muster/shared/scenario'
import { type PutDown, runScenario } from './run.ts'

export interface ExploreOptions {
  readonly scenario: Scenario
  readonly file: string
  /** How many worlds are made, each from a seed of its own. */
  readonly seeds: number
  readonly plantedBug?: PlantedBug | undefined
  /** What every world goes on from; read anew for each. */
  readonly before?: (() => PutDown) | undefined
  readonly signal: AbortSignal
  /** The command that repeats the run of one seed. */
  readonly commandFor: (seed: string) => string
  readonly onRun?: (run: ExploredRun, done: number) => void
}

/** What came of one seed. */
export interface ExploredRun {
  readonly seed: string
  readonly exitCode: number
  /** What did not hold, in words; empty when all did. */
  readonly failed: readonly string[]
  readonly command: string
  readonly replay?: RunResult['replay']
  readonly wallMs: number
}

export interface Exploration {
  readonly scenario: string
  /** Runs that came to an end. */
  readonly runs: number
  readonly failures: readonly ExploredRun[]
  readonly wallMs: number
}

/**
 * Run a scenario from many seeds, each in a virtual world of its own, and keep every one that failed. Nothing is shrunk: a
 * seed and the command that repeats it are small already.
 */
export async function explore(options: ExploreOptions): Promise<Exploration> {
  const { scenario, seeds, signal } = options
  const startedMs = Date.now()
  const failures: ExploredRun[] = []
  let runs = 0
  for (let number = 1; number <= seeds && !signal.aborted; number++) {
    const run = await runSeed(options, `${scenario.seed}-${number}`)
    if (signal.aborted) break
    runs++
    if (run.exitCode !== 0) failures.push(run)
    options.onRun?.(run, runs)
  }
  return { scenario: scenario.metadata.name, runs, failures, wallMs: Date.now() - startedMs }
}

async function runSeed(
  { scenario, file, plantedBug, before, signal, commandFor }: ExploreOptions,
  seed: string,
): Promise<ExploredRun> {
  const startedMs = Date.now()
  const command = commandFor(seed)
  try {
    const result = await runScenario({
      scenario: { ...scenario, seed, clock: { ...scenario.clock, mode: 'virtual' } },
      file,
      runId: seed,
      command,
      dataDir: '',
      env: {},
      logLevel: 'silent',
      signal,
      plantedBug,
      ...(before ? { before: before() } : {}),
      onNote: () => undefined,
    })
    const { exitCode, replay } = result
    return {
      seed,
      exitCode,
      failed: failuresOf(result),
      command,
      ...(replay ? { replay } : {}),
      wallMs: Date.now() - startedMs,
    }
  } catch (error) {
    if (signal.aborted) return { seed, exitCode: 130, failed: ['interrupted'], command, wallMs: 0 }
    const text =
      error instanceof CodedError ? `${error.message} [${error.code}]` : String((error as Error).stack ?? error)
    return { seed, exitCode: 1, failed: [text], command, wallMs: Date.now() - startedMs }
  }
}

function failuresOf({ phases, invariants, assertions, thresholds }: RunResult): readonly string[] {
  const text = ({ name, expected, got }: ExpectationResult): string => `${name}: ${expected} — ${got}`
  return [
    ...phases
      .filter(({ outcome }) => outcome !== 'done')
      .map(({ name, outcome, text: why }) => `${name}: ${outcome}, ${why}`),
    ...[...invariants, ...assertions, ...thresholds]
      .filter(({ ok, outcome }) => !ok && outcome === undefined)
      .map(text),
  ]
}

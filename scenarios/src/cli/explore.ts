import { join, relative, resolve } from 'node:path'
import { styleText } from 'node:util'
import { CodedError } from '@muster/shared/core'
import { formatDuration, formatProblem } from '@muster/shared/scenario'
import { writeWhole } from '../report/write.ts'
import { type Exploration, type ExploredRun, explore } from '../runner/explore.ts'
import { openPutDown } from '../snapshot/virtual.ts'
import { abortOnSignal } from './interrupt.ts'
import { plantedBugOf } from './planted-bug.ts'
import { readScenario } from './read-scenario.ts'
import { adjusted, commandOf, type ScenarioFlags } from './run-flags.ts'
import type { SnapshotFlags } from './snapshot-flags.ts'

interface ExploreFlags extends ScenarioFlags, SnapshotFlags {
  readonly seeds: string
  readonly out: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/**
 * Run a scenario from many seeds and name every one that fails. Answers the exit code: 0, or that of the first failure; 130
 * when interrupted, with what there was until then.
 */
export async function runSeeds(file: string, flags: ExploreFlags): Promise<number> {
  const seeds = Number(flags.seeds)
  if (!Number.isInteger(seeds) || seeds < 1)
    throw new CodedError('cli/usage', `--seeds must be a whole number from 1, not ${JSON.stringify(flags.seeds)}`)
  const read = readScenario(file, flags.set)
  if (!read.ok) {
    for (const problem of read.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    return 3
  }
  const virtual: ScenarioFlags = { ...flags, speed: 'virtual' }
  const scenario = adjusted(read.scenario, virtual)
  const { from, snapshots, snapshotAfter } = flags
  if (snapshotAfter !== undefined)
    throw new CodedError('cli/usage', '--snapshot-after is for one world, not for many seeds')
  const interrupt = new AbortController()
  const release = abortOnSignal(interrupt)
  try {
    const found = await explore({
      scenario,
      file: relative(process.cwd(), file),
      seeds,
      plantedBug: plantedBugOf(flags.plant),
      before: from === undefined ? undefined : () => openPutDown(snapshots, from, scenario),
      signal: interrupt.signal,
      commandFor: (seed) => commandOf(file, seed, virtual),
      onRun: (run, done) => {
        if (!flags.json && !flags.quiet) tell(run, done, seeds)
      },
    })
    const path = join(resolve(flags.out), `${scenario.metadata.name}-seeds.json`)
    writeWhole(path, `${JSON.stringify(found, null, 2)}\n`)
    if (flags.json) process.stdout.write(`${JSON.stringify(found)}\n`)
    else process.stdout.write(`\n${summary(found, seeds)}\nreport: ${relative(process.cwd(), path)}\n`)
    return interrupt.signal.aborted ? 130 : (found.failures[0]?.exitCode ?? 0)
  } finally {
    release()
  }
}

/** Each failure as it comes, and ten lines of progress between them. */
function tell({ seed, exitCode, failed, command, wallMs }: ExploredRun, done: number, seeds: number): void {
  if (exitCode !== 0) {
    process.stdout.write(
      `  ${styleText('red', '✗')} ${seed}: ${failed[0] ?? `exit code ${exitCode}`}\n      ${command}\n`,
    )
  }
  if (done % Math.max(1, Math.ceil(seeds / 10)) === 0)
    process.stdout.write(`  ${done} of ${seeds} seeds, the last in ${formatDuration(wallMs)}\n`)
}

function summary({ scenario, runs, failures, wallMs }: Exploration, seeds: number): string {
  const time = formatDuration(wallMs)
  if (runs < seeds) return `ABORTED  ${scenario}: ${runs} of ${seeds} seeds in ${time}, ${failures.length} failed`
  return failures.length === 0
    ? `${styleText(['green', 'bold'], 'PASSED')}  ${scenario}: ${runs} seeds in ${time}`
    : `${styleText(['red', 'bold'], 'FAILED')}  ${scenario}: ${failures.length} of ${runs} seeds in ${time}`
}

import { existsSync, mkdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { formatDuration, formatProblem, type RunResult, type Scenario } from '@muster/shared/scenario'
import { type Command, Option } from 'commander'
import { EVENT_LOG, openEventLog } from '../event-log/write.ts'
import { renderSummary, writeReports } from '../report/index.ts'
import type { RunOptions } from '../runner/run.ts'
import { baselineOf } from './baseline.ts'
import { connectionIn } from './data-directory.ts'
import { runSeeds } from './explore.ts'
import { abortOnSignal } from './interrupt.ts'
import { createLiveView, type LiveView } from './live-view.ts'
import { openInBrowser } from './open-file.ts'
import { plantedBugOf } from './planted-bug.ts'
import { readScenario } from './read-scenario.ts'
import { formatsOf, reportOption } from './report-formats.ts'
import { adjusted, commandOf, type ScenarioFlags, withScenarioOptions } from './run-flags.ts'
import { flagsFrom, runWithSnapshots, type SnapshotFlags, withSnapshotOptions } from './snapshot-flags.ts'

export interface RunFlags extends ScenarioFlags, SnapshotFlags {
  readonly seeds?: string
  readonly out: string
  readonly report?: string
  readonly name?: string
  readonly open: 'never' | 'on-failure'
  readonly baseline?: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly logLevel: string
  readonly keepData?: boolean
  readonly on?: string
}

export function addRun(program: Command): void {
  const command = program
    .command('run')
    .description('run scenarios on a live fleet to a verdict')
    .argument('<scenario...>', 'scenario files')
    .option('--chaos [every]', 'faults by chance in a virtual world, so often on average (30m)')
    .option('--seeds <n>', 'run so many seeds, each in a virtual world, and name those that fail')
    .addOption(
      new Option(
        '--plant <bug>',
        'plant a bug, to see that it is found: ack-before-commit, lost-batches, short-certificates',
      ).hideHelp(),
    )
    .option('--baseline <run>', 'compare with a former run: its name or folder, or `last-passed`')
    .option('--on <file>', 'on a Muster that runs already and goes on: its connection.json; its clock is the one')
    .option('--keep-data', 'keep stores and keys of the run beside its reports')
  withSnapshotOptions(withOutputOptions(withScenarioOptions(command))).action(
    async (files: string[], given: RunFlags) => {
      let exitCode = 0
      formatsOf(given.report)
      checkName(given, files)
      const flags = flagsFrom(given)
      for (const file of files) {
        const { seeds } = flags
        exitCode = worse(
          exitCode,
          seeds === undefined ? await runOne(file, flags) : await runSeeds(file, { ...flags, seeds }),
        )
      }
      process.exitCode = exitCode
    },
  )
}

/** Where a run is written, and what is printed of it. */
export const withOutputOptions = (command: Command): Command =>
  command
    .option('--out <dir>', 'where runs are kept', 'runs')
    .option('--name <name>', 'what the run is called, in place of its time and scenario')
    .addOption(reportOption("what the scenario's outputs.reports says"))
    .addOption(new Option('--open <when>', 'the page in a browser').choices(['never', 'on-failure']).default('never'))
    .option('--json', 'print the result as JSON on stdout, and nothing else')
    .option('-q, --quiet', 'print the summary only')
    .option('--log-level <level>', 'of the services, for their log files', 'warn')

/** Exit codes from the gravest to the mildest. */
const gravity = [130, 143, 1, 2, 3, 4, 14, 20, 12, 13, 11, 10, 5, 0]

/** Codes that thresholds have of their own weigh as much as the one for thresholds. */
const weight = (code: number): number => gravity.indexOf(code >= 40 && code < 60 ? 10 : code)

const worse = (a: number, b: number): number => (weight(a) <= weight(b) ? a : b)

async function runOne(file: string, flags: RunFlags): Promise<number> {
  const read = readScenario(file, flags.set)
  if (!read.ok) {
    for (const problem of read.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    return 3
  }
  const scenario = adjusted(read.scenario, flags)
  if (flags.on !== undefined && scenario.clock.mode === 'virtual')
    throw new CodedError('cli/usage', '--on is for live runs: the scenario, or --speed, wants a virtual world')
  return runToVerdict(scenario, file, flags)
}

/** Run a scenario, write its reports, and answer the exit code. */
export async function runToVerdict(scenario: Scenario, file: string, flags: RunFlags): Promise<number> {
  const baseline = await baselineOf(scenario, flags)
  const runId = flags.name ?? newRunId(scenario.metadata.name)
  const dir = resolve(flags.out, runId)
  const dataDir = join(dir, 'data')
  if (existsSync(join(dir, EVENT_LOG)))
    throw new CodedError(
      'cli/file-exists',
      `${relative(process.cwd(), dir)} is a run that has been: choose another --name`,
    )
  makeDir(dataDir)
  const interrupt = new AbortController()
  const release = onInterrupt(interrupt, scenario.limits.wall)
  const view: LiveView = createLiveView({ scenario, quiet: flags.quiet === true || flags.json === true })
  // What broke the log may end the run as well, and then says so itself.
  let logEndedBy: string | undefined
  const log = openEventLog(join(dir, EVENT_LOG), ({ message }) => {
    logEndedBy = message
  })
  try {
    const options: RunOptions = {
      scenario,
      file: relative(process.cwd(), file),
      runId,
      command: commandOf(file, scenario.seed, flags),
      plantedBug: plantedBugOf(flags.plant),
      dataDir,
      env: process.env,
      logLevel: flags.logLevel,
      signal: interrupt.signal,
      log,
      ...(baseline ? { baseline } : {}),
      ...(flags.on === undefined ? {} : { on: connectionIn(flags.on) }),
      onNote: (atMs, what, text) => view.note(atMs, what, text),
      onStart: ({ observer, nowMs }) => view.watch(observer, nowMs),
    }
    const result = await runWithSnapshots(options, flags)
    view.stop()
    log.close()
    if (logEndedBy !== undefined) process.stderr.write(`muster: ${EVENT_LOG} ends before the run did: ${logEndedBy}\n`)
    return await finish(result, dir, { ...flags, report: flags.report ?? scenario.outputs.reports.join(',') })
  } catch (error) {
    view.stop()
    if (interrupt.signal.reason instanceof CodedError) throw interrupt.signal.reason
    if (interrupt.signal.aborted) {
      process.stderr.write('muster: interrupted before there was anything to report\n')
      rmSync(dir, { recursive: true, force: true })
      return 130
    }
    throw error
  } finally {
    release()
    log.close()
    if (!flags.keepData) rmSync(dataDir, { recursive: true, force: true })
  }
}

const newRunId = (scenario: string): string =>
  `${new Date()
    .toISOString()
    .replace(/[-:]|\.\d+Z/g, '')
    .replace('T', '-')}-${scenario}`

/** A name is that of one run, and of a directory. @throws CodedError `cli/usage` */
function checkName({ name }: RunFlags, files: readonly string[]): void {
  if (name === undefined) return
  if (!/^[\w][\w.-]*$/.test(name))
    throw new CodedError('cli/usage', `--name takes letters, digits, dots and hyphens, not ${JSON.stringify(name)}`)
  if (files.length > 1) throw new CodedError('cli/usage', '--name is for one scenario, not for several')
}

function makeDir(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 })
  } catch (error) {
    throw new CodedError(
      'cli/unwritable',
      `${dir} cannot be made: ${(error as Error).message}. Choose another place with --out`,
      { cause: error },
    )
  }
}

/** Ctrl-C ends the run in order, with a report of what there is; the wall limit does the same. */
function onInterrupt(interrupt: AbortController, wallLimitMs: number): () => void {
  const release = abortOnSignal(interrupt)
  const timer = setTimeout(() => {
    interrupt.abort(new CodedError('run/wall-limit', `the wall limit of ${formatDuration(wallLimitMs)} was reached`))
  }, wallLimitMs)
  return () => {
    clearTimeout(timer)
    release()
  }
}

async function finish(result: RunResult, dir: string, flags: RunFlags): Promise<number> {
  const paths = await writeReports(result, { dir, formats: formatsOf(flags.report) })
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    const shown = Object.values(paths).map((path) => relative(process.cwd(), String(path)) || String(path))
    process.stdout.write(renderSummary(result, { reports: shown, rerun: result.command }))
  }
  if (flags.open === 'on-failure' && result.exitCode !== 0 && paths.html !== undefined) openInBrowser(paths.html)
  return result.exitCode
}

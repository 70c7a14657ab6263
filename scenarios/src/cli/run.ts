import { mkdirSync, rmSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { formatDuration, formatProblem, type RunResult, type Scenario } from '@muster/shared/scenario'
import type { Command } from 'commander'
import { renderSummary, writeReports } from '../report/index.ts'
import { runScenario } from '../runner/run.ts'
import { createLiveView, type LiveView } from './live-view.ts'
import { readScenario } from './read-scenario.ts'

interface RunFlags {
  readonly seed?: string
  readonly scale?: string
  readonly speed?: string
  readonly out: string
  readonly report: string
  readonly json?: boolean
  readonly quiet?: boolean
  readonly logLevel: string
  readonly keepData?: boolean
}

export function addRun(program: Command): void {
  program
    .command('run')
    .description('run scenarios on a live fleet to a verdict')
    .argument('<scenario...>', 'scenario files')
    .option('--seed <seed>', 'another seed than the scenario has; `random` for a new one')
    .option('--scale <factor>', 'multiply the size of the population')
    .option('--speed <factor>', 'simulated seconds in a wall second, or `virtual`: a whole world in one process')
    .option('--out <dir>', 'where runs are kept', 'runs')
    .option('--report <formats>', 'html, json, junit: any of them, with commas', 'html,json,junit')
    .option('--json', 'print the result as JSON on stdout, and nothing else')
    .option('-q, --quiet', 'print the summary only')
    .option('--log-level <level>', 'of the services, for their log files', 'warn')
    .option('--keep-data', 'keep stores and keys of the run beside its reports')
    .action(async (files: string[], flags: RunFlags) => {
      let exitCode = 0
      formatsOf(flags.report)
      for (const file of files) exitCode = worse(exitCode, await runOne(file, flags))
      process.exitCode = exitCode
    })
}

/** Exit codes from the gravest to the mildest. */
const gravity = [130, 143, 1, 2, 3, 4, 14, 20, 12, 13, 11, 10, 5, 0]

const worse = (a: number, b: number): number => (gravity.indexOf(a) <= gravity.indexOf(b) ? a : b)

async function runOne(file: string, flags: RunFlags): Promise<number> {
  const read = readScenario(file)
  if (!read.ok) {
    for (const problem of read.problems) process.stderr.write(`${formatProblem(problem)}\n`)
    return 3
  }
  const scenario = adjusted(read.scenario, flags)
  const runId = `${new Date()
    .toISOString()
    .replace(/[-:]|\.\d+Z/g, '')
    .replace('T', '-')}-${scenario.metadata.name}`
  const dir = resolve(flags.out, runId)
  const dataDir = join(dir, 'data')
  makeDir(dataDir)
  const interrupt = new AbortController()
  const release = onInterrupt(interrupt, scenario.limits.wall)
  const view: LiveView = createLiveView({ scenario, quiet: flags.quiet === true || flags.json === true })
  try {
    const result = await runScenario({
      scenario,
      file: relative(process.cwd(), file),
      runId,
      command: `muster run ${relative(process.cwd(), file)} --seed ${scenario.seed}${flags.scale ? ` --scale ${flags.scale}` : ''}${flags.speed ? ` --speed ${flags.speed}` : ''}`,
      dataDir,
      env: process.env,
      logLevel: flags.logLevel,
      signal: interrupt.signal,
      onNote: (atMs, what, text) => view.note(atMs, what, text),
      onStart: ({ observer, nowMs }) => view.watch(observer, nowMs),
    })
    view.stop()
    return await finish(result, dir, flags)
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
    if (!flags.keepData) rmSync(dataDir, { recursive: true, force: true })
  }
}

function adjusted(scenario: Scenario, { seed, scale, speed }: RunFlags): Scenario {
  const size =
    scale === undefined
      ? scenario.population.size
      : Math.max(1, Math.round(scenario.population.size * numberOf(scale, '--scale')))
  return {
    ...scenario,
    seed: seed === 'random' ? String(Math.floor(Math.random() * 1e9)) : (seed ?? scenario.seed),
    clock: clockOf(scenario.clock, speed),
    population: { ...scenario.population, size },
  }
}

function clockOf(clock: Scenario['clock'], speed: string | undefined): Scenario['clock'] {
  if (speed === undefined) return clock
  if (speed === 'virtual') return { ...clock, mode: 'virtual' }
  return { ...clock, mode: 'scaled', speed: numberOf(speed, '--speed') }
}

const reportFormats = ['html', 'json', 'junit'] as const

function formatsOf(text: string): (typeof reportFormats)[number][] {
  return text.split(',').map((part) => {
    const format = reportFormats.find((known) => known === part.trim())
    if (format) return format
    throw new CodedError('cli/usage', `--report takes ${reportFormats.join(', ')}, not ${JSON.stringify(part)}`)
  })
}

function numberOf(text: string, flag: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new CodedError('cli/usage', `${flag} must be a number above 0, not ${JSON.stringify(text)}`)
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
  const stop = (): void => interrupt.abort(new Error('interrupted'))
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  const timer = setTimeout(() => {
    interrupt.abort(new CodedError('run/wall-limit', `the wall limit of ${formatDuration(wallLimitMs)} was reached`))
  }, wallLimitMs)
  return () => {
    clearTimeout(timer)
    process.off('SIGINT', stop)
    process.off('SIGTERM', stop)
  }
}

async function finish(result: RunResult, dir: string, flags: RunFlags): Promise<number> {
  const paths = await writeReports(result, { dir, formats: formatsOf(flags.report) })
  if (flags.json) process.stdout.write(`${JSON.stringify(result)}\n`)
  else {
    const shown = Object.values(paths).map((path) => relative(process.cwd(), String(path)) || String(path))
    process.stdout.write(renderSummary(result, { reports: shown, rerun: result.command }))
  }
  return result.exitCode
}

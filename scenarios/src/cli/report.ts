import { writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { CodedError } from '@muster/shared/core'
import type { RunResult } from '@muster/shared/scenario'
import { type Command, Option } from 'commander'
import { compareRuns, comparisonText, mergedJunit, renderSummary, writeReports } from '../report/index.ts'
import { CSV_TABLES, type CsvTable, EXPORT_FORMATS, type ExportFormat, exported } from './export-run.ts'
import { openInBrowser } from './open-file.ts'
import { renderRecords } from './records.ts'
import { formatsOf, reportOption } from './report-formats.ts'
import { dirOfRun, readLoggedRun, readRun, runsIn } from './runs.ts'

interface OutFlags {
  readonly out: string
  readonly json?: boolean
}

/** What `--fail-on regress` ends with. */
const REGRESSED_EXIT = 15

/** `muster report …`: look at runs that have been. */
export function addReport(program: Command): void {
  const report = program.command('report').description('look at runs: again, beside each other, elsewhere')
  const command = (name: string, description: string): Command =>
    report.command(name).description(description).option('--out <dir>', 'where runs are kept', 'runs')
  const run = 'its name, its directory, or `last`'
  command('list', 'runs that are kept, oldest first').option('--json', 'as JSON').action(list)
  command('show', 'what a run came to').argument('<run>', run).option('--json', 'the whole result').action(show)
  command('open', 'open the page of a run in a browser').argument('<run>', run).action(open)
  command('render', 'make the reports of a run once more from its event log, also of one that was killed')
    .argument('<run>', run)
    .addOption(reportOption('html, json, junit'))
    .action(render)
  command('diff', 'two runs beside each other')
    .argument('<one>', run)
    .argument('<other>', run)
    .option('--json', 'as JSON')
    .addOption(
      new Option('--fail-on <what>', `exit with ${REGRESSED_EXIT} when the other is worse`).choices(['regress']),
    )
    .action(diff)
  command('merge', 'the JUnit of several runs as one file')
    .argument('<run...>', run)
    .option('-o, --output <file>', 'to this file, not stdout')
    .action(merge)
  command('export', 'a run for somebody else')
    .argument('<run>', run)
    .addOption(new Option('--format <format>', 'as what').choices(EXPORT_FORMATS).default('md'))
    .addOption(new Option('--table <table>', 'csv: which').choices(CSV_TABLES).default('expectations'))
    .option('-o, --output <file>', 'to this file, not stdout')
    .action(exportRun)
}

const resultOf = (run: string, { out }: OutFlags): Promise<RunResult> => readRun(dirOfRun(run, out))

async function list({ out, json }: OutFlags): Promise<void> {
  const rows: Record<string, unknown>[] = []
  for (const run of runsIn(out)) {
    const row = await readRun(join(out, run)).then(
      ({ verdict, exitCode, scenario, seed, mode, startedWallMs }) => {
        const started = new Date(startedWallMs).toISOString()
        return { run, verdict, exitCode, scenario: scenario.name, seed, mode, started }
      },
      () => ({ run, verdict: 'unreadable' }),
    )
    rows.push(row)
  }
  const columns = ['run', 'verdict', 'exitCode', 'scenario', 'seed', 'mode', 'started']
  process.stdout.write(renderRecords(rows, columns, json ? 'json' : 'table'))
}

async function show(run: string, flags: OutFlags): Promise<void> {
  const result = await resultOf(run, flags)
  process.stdout.write(
    flags.json ? `${JSON.stringify(result, null, 2)}\n` : renderSummary(result, { reports: [], rerun: result.command }),
  )
}

function open(run: string, { out }: OutFlags): void {
  const path = join(dirOfRun(run, out), 'report.html')
  openInBrowser(path)
  process.stdout.write(`${path}\n`)
}

async function render(run: string, { out, report }: OutFlags & { readonly report?: string }): Promise<void> {
  const dir = dirOfRun(run, out)
  const formats = formatsOf(report ?? 'html,json,junit')
  const result = await readLoggedRun(dir)
  const paths = await writeReports(result, { dir, formats })
  const shown = Object.values(paths).map((path) => relative(process.cwd(), String(path)) || String(path))
  process.stdout.write(renderSummary(result, { reports: shown, rerun: result.command }))
}

async function diff(one: string, other: string, flags: OutFlags & { readonly failOn?: 'regress' }): Promise<void> {
  const comparison = compareRuns(await resultOf(one, flags), await resultOf(other, flags))
  process.stdout.write(flags.json ? `${JSON.stringify(comparison, null, 2)}\n` : comparisonText(comparison))
  if (flags.failOn === 'regress' && comparison.regressed) process.exitCode = REGRESSED_EXIT
}

interface OutputFlag extends OutFlags {
  readonly output?: string
}

async function merge(runs: readonly string[], flags: OutputFlag): Promise<void> {
  const results: RunResult[] = []
  for (const run of runs) results.push(await resultOf(run, flags))
  put(mergedJunit(results), flags)
}

async function exportRun(
  run: string,
  flags: OutputFlag & { readonly format: ExportFormat; readonly table: CsvTable },
): Promise<void> {
  put(exported(await resultOf(run, flags), flags), flags)
}

function put(text: string, { output }: OutputFlag): void {
  if (output === undefined) {
    process.stdout.write(text)
    return
  }
  try {
    writeFileSync(output, text)
  } catch (cause) {
    throw new CodedError('cli/unwritable', `${output} cannot be written: ${(cause as Error).message}`, { cause })
  }
}

import { formatDuration, type RunResult } from '@muster/shared/scenario'
import { judgedOf } from './expectations.ts'
import { heldOf, markOf, worstFirst } from './held.ts'
import { elapsedText } from './times.ts'

/** A cell of a table: nothing in it ends the cell or is taken for markup. */
const cell = (text: string): string =>
  text
    .replace(/[\\`*_{}[\]<>|#]/g, (char) => `\\${char}`)
    .replace(/\p{Cc}+/gu, ' ')
    .trim()

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |\n`).join('')

/** The run as Markdown, for a pull request or a chat: verdict, what failed first, expectations, phases, totals. */
export function renderMarkdown(result: RunResult): string {
  const { scenario, verdict, exitCode, startedMs, final, history, phases, command, unfinished } = result
  const judged = judgedOf(result)
  const { held, all } = heldOf(judged)
  const rows = worstFirst(judged).map((each) => [
    markOf(each),
    cell(`${each.kind} ${each.name}`),
    cell(each.expected),
    cell(each.got),
    elapsedText(each.atMs - startedMs),
  ])
  const totals = [
    ['devices', `${final.devices.managed} managed`],
    ['reports', `${history.committed} committed, ${history.lost} lost, ${history.appliedTwice} applied twice`],
    ['report to commit', `p50 ${formatDuration(final.reportAckMs.p50)}, p99 ${formatDuration(final.reportAckMs.p99)}`],
    [
      'time',
      `${formatDuration(result.endedMs - startedMs)} simulated, ${formatDuration(result.endedWallMs - result.startedWallMs)} wall`,
    ],
  ]
  return [
    `## ${verdict.toUpperCase()}: ${cell(scenario.name)}\n`,
    `${cell(unfinished ?? scenario.description) || 'A run'} (exit code ${exitCode}, seed ${cell(result.seed)})\n`,
    `${held} of ${all} expectations held.\n`,
    table(['', 'Expectation', 'Expected', 'Got', 'At'], rows),
    table(
      ['Phase', 'Outcome', 'Lasted'],
      phases.map(({ name, outcome, fromMs, toMs }) => [cell(name), outcome, formatDuration(toMs - fromMs)]),
    ),
    table(['', 'At the end'], totals),
    `Again: \`${command.replaceAll('`', "'")}\`\n`,
  ].join('\n')
}

import { styleText } from 'node:util'
import { type ExpectationResult, formatDuration, type RunResult } from '@muster/shared/scenario'
import { markOf } from './held.ts'

/** What the terminal shows at the end: expectations, totals, where the reports are and how to run it again. */
export function renderSummary(
  result: RunResult,
  { reports, rerun }: { readonly reports: readonly string[]; readonly rerun: string },
): string {
  const { final, history } = result
  const word = {
    passed: styleText(['green', 'bold'], 'PASSED'),
    failed: styleText(['red', 'bold'], 'FAILED'),
    aborted: styleText('yellow', 'ABORTED'),
    invalid: styleText('yellow', 'INVALID RUN'),
  }[result.verdict]
  const sections = [
    [
      'PHASES',
      result.phases.map(({ name, outcome, text, fromMs, toMs }) =>
        mark(
          outcome === 'done',
          `${name}: ${outcome === 'done' ? '' : `${outcome}, ${text}, `}${formatDuration(toMs - fromMs)}`,
        ),
      ),
    ],
    ['THRESHOLDS', result.thresholds.map(expectation)],
    ['INVARIANTS', result.invariants.map(expectation)],
    ['ASSERTIONS', result.assertions.map(expectation)],
    [
      'TOTALS',
      [
        `  devices      ${final.devices.managed} managed, ${final.devices.retired + final.devices.wiped + final.devices.deleted} left`,
        `  reports      ${history.sent} sent, ${history.committed} committed, ${history.lost} lost, ${history.appliedTwice} applied twice`,
        `  check-ins    ${final.checkIns.managed + final.checkIns.gated}, ${final.checkIns.refused} refused`,
        `  certificates ${final.certificates.active} active, ${final.certificates.revoked} revoked`,
        `  time         ${formatDuration(result.endedWallMs - result.startedWallMs)} wall, ${formatDuration(result.endedMs - result.startedMs)} simulated`,
        ...(result.replay ? [`  history      ${result.replay.events} events, sha256 ${result.replay.sha256}`] : []),
      ],
    ],
  ] as const
  const text = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${styleText('bold', title)}\n${lines.join('\n')}\n`)
  return `\n${text.join('\n')}\n${word}  ${result.scenario.name}, seed ${result.seed}\n${result.unfinished === undefined ? '' : `${result.unfinished}\n`}${reports.map((path) => `report: ${path}\n`).join('')}re-run: ${rerun}\n`
}

const mark = (ok: boolean, text: string): string => `  ${ok ? styleText('green', '✓') : styleText('red', '✗')} ${text}`

const expectation = (result: ExpectationResult): string => {
  const { ok, name, expected, got, outcome } = result
  const text = `${name}: ${expected} — ${got}`
  return outcome ? `  ${styleText('yellow', markOf(result))} ${text}` : mark(ok, text)
}

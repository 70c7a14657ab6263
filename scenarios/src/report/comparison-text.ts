import { styleText } from 'node:util'
import { formatDuration } from '@muster/shared/scenario'
import type { Comparison } from './compare.ts'

/** Devices that are named one by one. */
const DEVICES_SHOWN = 20

/** Two runs beside each other, for a terminal. */
export function comparisonText({ runs, verdicts, regressions, expectations, metrics, devices }: Comparison): string {
  const rows = metrics.map(({ name, unit, values: [a, b], change }) => [
    name,
    valueText(a, unit),
    valueText(b, unit),
    change === undefined ? '' : changeText(change),
  ])
  const sections: readonly (readonly [string, readonly string[]])[] = [
    ['WORSE', regressions.map((text) => `  ${styleText('red', '✗')} ${text}`)],
    [
      'EXPECTATIONS THAT CAME OUT OTHERWISE',
      expectations.map(
        ({ kind, name, outcomes: [before, after], got }) =>
          `  ${kind} ${name}: ${before} → ${after}${got[1] ? ` (${got[1]})` : ''}`,
      ),
    ],
    ['METRICS', columns([['', runs[0], runs[1], 'change'], ...rows]).map((line) => `  ${line}`)],
    [
      'DEVICES THAT ENDED OTHERWISE',
      [
        ...devices.slice(0, DEVICES_SHOWN).map(({ name, states }) => `  ${name}: ${states[0]} → ${states[1]}`),
        ...(devices.length > DEVICES_SHOWN ? [`  and ${devices.length - DEVICES_SHOWN} more`] : []),
      ],
    ],
  ]
  const body = sections
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `${styleText('bold', title)}\n${lines.join('\n')}\n`)
  return `${runs[0]} (${verdicts[0]}) → ${runs[1]} (${verdicts[1]})\n\n${body.join('\n')}`
}

function valueText(value: number | undefined, unit: Comparison['metrics'][number]['unit']): string {
  if (value === undefined) return '–'
  return unit === 'ms' ? formatDuration(value) : value.toLocaleString('en')
}

/** `+12.5%`: a change that is not seen in a tenth of a per cent is none. */
const changeText = (change: number): string =>
  Math.abs(change) < 0.000_5 ? '=' : `${change > 0 ? '+' : '−'}${(Math.abs(change) * 100).toFixed(1)}%`

function columns(rows: readonly (readonly string[])[]): string[] {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0))
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(width(0)) : cell.padStart(width(column))))
      .join('  ')
      .trimEnd(),
  )
}

import { Option } from 'commander'
import { stringify } from 'yaml'

export const OUTPUTS = ['table', 'json', 'yaml', 'csv'] as const
export type Output = (typeof OUTPUTS)[number]

export const outputOption = (): Option =>
  new Option('-o, --output <format>', 'how to write it').choices(OUTPUTS).default('table')

type Row = Readonly<Record<string, unknown>>

/** Records as people, spreadsheets or programs read them. Columns are for people and spreadsheets. */
export function renderRecords(rows: readonly Row[], columns: readonly string[], output: Output): string {
  switch (output) {
    case 'json':
      return `${JSON.stringify(rows, null, 2)}\n`
    case 'yaml':
      return stringify(rows)
    case 'csv':
      return [columns, ...rows.map((row) => columns.map((column) => text(row[column])))]
        .map((cells) => `${cells.map(csvCell).join(',')}\r\n`)
        .join('')
    case 'table':
      return table(rows, columns)
  }
}

/** One record, whole: fields below each other for people, a row for a spreadsheet. */
export function renderRecord(record: Row, output: Output): string {
  if (output === 'json') return `${JSON.stringify(record, null, 2)}\n`
  if (output === 'yaml') return stringify(record)
  if (output === 'csv') return renderRecords([record], Object.keys(record), 'csv')
  const width = Math.max(0, ...Object.keys(record).map((name) => name.length))
  return Object.entries(record)
    .map(([name, value]) => `${name.padEnd(width)}  ${plain(text(value))}\n`)
    .join('')
}

const text = (value: unknown): string =>
  value === null || value === undefined ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value)

/** RFC 4180; a cell that a spreadsheet would take for a formula is made a text, because devices name themselves. */
function csvCell(value: string): string {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** Without control characters: what a device calls itself must not move the cursor of a terminal. */
export const plain = (value: string): string => value.replace(/\p{Cc}/gu, '\ufffd')

function table(rows: readonly Row[], columns: readonly string[]): string {
  const cells = [columns, ...rows.map((row) => columns.map((column) => plain(text(row[column]))))]
  const widths = columns.map((_, index) => Math.max(...cells.map((row) => row[index]?.length ?? 0)))
  const line = (row: readonly string[]): string => row.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')
  return cells.map((row) => `${line(row).trimEnd()}\n`).join('')
}

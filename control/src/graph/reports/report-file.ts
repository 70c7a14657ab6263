import { strToU8, zipSync } from 'fflate'
import type { Cell, Column, ReportAnswer, Row } from './report-table.ts'

export type Localization = 'localizedValuesAsAdditionalColumn' | 'replaceLocalizableValues'

/** A report as the zip that clients download: one file, named like the job. */
export function reportZip(
  answer: ReportAnswer,
  {
    id,
    format,
    localization,
  }: { readonly id: string; readonly format: 'csv' | 'json'; readonly localization: Localization },
): Uint8Array {
  const columns = shownColumns(answer.columns, localization)
  const content = format === 'csv' ? csv(columns, answer.rows) : json(columns, answer.rows)
  // The time in a zip is of no use to anybody, and would make two exports of one state differ.
  return zipSync({ [`${id}.${format}`]: strToU8(content) }, { mtime: '1980-01-01T00:00:00' })
}

interface ShownColumn {
  readonly name: string
  readonly value: (row: Row) => Cell
}

function shownColumns(columns: readonly Column[], localization: Localization): readonly ShownColumn[] {
  return columns.flatMap(({ name, localized }) => {
    const plain: ShownColumn = { name, value: (row) => row[name] ?? null }
    if (!localized) return [plain]
    const read = (row: Row): Cell => localized(row[name] ?? null)
    return localization === 'replaceLocalizableValues'
      ? [{ name, value: read }]
      : [plain, { name: `${name}_loc`, value: read }]
  })
}

/** RFC 4180. A cell that a spreadsheet would take for a formula stays as it is: these files are for programs. */
function csv(columns: readonly ShownColumn[], rows: readonly Row[]): string {
  const lines = [columns.map(({ name }) => quoted(name)).join(',')]
  for (const row of rows) lines.push(columns.map(({ value }) => quoted(value(row))).join(','))
  return `${lines.join('\r\n')}\r\n`
}

function quoted(value: Cell): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function json(columns: readonly ShownColumn[], rows: readonly Row[]): string {
  const values = rows.map((row) => Object.fromEntries(columns.map(({ name, value }) => [name, value(row)])))
  return JSON.stringify({ values, continuationToken: '' })
}

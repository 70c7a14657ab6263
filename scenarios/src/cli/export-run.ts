import type { RunResult } from '@muster/shared/scenario'
import { judgedOf, renderJunit, renderMarkdown } from '../report/index.ts'
import { renderRecords } from './records.ts'

export const EXPORT_FORMATS = ['md', 'csv', 'junit'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export const CSV_TABLES = ['expectations', 'timeline', 'devices'] as const
export type CsvTable = (typeof CSV_TABLES)[number]

/** A run as a document, a table or test results. */
export function exported(
  result: RunResult,
  { format, table }: { readonly format: ExportFormat; readonly table: CsvTable },
): string {
  if (format === 'md') return renderMarkdown(result)
  if (format === 'junit') return renderJunit(result)
  const rows = tableOf(result, table)
  return renderRecords(rows, Object.keys(rows[0] ?? {}), 'csv')
}

function tableOf(result: RunResult, table: CsvTable): readonly Readonly<Record<string, unknown>>[] {
  const iso = (ms: number): string => (Number.isFinite(ms) ? new Date(ms).toISOString() : '')
  switch (table) {
    case 'expectations':
      return judgedOf(result).map(({ kind, name, ok, expected, got, atMs, devices }) => ({
        ...{ kind, name, held: ok, expected, got, at: iso(atMs) },
        devices: devices.join(' '),
      }))
    case 'timeline':
      return result.timeline.map(({ atMs, wallMs, ...sample }) => ({ at: iso(atMs), wall: iso(wallMs), ...sample }))
    case 'devices':
      return result.devices.map(({ trace: _, explanation, lastSyncMs, ...device }) => ({
        ...device,
        lastSync: iso(lastSyncMs),
        because: (explanation?.because ?? []).map(({ text }) => text).join('; '),
      }))
  }
}

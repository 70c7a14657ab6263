import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunResult } from '@muster/shared/scenario'
import { renderHtml } from './html.ts'
import { renderJunit } from './junit.ts'

export type ReportFormat = 'html' | 'json' | 'junit'

const files = {
  html: { name: 'report.html', render: renderHtml },
  json: { name: 'result.json', render: (result: RunResult): string => `${JSON.stringify(result, null, 2)}\n` },
  junit: { name: 'junit.xml', render: renderJunit },
} as const

/** Write reports into a directory, each whole or not at all. Answers their paths. */
export async function writeReports(
  result: RunResult,
  { dir, formats }: { readonly dir: string; readonly formats: readonly ReportFormat[] },
): Promise<Partial<Record<ReportFormat, string>>> {
  mkdirSync(dir, { recursive: true })
  const paths: Partial<Record<ReportFormat, string>> = {}
  for (const format of formats) {
    const { name, render } = files[format]
    const path = join(dir, name)
    writeFileSync(`${path}.draft`, render(result))
    renameSync(`${path}.draft`, path)
    paths[format] = path
  }
  return paths
}

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CodedError } from '@muster/shared/core'
import type { ReportFormat, RunResult } from '@muster/shared/scenario'
import { renderHtml } from './html.ts'
import { renderJunit } from './junit.ts'
import { renderOpenMetrics } from './openmetrics.ts'

const files = {
  html: { name: 'report.html', render: renderHtml },
  json: { name: 'result.json', render: (result: RunResult): string => `${JSON.stringify(result, null, 2)}\n` },
  junit: { name: 'junit.xml', render: renderJunit },
  openmetrics: { name: 'metrics.om.txt', render: renderOpenMetrics },
} as const satisfies Record<ReportFormat, object>

/**
 * Write reports into a directory, each whole or not at all. Answers their paths.
 * @throws CodedError `cli/unwritable`
 */
export async function writeReports(
  result: RunResult,
  { dir, formats }: { readonly dir: string; readonly formats: readonly ReportFormat[] },
): Promise<Partial<Record<ReportFormat, string>>> {
  const paths: Partial<Record<ReportFormat, string>> = {}
  for (const format of formats) {
    const { name, render } = files[format]
    const path = join(dir, name)
    writeWhole(path, render(result))
    paths[format] = path
  }
  return paths
}

/** Write a file whole or not at all. @throws CodedError `cli/unwritable` */
export function writeWhole(path: string, text: string): void {
  const draft = `${path}.draft`
  try {
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(draft, text)
    renameSync(draft, path)
  } catch (cause) {
    rmSync(draft, { force: true })
    const why = (cause as Error).message
    throw new CodedError('cli/unwritable', `${path} cannot be written: ${why}. Choose another place with --out`, {
      cause,
    })
  }
}

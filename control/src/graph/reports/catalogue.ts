import { CodedError, nearestName } from '@muster/shared/core'
import { deviceReports } from './device-reports.ts'
import { policyReports } from './policy-reports.ts'
import type { ReportTable } from './report-table.ts'

/** Every report that can be exported, by name. */
const reports: readonly ReportTable[] = [...deviceReports, ...policyReports]

/** @throws CodedError `graph/bad-body` for a name that is none, with a near one */
export function reportNamed(name: string): ReportTable {
  const found = reports.find((report) => report.name.toLowerCase() === name.toLowerCase())
  if (found) return found
  const names = reports.map((report) => report.name)
  const near = nearestName(name, names)
  throw new CodedError(
    'graph/bad-body',
    `there is no report ${JSON.stringify(name)}${near ? `; did you mean ${near}?` : `; there are ${names.join(', ')}`}`,
    { at: 'reportName' },
  )
}

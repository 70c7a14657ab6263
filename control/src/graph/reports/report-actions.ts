import { z } from 'zod'
import { parseBody } from '../body.ts'
import { answer, type GraphRoute } from '../graph-request.ts'
import { notPermitted } from '../roles/require-reach.ts'
import { sightOf } from '../roles/sight.ts'
import { reportNamed } from './catalogue.ts'
import { makeReport, type ReportAnswer } from './report-table.ts'

const Asked = z.object({
  select: z.array(z.string()).max(100).nullish(),
  filter: z.string().max(8_192).nullish(),
  search: z.string().max(200).nullish(),
  orderBy: z.array(z.string()).max(10).nullish(),
  skip: z.number().int().nonnegative().nullish(),
  top: z.number().int().nonnegative().nullish(),
})

/** Rows of one answer where `top` does not ask for fewer. */
const TOP_MAX = 1_000

/** What Graph's `get…Report` actions answer: a table, as columns and rows of values. */
function tableBody({ columns, rows, total }: ReportAnswer): Readonly<Record<string, unknown>> {
  return {
    TotalRowCount: total,
    Schema: columns.map(({ name, type }) => ({ Column: name, PropertyType: type })),
    Values: rows.map((row) => columns.map(({ name }) => row[name] ?? null)),
    SessionId: '',
  }
}

const actions: Readonly<Record<string, string>> = {
  getNoncompliantDevicesAndSettingsReport: 'NoncompliantDevicesAndSettings',
  getDeviceNonComplianceReport: 'DeviceNonCompliance',
  getDevicesWithoutCompliancePolicyReport: 'DevicesWithoutCompliancePolicy',
  getCompliancePolicyNonComplianceSummaryReport: 'NonCompliantCompliancePoliciesAggregate',
  getCompliancePolicyNonComplianceReport: 'DeviceStatusesByCompliancePolicy',
  getConfigurationPolicyNonComplianceSummaryReport: 'ConfigurationPolicyAggregate',
  getConfigurationPolicyNonComplianceReport: 'DeviceConfigurationPolicyStatuses',
}

export const reportActionRoutes: readonly GraphRoute[] = Object.entries(actions).map(([action, name]) => ({
  method: 'POST',
  path: `/deviceManagement/reports/${action}`,
  role: 'DeviceManagementConfiguration.Read.All',
  handle: async ({ control, body, reach }) => {
    const { store } = control.deps
    const table = reportNamed(name)
    if (reach.access?.may(table.action) === false) notPermitted()
    const { select, filter, search, orderBy, skip, top } = parseBody(Asked, body ?? {})
    const made = await makeReport(table, store, sightOf(store, reach, table.action), {
      ...(select ? { select } : {}),
      ...(filter ? { filter } : {}),
      ...(search ? { search } : {}),
      ...(orderBy ? { orderBy } : {}),
      skip: skip ?? 0,
      top: Math.min(top ?? TOP_MAX, TOP_MAX),
    })
    return answer(200, tableBody(made))
  },
}))

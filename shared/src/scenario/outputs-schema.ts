import { z } from 'zod'
import { Duration } from './duration.ts'
import { Baseline } from './expectation-schema.ts'

/** What a run can be told as. */
export const REPORT_FORMATS = ['html', 'json', 'junit', 'openmetrics'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

/** What a run leaves behind. */
export const Outputs = z.strictObject({
  reports: z.array(z.enum(REPORT_FORMATS)).default(['html', 'json', 'junit']),
  timeline: z
    .strictObject({
      /** Simulated time between two samples, at the least. @default as often as the service tells */
      resolution: Duration.default(0),
      /** Events of devices that the event log keeps of each phase. */
      keepEvents: z.number().int().min(0).max(100_000).default(2_000),
    })
    .prefault({}),
  /** What it is compared with. */
  baseline: Baseline.optional(),
})

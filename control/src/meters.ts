import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Quantiles } from '@muster/shared/contracts'
import { createRecent, type Recent } from './recent.ts'

/** What the service counts of itself since its start. */
export interface Meters {
  readonly enrolments: { enrolled: number; readonly refused: Record<string, number> }
  readonly checkIns: { managed: number; gated: number; refused: number }
  readonly reports: { duplicates: number; gaps: number; deadLetters: number }
  /** Check-ins, reports and renewals that were refused, by code. */
  readonly refusals: Record<string, number>
  /** Milliseconds times a thousand: histograms count whole numbers. */
  readonly reportAck: RecordableHistogram
  readonly checkIn: RecordableHistogram
  /** The newest check-in requests and Graph requests, one by one. */
  readonly recent: { readonly checkIns: Recent; readonly graphRequests: Recent }
}

/** What can be put down and gone on counting from; durations are of one machine and one start. */
export type Counted = Pick<Meters, 'enrolments' | 'checkIns' | 'reports'> & {
  readonly refusals?: Meters['refusals'] | undefined
}

export const createMeters = (before?: Counted): Meters => ({
  enrolments: { enrolled: before?.enrolments.enrolled ?? 0, refused: { ...before?.enrolments.refused } },
  checkIns: { managed: 0, gated: 0, refused: 0, ...before?.checkIns },
  reports: { duplicates: 0, gaps: 0, deadLetters: 0, ...before?.reports },
  refusals: { ...before?.refusals },
  reportAck: createHistogram(),
  checkIn: createHistogram(),
  recent: { checkIns: createRecent(), graphRequests: createRecent() },
})

/** Record milliseconds. */
export const record = (histogram: RecordableHistogram, ms: number): void =>
  histogram.record(Math.max(1, Math.round(ms * 1_000)))

export function quantilesOf(histogram: RecordableHistogram): Quantiles {
  if (histogram.count === 0) return { count: 0, p50: 0, p95: 0, p99: 0, max: 0 }
  const at = (percentile: number): number => histogram.percentile(percentile) / 1_000
  return { count: histogram.count, p50: at(50), p95: at(95), p99: at(99), max: histogram.max / 1_000 }
}

/** The same of a list of values. */
export function quantilesOfList(values: readonly number[]): Quantiles {
  if (values.length === 0) return { count: 0, p50: 0, p95: 0, p99: 0, max: 0 }
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? 0
  return { count: sorted.length, p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) }
}

import type { EpochMs } from '@muster/shared/core'

/** One value of a metric, and what it was about. */
export interface Measurement {
  /** When what was measured began, and when it was over; simulated. */
  readonly fromMs: EpochMs
  readonly atMs: EpochMs
  /** Milliseconds, or a number of things. */
  readonly value: number
  /** It did not come to a value. */
  readonly failed?: boolean
}

/** Statistics of a metric. Milliseconds, or numbers of things. */
export interface Measured {
  /** What there was to judge by; without any nothing was measured. */
  readonly samples: number
  /** Values there are, and how many more failed. */
  readonly count: number
  readonly failed: number
  readonly min: number
  readonly avg: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly max: number
}

const NOTHING: Measured = { samples: 0, count: 0, failed: 0, min: 0, avg: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0 }

/** Statistics of measurements; percentiles are the nearest of their values. */
export function measuredOf(measurements: readonly Measurement[]): Measured {
  const values = measurements.filter(({ failed }) => !failed).map(({ value }) => value)
  const sorted = Float64Array.from(values).sort()
  const failed = measurements.length - values.length
  const { length } = sorted
  if (length === 0) return { ...NOTHING, samples: failed, failed }
  const at = (share: number): number => sorted[Math.min(length - 1, Math.ceil(length * share) - 1)] ?? 0
  return {
    samples: measurements.length,
    count: length,
    failed,
    min: sorted[0] ?? 0,
    avg: sorted.reduce((sum, value) => sum + value, 0) / length,
    p50: at(0.5),
    p90: at(0.9),
    p95: at(0.95),
    p99: at(0.99),
    max: sorted[length - 1] ?? 0,
  }
}

/** A number of things that was counted once, at the end. */
export const countedOnce = (count: number): Measured => ({
  ...NOTHING,
  samples: 1,
  count,
  min: count,
  avg: count,
  p50: count,
  p90: count,
  p95: count,
  p99: count,
  max: count,
})

import type { Quantiles } from '@muster/shared/contracts'
import { ok, type Result, refuse } from '@muster/shared/core'
import { formatDuration, parseDuration } from './duration.ts'

/** What a threshold asks of a metric: `p95 < 90s`. */
export interface Requirement {
  readonly statistic: 'p50' | 'p95' | 'p99' | 'max' | 'count'
  readonly operator: '<' | '<=' | '>' | '>='
  /** Milliseconds, or a count. */
  readonly limit: number
  readonly text: string
}

const PATTERN = /^(p50|p95|p99|max|count)\s*(<=|>=|<|>)\s*(\S+)$/

/** Refusal: `scenario/invalid`. */
export function parseRequirement(text: string): Result<Requirement> {
  const [, statistic, operator, value = ''] = PATTERN.exec(text.trim()) ?? []
  const limit = statistic === 'count' ? Number(value) : parseDuration(value)
  if (statistic === undefined || limit === undefined || Number.isNaN(limit)) {
    return refuse(
      'scenario/invalid',
      `expected a requirement such as "p95 < 90s" or "max <= 5s", found ${JSON.stringify(text)}`,
    )
  }
  return ok({
    statistic: statistic as Requirement['statistic'],
    operator: operator as Requirement['operator'],
    limit,
    text: text.trim(),
  })
}

/** Whether the measured values meet it. Nothing measured meets nothing. */
export function meets({ statistic, operator, limit }: Requirement, measured: Quantiles): boolean {
  if (measured.count === 0 && statistic !== 'count') return false
  const value = measured[statistic]
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
  }
}

export const measuredText = ({ statistic }: Requirement, measured: Quantiles): string =>
  measured.count === 0
    ? 'nothing was measured'
    : statistic === 'count'
      ? String(measured.count)
      : `${statistic} = ${formatDuration(measured[statistic])} (${measured.count} measured)`

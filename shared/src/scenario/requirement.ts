import { nearestName, ok, type Result, refuse } from '@muster/shared/core'
import { formatDuration, parseDuration } from './duration.ts'
import type { Measured } from './measured.ts'
import { type MetricName, metricOf } from './metrics.ts'

const statistics = ['p50', 'p90', 'p95', 'p99', 'min', 'max', 'avg', 'count', 'rate'] as const
export type Statistic = (typeof statistics)[number]

/** What a threshold asks of a metric: `p95 < 90s`, `error.rate < 1%`, `count == 0`. */
export interface Requirement {
  readonly statistic: Statistic
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!='
  /** Milliseconds, a number of things, or a share. */
  readonly limit: number
  readonly unit: 'duration' | 'count' | 'share'
  readonly text: string
}

const PATTERN = /^([\w.]+)\s*(<=|>=|==|!=|<|>)\s*(\S+)$/

/** Read a requirement of a metric. Refusal: `scenario/invalid`. */
export function parseRequirement(text: string, metric: MetricName): Result<Requirement> {
  const [, name, operator, value = ''] = PATTERN.exec(text.trim()) ?? []
  if (name === undefined)
    return refuse(
      'scenario/invalid',
      `expected a requirement such as "p95 < 90s" or "max <= 5s", found ${JSON.stringify(text)}`,
    )
  const statistic = statisticOf(name, metric)
  if (!statistic.ok) return statistic
  const unit = unitOf(statistic.value, metric)
  const limit = amountOf(value, unit)
  if (limit === undefined) return refuse('scenario/invalid', `expected ${wanted[unit]}, found ${JSON.stringify(value)}`)
  return ok({
    statistic: statistic.value,
    operator: operator as Requirement['operator'],
    limit,
    unit,
    text: text.trim(),
  })
}

/** A statistic of a metric by its name: `p95`, `error.rate`. Refusal: `scenario/invalid`. */
export function statisticOf(name: string, metric: MetricName): Result<Statistic> {
  const { rate } = metricOf(metric)
  const known: readonly string[] = [...statistics.filter((each) => each !== 'rate'), ...(rate ? [`${rate}.rate`] : [])]
  if (known.includes(name)) return ok((name.endsWith('.rate') ? 'rate' : name) as Statistic)
  if (name === 'rate' && rate) return ok('rate')
  const near = nearestName(name, known)
  const hint = near ? `; did you mean ${JSON.stringify(near)}?` : `: it has ${known.join(', ')}`
  return refuse('scenario/invalid', `${metric} has no ${JSON.stringify(name)}${hint}`)
}

export const unitOf = (statistic: Statistic, metric: MetricName): Requirement['unit'] =>
  statistic === 'rate' ? 'share' : statistic === 'count' ? 'count' : metricOf(metric).unit

const wanted = {
  duration: 'a duration such as 90s',
  count: 'a number such as 0 or 12',
  share: 'a share such as 1%',
} as const

/** A value as it is written, in the unit of what it is a value of. */
export function amountOf(text: string, unit: Requirement['unit']): number | undefined {
  if (unit === 'duration') return parseDuration(text)
  if (unit === 'share')
    return /^\d+(\.\d+)?%$/.test(text)
      ? Number(text.slice(0, -1)) / 100
      : /^(0|1|0?\.\d+)$/.test(text)
        ? Number(text)
        : undefined
  return /^\d+(\.\d+)?$/.test(text) ? Number(text) : undefined
}

/** What a statistic stands at. */
export const statisticIn = (statistic: Statistic, measured: Measured): number =>
  statistic === 'rate' ? measured.failed / Math.max(1, measured.count + measured.failed) : measured[statistic]

/** Whether there is something to hold against it: nothing measured meets nothing, but can be counted. */
export const canJudge = ({ statistic }: Pick<Requirement, 'statistic'>, measured: Measured): boolean =>
  statistic === 'count' || (statistic === 'rate' ? measured.samples > 0 : measured.samples > measured.failed)

/** Whether the measured values meet it. */
export function meets(requirement: Requirement, measured: Measured): boolean {
  return canJudge(requirement, measured) && holds(requirement, statisticIn(requirement.statistic, measured))
}

function holds({ operator, limit }: Requirement, value: number): boolean {
  switch (operator) {
    case '<':
      return value < limit
    case '<=':
      return value <= limit
    case '>':
      return value > limit
    case '>=':
      return value >= limit
    case '==':
      return value === limit
    case '!=':
      return value !== limit
  }
}

/** How far a value is from meeting it: the larger, the worse. */
export function badness({ operator, limit }: Requirement, value: number): number {
  if (operator === '<' || operator === '<=') return value
  if (operator === '>' || operator === '>=') return -value
  return operator === '==' ? Math.abs(value - limit) : -Math.abs(value - limit)
}

/** A value in its unit, as people read it. */
export function valueText(value: number, unit: Requirement['unit']): string {
  if (unit === 'duration') return formatDuration(value)
  return unit === 'share' ? `${Number((value * 100).toFixed(2))}%` : String(Number(value.toFixed(2)))
}

/** A statistic with its value: `p95 = 4.2s`. */
export const statisticText = ({ statistic, unit }: Requirement, measured: Measured): string =>
  `${statistic} = ${valueText(statisticIn(statistic, measured), unit)}`

export const measuredText = (requirement: Requirement, measured: Measured): string =>
  !canJudge(requirement, measured)
    ? 'nothing was measured'
    : requirement.statistic === 'count'
      ? String(measured.count)
      : `${statisticText(requirement, measured)} (${measured.samples} measured)`

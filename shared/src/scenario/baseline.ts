import { ok, type Result, refuse } from '@muster/shared/core'
import type { Baseline } from './expectation-schema.ts'
import type { Measured } from './measured.ts'
import { type MetricName, meaninglessInVirtual, metricNames } from './metrics.ts'
import {
  amountOf,
  canJudge,
  type Requirement,
  type Statistic,
  statisticIn,
  statisticOf,
  unitOf,
  valueText,
} from './requirement.ts'
import type { ExpectationResult, MetricResult, RunResult } from './run-result.ts'

/** How much worse than in a former run a statistic may be: `p99 +20%`, `max +5s`, `count -10%`. */
export interface Regression {
  readonly statistic: Statistic
  /** It may be so much more, or so much less. */
  readonly sign: 1 | -1
  readonly share?: number
  readonly amount?: number
  readonly text: string
}

/** Refusal: `scenario/invalid`. */
export function parseRegression(text: string, metric: MetricName): Result<Regression> {
  const [, name = '', sign, value = ''] = /^([\w.]+)\s*([+-])\s*(\S+)$/.exec(text.trim()) ?? []
  const wrong = refuse(
    'scenario/invalid',
    `expected how much worse it may be, such as "p99 +20%" or "max +5s", found ${JSON.stringify(text)}`,
  )
  if (sign === undefined) return wrong
  const statistic = statisticOf(name, metric)
  if (!statistic.ok) return statistic
  const common = { statistic: statistic.value, sign: sign === '+' ? 1 : -1, text: text.trim() } as const
  if (/^\d+(\.\d+)?%$/.test(value)) return ok({ ...common, share: Number(value.slice(0, -1)) / 100 })
  const amount = amountOf(value, unitOf(statistic.value, metric))
  return amount === undefined ? wrong : ok({ ...common, amount })
}

/** What a run leaves for later ones to be compared with. */
export type FormerRun = Pick<RunResult, 'runId' | 'mode' | 'speed' | 'metrics'>

/** By how much the metrics of thresholds may grow where a scenario does not say what to compare. */
const USUAL = 'p95 +20%'

/** Hold the metrics of a run against a former one: each rule is a threshold, with both figures. */
export function compareWithBaseline(
  run: Pick<RunResult, 'mode' | 'speed' | 'metrics'>,
  former: FormerRun,
  regress: Baseline['regress'],
  atMs: number,
): readonly ExpectationResult[] {
  const rules = Object.keys(regress).length > 0 ? Object.entries(regress) : usualRules(run.metrics)
  return rules.flatMap(([key, texts]) =>
    texts.map((text) => {
      const metric = metricNames.find((name) => key === name || key.startsWith(`${name} of `))
      if (!metric) throw new Error(`there is no metric ${key}`)
      const rule = parseRegression(text, metric)
      if (!rule.ok) throw new Error(rule.refusal.message)
      const name = `${key} against ${former.runId}`
      return { name, expected: rule.value.text, atMs, devices: [], ...compare(rule.value, key, metric, run, former) }
    }),
  )
}

/** Durations that thresholds are about, and that say something. */
const usualRules = (measured: readonly MetricResult[] = []): [string, string[]][] =>
  measured
    .filter(({ metric, thresholded }) => thresholded && unitOf('p95', metric) === 'duration' && metric !== 'run.wall')
    .map(({ name }) => [name, [USUAL]])

function compare(
  rule: Regression,
  key: string,
  metric: MetricName,
  run: Pick<RunResult, 'mode' | 'speed' | 'metrics'>,
  former: FormerRun,
): Pick<ExpectationResult, 'ok' | 'got' | 'outcome' | 'baseline'> {
  if (run.mode !== former.mode || (run.mode === 'live' && run.speed !== former.speed))
    return notMeasured(
      `${former.runId} ran ${former.mode === 'live' ? `live at ${former.speed}` : 'in virtual time'}: nothing to compare`,
    )
  const meaningless = run.mode === 'virtual' && meaninglessInVirtual(metric, rule.statistic)
  if (meaningless) return notMeasured(meaningless)
  const measuredIn = (results: readonly MetricResult[] = []): Measured | undefined =>
    results.find(({ name }) => name === key)?.measured
  const [now, was] = [measuredIn(run.metrics), measuredIn(former.metrics)]
  if (!was || !canJudge(rule, was)) return notMeasured(`it was not measured in ${former.runId}`)
  if (!now || !canJudge(rule, now)) return { ok: false, got: 'nothing was measured' }
  return judged(rule, metric, statisticIn(rule.statistic, now), statisticIn(rule.statistic, was))
}

function judged(
  { statistic, sign, share, amount }: Regression,
  metric: MetricName,
  now: number,
  was: number,
): Pick<ExpectationResult, 'ok' | 'got' | 'baseline'> {
  const limit = was + sign * (amount ?? was * (share ?? 0))
  const held = sign > 0 ? now <= limit : now >= limit
  const unit: Requirement['unit'] = unitOf(statistic, metric)
  const change = was === 0 ? '' : ` (${now >= was ? '+' : ''}${(((now - was) / was) * 100).toFixed(1)}%)`
  return {
    ok: held,
    got: `${statistic} = ${valueText(now, unit)}, was ${valueText(was, unit)}${change}`,
    baseline: { now, was },
  }
}

/** It says nothing, good or bad. */
const notMeasured = (got: string): Pick<ExpectationResult, 'ok' | 'got' | 'outcome'> => ({
  ok: true,
  outcome: 'not-measured',
  got,
})

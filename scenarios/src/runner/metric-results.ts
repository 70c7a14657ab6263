import {
  type MetricName,
  type MetricResult,
  meaninglessInVirtual,
  metricNames,
  type Threshold,
} from '@muster/shared/scenario'
import type { RunContext } from './context.ts'
import { type Known, measurementsOf, statisticsOf } from './measurements.ts'
import { thresholdName } from './thresholds.ts'

type Subject = Pick<Threshold, 'metric' | 'where'>

/** Every metric over the whole run, and what thresholds and comparisons narrow them down to: for later runs to compare with. */
export async function metricResults(context: RunContext, known: Known): Promise<readonly MetricResult[]> {
  const { scenario, stage } = context
  const asked = [...scenario.thresholds, ...Object.keys(scenario.outputs.baseline?.regress ?? {}).map(subjectOf)]
  const subjects = new Map<string, Subject>(
    [...metricNames.map((metric) => ({ metric, where: {} })), ...asked].map((each) => [thresholdName(each), each]),
  )
  const results: MetricResult[] = []
  for (const [name, { metric, where }] of subjects) {
    if (metric === 'run.wall' || (stage.mode === 'virtual' && meaninglessInVirtual(metric, 'rate'))) continue
    const measured = statisticsOf(metric, await measurementsOf(context, metric, where, known))
    const thresholded = scenario.thresholds.some((threshold) => thresholdName(threshold) === name)
    results.push({ name, metric, measured, thresholded })
  }
  return results
}

/** `policy.time_to_applied of baseline`: what comes after it depends on the metric. */
function subjectOf(key: string): Subject {
  const [, metric = '', of] = /^(\S+)(?: of (.+))?$/.exec(key) ?? []
  const by = metric.startsWith('policy.') ? 'policy' : metric === 'recovery.time' ? 'fault' : 'route'
  return { metric: metric as MetricName, where: of === undefined ? {} : { [by]: of } }
}

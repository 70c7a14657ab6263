import { nearestName } from '@muster/shared/core'
import { parseRegression } from './baseline.ts'
import type { Assertion, Threshold } from './expectation-schema.ts'
import { type MetricName, meaninglessInVirtual, metricNames, metricOf, metrics, type WhereKey } from './metrics.ts'
import type { Checks, ReferenceProblem } from './references.ts'
import { parseRequirement, type Requirement } from './requirement.ts'
import type { Scenario } from './schema.ts'

type Path = readonly (string | number)[]

/** What thresholds, assertions and the comparison with a former run name, and whether it is there. */
export function checkExpectations(scenario: Scenario, checks: Checks): void {
  const faults = faultNames(scenario)
  for (const [index, threshold] of scenario.thresholds.entries())
    checkThreshold(threshold, ['thresholds', index], scenario, faults, checks)
  for (const [index, assertion] of scenario.assertions.entries())
    checkAssertion(assertion, ['assertions', index], checks)
  checkBaseline(scenario, checks)
}

/** What `except` and `where: { fault }` may name: faults by name or kind, and steps and chances that are like faults. */
export function faultNames({
  faults,
  phases,
  chaos,
}: Pick<Scenario, 'faults' | 'phases' | 'chaos'>): ReadonlySet<string> {
  const steps = new Set(phases.flatMap((phase) => phase.do.flatMap((step) => Object.keys(step))))
  return new Set([
    ...faults.flatMap(({ name, kind }) => (name === undefined ? [kind] : [name, kind])),
    ...['killBroker', 'killControl', 'offline'].filter((step) => steps.has(step)),
    ...phases.flatMap(({ offline }) => (offline.length > 0 ? ['offline'] : [])),
    ...(chaos?.kinds ?? []),
  ])
}

function checkThreshold(
  threshold: Threshold,
  path: Path,
  { policies }: Scenario,
  faults: ReadonlySet<string>,
  checks: Checks,
): void {
  const { metric, where, during, except } = threshold
  const { where: allowed, moments } = metricOf(metric)
  for (const key of Object.keys(where) as WhereKey[]) {
    if (allowed.includes(key)) continue
    const text = allowed.length === 0 ? 'nothing' : allowed.join(', ')
    checks.report([...path, 'where', key], `${metric} can be narrowed down by ${text}, not by ${key}`)
  }
  if (where.policy !== undefined) checks.need('policy', where.policy, [...path, 'where', 'policy'])
  if (where.ring !== undefined) checkRing(where.policy, where.ring, [...path, 'where', 'ring'], checks)
  checks.needPart(where.in, [...path, 'where', 'in'])
  if (where.fault !== undefined) needFault(where.fault, faults, [...path, 'where', 'fault'], checks)
  for (const [index, name] of except.entries()) needFault(name, faults, [...path, 'except', index], checks)
  for (const [index, name] of (during ?? []).entries()) checks.need('phase', name, [...path, 'during', index])
  for (const key of ['window', 'during'] as const)
    if (threshold[key] !== undefined && !moments)
      checks.report([...path, key], `${metric} is measured once for the whole run, and has no ${key}`)
  if (policies.length === 0 && metric.startsWith('policy.'))
    checks.report([...path, 'metric'], 'there is no policy of which it could be measured')
  checkRequirements(threshold, path, checks)
}

/** Thresholds of a scenario for virtual time that will not be measured there. */
export function meaninglessThresholds({ clock, thresholds }: Scenario): readonly ReferenceProblem[] {
  if (clock.mode !== 'virtual') return []
  return thresholds.flatMap(({ metric, require }, index) => {
    const reasons = require.flatMap((text) => {
      const parsed = parseRequirement(text, metric)
      const reason = parsed.ok ? meaninglessInVirtual(metric, parsed.value.statistic) : undefined
      return reason === undefined ? [] : [`${parsed.ok ? parsed.value.text : text} will not be measured: ${reason}`]
    })
    return reasons.map((message) => ({ path: ['thresholds', index, 'metric'], message }))
  })
}

function checkRequirements({ metric, require, window, abortOnFail }: Threshold, path: Path, checks: Checks): void {
  for (const [index, text] of require.entries()) {
    const parsed = parseRequirement(text, metric)
    const at = require.length > 1 ? [...path, 'require', index] : [...path, 'require']
    if (!parsed.ok) checks.report(at, parsed.refusal.message)
    else if (abortOnFail && window === undefined && !isFinal(parsed.value))
      checks.report(
        [...path, 'abortOnFail'],
        `${parsed.value.text} can come true later: a run is ended by what is too much (<, <=, count ==), or by a window`,
      )
  }
}

/** Whether what does not meet it once is worth ending a run for. */
const isFinal = ({ operator, statistic }: Requirement): boolean =>
  operator === '<' || operator === '<=' || (operator === '==' && (statistic === 'count' || statistic === 'max'))

function needFault(name: string, faults: ReadonlySet<string>, path: Path, { report }: Checks): void {
  if (faults.has(name)) return
  const near = nearestName(name, faults)
  const hint = near
    ? `; did you mean ${JSON.stringify(near)}?`
    : faults.size > 0
      ? `: one of ${[...faults].join(', ')}`
      : ''
  report(path, `there is no fault ${JSON.stringify(name)}${hint}`)
}

function checkRing(policy: string | undefined, ring: string, path: Path, { report, ringsOf }: Checks): void {
  if (policy === undefined) {
    report(path, 'a ring is one of a policy: name the policy as well')
    return
  }
  const known = ringsOf(policy)
  if (known.has(ring)) return
  const near = nearestName(ring, known)
  const hint = near ? `; did you mean ${JSON.stringify(near)}?` : ''
  report(path, `the rollout of ${JSON.stringify(policy)} has no ring ${JSON.stringify(ring)}${hint}`)
}

function checkAssertion(assertion: Assertion, path: Path, { need, expression }: Checks): void {
  const { expr, graph, at, always, never } = assertion
  if (expr !== undefined) expression(expr, 'condition', [...path, 'expr'])
  if (graph) expression(graph.expect, 'graph', [...path, 'graph', 'expect'])
  if (at?.phase !== undefined) need('phase', at.phase, [...path, 'at'])
  for (const key of ['always', 'never'] as const)
    for (const [index, name] of ((key === 'always' ? always : never)?.during ?? []).entries())
      need('phase', name, [...path, key, 'during', index])
}

function checkBaseline({ outputs, policies }: Scenario, { report }: Checks): void {
  for (const [key, rules] of Object.entries(outputs.baseline?.regress ?? {})) {
    const path: Path = ['outputs', 'baseline', 'regress', key]
    const [, metric = '', of] = /^(\S+)(?: of (.+))?$/.exec(key) ?? []
    if (!(metric in metrics)) {
      const near = nearestName(metric, metricNames)
      report(
        path,
        `there is no metric ${JSON.stringify(metric)}${near ? `; did you mean ${JSON.stringify(near)}?` : ''}`,
      )
      continue
    }
    if (of !== undefined && metric.startsWith('policy.') && !policies.some(({ id }) => id === of))
      report(path, `there is no policy ${JSON.stringify(of)}`)
    for (const text of rules) {
      const parsed = parseRegression(text, metric as MetricName)
      if (!parsed.ok) report(path, parsed.refusal.message)
    }
  }
}

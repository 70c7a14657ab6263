import { enrolmentMode, enrolmentModes } from '@muster/shared/contracts'
import { nearestName } from '@muster/shared/core'
import type { ScenarioFault } from './fault-schema.ts'
import { parseRequirement } from './requirement.ts'
import type { Scenario, ScenarioStep } from './schema.ts'

type Path = readonly (string | number)[]

export interface ReferenceProblem {
  readonly path: Path
  readonly message: string
}

type CheckExpression = (expr: string, kind: 'condition' | 'gate') => string | undefined

/** What names of other parts a scenario uses, and whether they are there. */
export function checkReferences(scenario: Scenario, checkExpression?: CheckExpression): readonly ReferenceProblem[] {
  const problems: ReferenceProblem[] = []
  const report = (path: Path, message: string): void => {
    problems.push({ path, message })
  }
  const names = namesOf(scenario)
  const need = (kind: 'policy' | 'group' | 'filter' | 'behavior' | 'phase', name: string, path: Path): void => {
    if (names[kind].has(name)) return
    const near = nearestName(name, names[kind])
    report(path, `there is no ${kind} ${JSON.stringify(name)}${near ? `; did you mean ${JSON.stringify(near)}?` : ''}`)
  }
  const needTargets = (targets: readonly string[], path: Path): void => {
    for (const [index, target] of targets.entries()) {
      if (target !== 'all-devices' && target !== 'all-users') need('group', target, [...path, index])
    }
  }
  const needPart = (name: string | undefined, path: Path): void => {
    if (name === undefined || names.part.has(name)) return
    const near = nearestName(name, names.part)
    report(
      path,
      `${JSON.stringify(name)} is neither a part of the population nor a platform in it${near ? `; did you mean ${JSON.stringify(near)}?` : ''}`,
    )
  }
  const expression = (expr: string, kind: 'condition' | 'gate', path: Path): void => {
    const objection = checkExpression?.(expr, kind)
    if (objection !== undefined) report(path, objection)
    for (const [, id] of expr.matchAll(/\bpolicy\(\s*["']([^"']+)["']\s*\)/g)) need('policy', id ?? '', path)
  }

  for (const [list, ids] of duplicates(scenario))
    for (const [index, id] of ids) report([...list, index], `the id ${JSON.stringify(id)} is used twice`)
  for (const [index, mix] of scenario.population.mix.entries()) {
    const path = ['population', 'mix', index]
    if (mix.behavior !== undefined) need('behavior', mix.behavior, [...path, 'behavior'])
    if (mix.enrollment !== undefined && !enrolmentMode(mix.platform, mix.enrollment)) {
      const known = enrolmentModes[mix.platform].map(({ id }) => id)
      const near = nearestName(mix.enrollment, known)
      report(
        [...path, 'enrollment'],
        `${mix.platform} has no enrollment ${JSON.stringify(mix.enrollment)}; ${near ? `did you mean ${JSON.stringify(near)}?` : `it has ${known.join(', ')}`}`,
      )
    }
  }
  for (const [index, group] of scenario.tenant.groups.entries()) {
    const path = ['tenant', 'groups', index]
    if ((group.rule === undefined) === (group.percent === undefined)) report(path, 'a group has a rule or a percent')
    needPart(group.of, [...path, 'of'])
  }
  for (const [index, policy] of scenario.policies.entries()) {
    const path = ['policies', index]
    needTargets(policy.assignTo, [...path, 'assignTo'])
    for (const [at, group] of policy.exclude.entries()) need('group', group, [...path, 'exclude', at])
    if (policy.filter) need('filter', policy.filter.id, [...path, 'filter', 'id'])
    if (policy.type === 'configuration' && (policy.gracePeriod > 0 || policy.actions.length > 0)) {
      report(path, 'only compliance policies have a gracePeriod and actions')
    }
  }
  for (const [index, phase] of scenario.phases.entries()) {
    const path = ['phases', index]
    if (phase.until) expression(phase.until.expr, 'condition', [...path, 'until', 'expr'])
    for (const [at, step] of phase.do.entries())
      checkStep(step, [...path, 'do', at], { need, needTargets, needPart, expression })
  }
  for (const [index, fault] of scenario.faults.entries()) checkFault(fault, ['faults', index], { need, needPart })
  for (const [index, threshold] of scenario.thresholds.entries()) {
    if (threshold.where.policy !== undefined)
      need('policy', threshold.where.policy, ['thresholds', index, 'where', 'policy'])
    for (const text of threshold.require) {
      const parsed = parseRequirement(text)
      if (!parsed.ok) report(['thresholds', index, 'require'], parsed.refusal.message)
    }
  }
  for (const [index, assertion] of scenario.assertions.entries()) {
    expression(assertion.expr, 'condition', ['assertions', index, 'expr'])
    const phase = /^end\((.+)\)$/.exec(assertion.at)?.[1]
    if (phase !== undefined) need('phase', phase, ['assertions', index, 'at'])
    else if (assertion.at !== 'end') report(['assertions', index, 'at'], 'expected end, or end(<phase>)')
  }
  return problems
}

function checkFault(fault: ScenarioFault, path: Path, { need, needPart }: Pick<Checks, 'need' | 'needPart'>): void {
  if (fault.at.phase !== undefined) need('phase', fault.at.phase, [...path, 'at'])
  if ('in' in fault) needPart(fault.in, [...path, 'in'])
}

interface Checks {
  need(kind: 'policy' | 'group' | 'phase', name: string, path: Path): void
  needTargets(targets: readonly string[], path: Path): void
  needPart(name: string | undefined, path: Path): void
  expression(expr: string, kind: 'condition' | 'gate', path: Path): void
}

function checkStep(step: ScenarioStep, path: Path, { need, needTargets, needPart, expression }: Checks): void {
  if ('assign' in step) {
    need('policy', step.assign.policy, [...path, 'assign', 'policy'])
    needTargets(step.assign.to, [...path, 'assign', 'to'])
    for (const [index, group] of step.assign.exclude.entries())
      need('group', group, [...path, 'assign', 'exclude', index])
  }
  if ('update' in step) need('policy', step.update.policy, [...path, 'update', 'policy'])
  if ('rollout' in step) {
    need('policy', step.rollout.policy, [...path, 'rollout', 'policy'])
    if (step.rollout.gate) expression(step.rollout.gate.expr, 'gate', [...path, 'rollout', 'gate', 'expr'])
    for (const [index, ring] of step.rollout.rings.entries())
      needPart(ring.of, [...path, 'rollout', 'rings', index, 'of'])
  }
  for (const kind of ['drift', 'offline', 'online', 'sync', 'action'] as const) {
    if (kind in step)
      needPart((step as unknown as Record<typeof kind, { in?: string } | undefined>)[kind]?.in, [...path, kind, 'in'])
  }
}

type Names = Record<'policy' | 'group' | 'filter' | 'behavior' | 'phase' | 'part', ReadonlySet<string>>

function namesOf({ policies, tenant, behaviors, phases, population }: Scenario): Names {
  return {
    policy: new Set(policies.map(({ id }) => id)),
    group: new Set(tenant.groups.map(({ id }) => id)),
    filter: new Set(tenant.filters.map(({ id }) => id)),
    behavior: new Set(Object.keys(behaviors)),
    phase: new Set(phases.map(({ name }) => name)),
    part: new Set(population.mix.flatMap(({ name, platform }) => [name, platform])),
  }
}

/** Ids that stand twice in a list: path of the list → positions. */
function duplicates({
  policies,
  tenant,
  phases,
  faults,
  population,
}: Scenario): readonly [Path, readonly (readonly [number, string])[]][] {
  const twice = (ids: readonly string[]): readonly (readonly [number, string])[] =>
    ids.flatMap((id, index) => (ids.indexOf(id) < index ? [[index, id] as const] : []))
  return [
    [['policies'], twice(policies.map(({ id }) => id))],
    [['tenant', 'groups'], twice(tenant.groups.map(({ id }) => id))],
    [['tenant', 'filters'], twice(tenant.filters.map(({ id }) => id))],
    [['phases'], twice(phases.map(({ name }) => name))],
    [['faults'], twice(faults.map(({ name }, index) => name ?? `#${index}`))],
    [['population', 'mix'], twice(population.mix.map(({ name }) => name))],
  ]
}

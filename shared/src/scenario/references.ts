import { enrolmentMode, enrolmentModes } from '@muster/shared/contracts'
import { nearestName } from '@muster/shared/core'
import { checkExpectations } from './expectation-references.ts'
import { namesInExpression } from './expression-use.ts'
import type { ScenarioFault } from './fault-schema.ts'
import type { Scenario, ScenarioStep } from './schema.ts'

type Path = readonly (string | number)[]

export interface ReferenceProblem {
  readonly path: Path
  readonly message: string
  /** Where in the text at the path, characters from its beginning. */
  readonly offset?: number
}

export type ExpressionKind = 'condition' | 'gate' | 'graph'

/** What is wrong with an expression, if anything is; `offset`: where in it, characters from its beginning. */
export type CheckExpression = (
  expr: string,
  kind: ExpressionKind,
) => { readonly message: string; readonly offset?: number } | undefined

/** What names of other parts a scenario uses, and whether they are there. */
export function checkReferences(scenario: Scenario, checkExpression?: CheckExpression): readonly ReferenceProblem[] {
  const problems: ReferenceProblem[] = []
  const checks = checksOf(scenario, checkExpression, (path, message, offset) => {
    problems.push({ path, message, ...(offset === undefined ? {} : { offset }) })
  })
  for (const [list, ids] of duplicates(scenario))
    for (const [index, id] of ids) checks.report([...list, index], `the id ${JSON.stringify(id)} is used twice`)
  checkPopulation(scenario, checks)
  checkTenant(scenario, checks)
  checkPolicies(scenario, checks)
  checkPhases(scenario, checks)
  checkExpectations(scenario, checks)
  return problems
}

function checksOf(
  scenario: Scenario,
  checkExpression: CheckExpression | undefined,
  report: (path: Path, message: string, offset?: number) => void,
): Checks {
  const names = namesOf(scenario)
  const rings = ringsByPolicy(scenario)
  const hint = (name: string, known: Iterable<string>): string => {
    const near = nearestName(name, known)
    return near ? `; did you mean ${JSON.stringify(near)}?` : ''
  }
  const need: Checks['need'] = (kind, name, path) => {
    if (!names[kind].has(name)) report(path, `there is no ${kind} ${JSON.stringify(name)}${hint(name, names[kind])}`)
  }
  return {
    report,
    need,
    needTargets: (targets, path) => {
      for (const [index, target] of targets.entries())
        if (target !== 'all-devices' && target !== 'all-users') need('group', target, [...path, index])
    },
    needPart: (name, path) => {
      if (name === undefined || names.part.has(name)) return
      const text = `${JSON.stringify(name)} is neither a part of the population nor a platform in it`
      report(path, `${text}${hint(name, names.part)}`)
    },
    ringsOf: (policy) => rings.get(policy) ?? new Set(),
    expression: (expr, kind, path) => {
      const objection = checkExpression?.(expr, kind)
      if (objection) report(path, objection.message, objection.offset)
      for (const { kind: named, name, of = '' } of namesInExpression(expr)) {
        if (named === 'policy') need('policy', name, path)
        const known = named === 'rollout' ? rings : rings.get(of)
        if (named !== 'policy' && known && !known.has(name))
          report(path, `there is no ${named} ${JSON.stringify(name)}${hint(name, known.keys())}`)
      }
    },
  }
}

/** Policies that are rolled out, and the names of their rings. */
function ringsByPolicy({ phases }: Scenario): ReadonlyMap<string, ReadonlySet<string>> {
  const rollouts = phases.flatMap((phase) => phase.do.flatMap((step) => ('rollout' in step ? [step.rollout] : [])))
  const byPolicy = Map.groupBy(rollouts, ({ policy }) => policy)
  return new Map(
    [...byPolicy].map(([id, all]) => [id, new Set(all.flatMap(({ rings }) => rings.map(({ name }) => name)))]),
  )
}

function checkPopulation({ population }: Scenario, { need, report }: Checks): void {
  for (const [index, mix] of population.mix.entries()) {
    const path = ['population', 'mix', index]
    if (mix.behavior !== undefined) need('behavior', mix.behavior, [...path, 'behavior'])
    checkOwnership(mix, path, report)
    if (mix.enrollment === undefined || enrolmentMode(mix.platform, mix.enrollment)) continue
    const known = enrolmentModes[mix.platform].map(({ id }) => id)
    const near = nearestName(mix.enrollment, known)
    report(
      [...path, 'enrollment'],
      `${mix.platform} has no enrollment ${JSON.stringify(mix.enrollment)}; ${near ? `did you mean ${JSON.stringify(near)}?` : `it has ${known.join(', ')}`}`,
    )
  }
}

function checkOwnership(
  { platform, enrollment, ownership }: Scenario['population']['mix'][number],
  path: Path,
  report: Checks['report'],
): void {
  const modes = enrolmentModes[platform].filter(({ id }) => enrollment === undefined || id === enrollment)
  if (ownership === undefined || modes.length === 0 || modes.some((mode) => mode.ownership === ownership)) return
  const how = enrollment === undefined ? platform : `${platform} by ${enrollment}`
  report([...path, 'ownership'], `devices of ${how} are ${modes[0]?.ownership} devices, not ${ownership}`)
}

function checkTenant({ tenant }: Scenario, { needPart, report }: Checks): void {
  for (const [index, group] of tenant.groups.entries()) {
    const path = ['tenant', 'groups', index]
    if ((group.rule === undefined) === (group.percent === undefined)) report(path, 'a group has a rule or a percent')
    needPart(group.of, [...path, 'of'])
  }
}

function checkPolicies({ policies }: Scenario, { need, needTargets, report }: Checks): void {
  for (const [index, policy] of policies.entries()) {
    const path = ['policies', index]
    needTargets(policy.assignTo, [...path, 'assignTo'])
    for (const [at, group] of policy.exclude.entries()) need('group', group, [...path, 'exclude', at])
    if (policy.filter) need('filter', policy.filter.id, [...path, 'filter', 'id'])
    if (policy.type === 'configuration' && (policy.gracePeriod > 0 || policy.actions.length > 0)) {
      report(path, 'only compliance policies have a gracePeriod and actions')
    }
  }
}

function checkPhases({ phases, faults, population }: Scenario, checks: Checks): void {
  const enrolling = phases.flatMap(({ enrol }, index) => (enrol ? [index] : []))
  for (const index of enrolling.slice(1))
    checks.report(['phases', index, 'enrol'], 'the population enrols once: another phase says `enrol` already')
  if (enrolling.length > 0 && population.enrolOver > 0)
    checks.report(['population', 'enrolOver'], 'a phase says how devices enrol: leave this out')
  for (const [index, phase] of phases.entries()) {
    const path = ['phases', index]
    if (phase.until) checks.expression(phase.until.expr, 'condition', [...path, 'until', 'expr'])
    for (const during of ['drift', 'offline'] as const)
      for (const [at, each] of phase[during].entries()) checks.needPart(each.in, [...path, during, at, 'in'])
    for (const [at, step] of phase.do.entries()) checkStep(step, [...path, 'do', at], checks)
  }
  for (const [index, fault] of faults.entries()) checkFault(fault, ['faults', index], checks)
}

function checkFault(fault: ScenarioFault, path: Path, { need, needPart }: Checks): void {
  if (fault.at.phase !== undefined) need('phase', fault.at.phase, [...path, 'at'])
  if ('in' in fault) needPart(fault.in, [...path, 'in'])
}

/** What checks of the parts of a scenario have at hand. */
export interface Checks {
  report(path: Path, message: string): void
  need(kind: 'policy' | 'group' | 'filter' | 'behavior' | 'phase', name: string, path: Path): void
  needTargets(targets: readonly string[], path: Path): void
  needPart(name: string | undefined, path: Path): void
  expression(expr: string, kind: ExpressionKind, path: Path): void
  /** Rings that the rollouts of a policy have. */
  ringsOf(policy: string): ReadonlySet<string>
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

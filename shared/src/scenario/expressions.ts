import { Environment } from '@marcbachmann/cel-js'
import type { Stats } from '@muster/shared/contracts'

/** Numbers that conditions may use, by name; counts are whole, shares run from 0 to 1. */
export interface ConditionContext {
  readonly devices: Readonly<Record<DeviceCount | 'enrolledShare' | 'compliantShare', number>>
  readonly reports: Readonly<Record<'committed' | 'duplicates' | 'gaps' | 'deadLetters', number>>
  readonly certificates: Readonly<Record<'active' | 'superseded' | 'revoked' | 'expired', number>>
  readonly actions: Readonly<Record<'pending' | 'active' | 'done' | 'failed' | 'canceled' | 'notSupported', number>>
  readonly enrolments: Readonly<Record<'enrolled' | 'refused', number>>
  readonly checkIns: Readonly<Record<'managed' | 'gated' | 'refused', number>>
  readonly apps: number
  readonly notifications: number
  readonly retireListed: number
  readonly brokerKills: number
  /** By the scenario's policy id. */
  readonly policies: ReadonlyMap<string, PolicyCounts>
}

export type DeviceCount =
  | 'total'
  | 'managed'
  | 'online'
  | 'compliant'
  | 'inGracePeriod'
  | 'noncompliant'
  | 'error'
  | 'conflict'
  | 'unknown'
  | 'retired'
  | 'wiped'
  | 'deleted'
  | 'left'

const policyCounts = [
  'targeted',
  'reported',
  'pending',
  'compliant',
  'remediated',
  'nonCompliant',
  'inGracePeriod',
  'error',
  'conflict',
  'notApplicable',
] as const
export type PolicyCounts = Readonly<Record<(typeof policyCounts)[number], number>>

/** Of one ring of a rollout; shares of the ring's devices but for `targeted`. */
export interface RingContext {
  readonly targeted: number
  readonly reported: number
  readonly succeeded: number
  readonly errors: number
}

export interface Expression<Context> {
  evaluate(context: Context): boolean
}

type Checked<Context> =
  | { readonly ok: true; readonly expression: Expression<Context> }
  | { readonly ok: false; readonly message: string }

const counts = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, 'int']))

const deviceCounts: readonly DeviceCount[] = [
  'total',
  'managed',
  'online',
  'compliant',
  'inGracePeriod',
  'noncompliant',
  'error',
  'conflict',
  'unknown',
  'retired',
  'wiped',
  'deleted',
  'left',
]

function conditionEnvironment(policyOf: (id: string) => PolicyCounts | undefined): Environment {
  return new Environment()
    .registerVariable({
      name: 'devices',
      schema: { ...counts(deviceCounts), enrolledShare: 'double', compliantShare: 'double' },
    })
    .registerVariable({ name: 'reports', schema: counts(['committed', 'duplicates', 'gaps', 'deadLetters']) })
    .registerVariable({ name: 'certificates', schema: counts(['active', 'superseded', 'revoked', 'expired']) })
    .registerVariable({
      name: 'actions',
      schema: counts(['pending', 'active', 'done', 'failed', 'canceled', 'notSupported']),
    })
    .registerVariable({ name: 'enrolments', schema: counts(['enrolled', 'refused']) })
    .registerVariable({ name: 'checkIns', schema: counts(['managed', 'gated', 'refused']) })
    .registerVariable('apps', 'int')
    .registerVariable('notifications', 'int')
    .registerVariable('retireListed', 'int')
    .registerVariable('brokerKills', 'int')
    .registerType('PolicyCounts', { ctor: PolicyCountsValue, fields: counts(policyCounts) })
    .registerFunction('policy(string): PolicyCounts', (id: string) => {
      const found = policyOf(id)
      if (!found) throw new Error(`there is no policy ${JSON.stringify(id)}`)
      return Object.assign(new PolicyCountsValue(), whole(found))
    })
}

/** CEL tells types apart by their constructors. */
class PolicyCountsValue {}

/** CEL's whole numbers are BigInts. */
const whole = (record: object): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name,
      typeof value === 'number' && !name.endsWith('Share') ? BigInt(Math.round(value)) : value,
    ]),
  )

/** Compile a condition over the state of the world; a wrong name or type is found here. */
export function compileCondition(expr: string): Checked<ConditionContext> {
  let current: ReadonlyMap<string, PolicyCounts> = new Map()
  const environment = conditionEnvironment((id) => current.get(id))
  const compiled = compile(environment, expr)
  if (!compiled.ok) return compiled
  return {
    ok: true,
    expression: {
      evaluate: (context) => {
        current = context.policies
        const { policies: _, ...rest } = context
        const values = Object.entries(rest).map(([name, value]) => [
          name,
          typeof value === 'number' ? BigInt(value) : whole(value),
        ])
        return compiled.evaluate(Object.fromEntries(values)) === true
      },
    },
  }
}

/** Compile the gate of a rollout. */
export function compileGate(expr: string): Checked<RingContext> {
  const environment = new Environment().registerVariable({
    name: 'ring',
    schema: { targeted: 'int', reported: 'double', succeeded: 'double', errors: 'double' },
  })
  const compiled = compile(environment, expr)
  if (!compiled.ok) return compiled
  return {
    ok: true,
    expression: {
      evaluate: (ring) => compiled.evaluate({ ring: { ...ring, targeted: BigInt(ring.targeted) } }) === true,
    },
  }
}

function compile(
  environment: Environment,
  expr: string,
): { ok: true; evaluate: (values: Record<string, unknown>) => unknown } | { ok: false; message: string } {
  try {
    const parsed = environment.parse(expr)
    const checked = parsed.check()
    if (!checked.valid) return { ok: false, message: firstLine(checked.error) }
    if (checked.type !== 'bool' && checked.type !== 'dyn')
      return { ok: false, message: `expected a condition, found a value of type ${checked.type}` }
    return { ok: true, evaluate: (values) => parsed(values) }
  } catch (error) {
    return { ok: false, message: firstLine(error) }
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'the expression cannot be read'

/** The context that statistics give. `total` is the whole population, under management or not. */
export function conditionContext(
  stats: Stats,
  more: {
    readonly total: number
    readonly managedTotal: number
    readonly policyIds: ReadonlyMap<string, string>
    readonly retireListed: number
    readonly brokerKills: number
  },
): ConditionContext {
  const state = (name: string): number =>
    Object.values(stats.compliance).reduce((sum, states) => sum + (states?.[name] ?? 0), 0)
  const { managed, retired, wiped, deleted } = stats.devices
  const online = stats.workers.reduce((sum, worker) => sum + worker.online, 0)
  const compliant = state('compliant')
  const action = (name: string): number => stats.actions[name] ?? 0
  return {
    devices: {
      total: more.total,
      managed,
      online,
      compliant,
      inGracePeriod: state('inGracePeriod'),
      noncompliant: state('noncompliant'),
      error: state('error'),
      conflict: state('conflict'),
      unknown: state('unknown'),
      retired,
      wiped,
      deleted,
      left: retired + wiped + deleted,
      enrolledShare: more.managedTotal === 0 ? 1 : (managed + retired + wiped + deleted) / more.managedTotal,
      compliantShare: managed === 0 ? 0 : compliant / managed,
    },
    reports: { ...stats.reports },
    certificates: { ...stats.certificates },
    actions: {
      pending: action('pending'),
      active: action('active'),
      done: action('done'),
      failed: action('failed'),
      canceled: action('canceled'),
      notSupported: action('notSupported'),
    },
    enrolments: {
      enrolled: stats.enrolments.enrolled,
      refused: Object.values(stats.enrolments.refused).reduce((a, b) => a + b, 0),
    },
    checkIns: { ...stats.checkIns },
    apps: stats.appRegistrations,
    notifications: stats.notifications,
    retireListed: more.retireListed,
    brokerKills: more.brokerKills,
    policies: new Map([...more.policyIds].map(([id, policyId]) => [id, policyCountsOf(stats, policyId)])),
  }
}

function policyCountsOf(stats: Stats, policyId: string): PolicyCounts {
  const found = stats.policies.find((policy) => policy.policyId === policyId)
  const of = (state: string): number => found?.states[state] ?? 0
  return {
    targeted: found?.targeted ?? 0,
    reported: found?.reported ?? 0,
    pending: of('pending'),
    compliant: of('compliant'),
    remediated: of('remediated'),
    nonCompliant: of('nonCompliant'),
    inGracePeriod: of('inGracePeriod'),
    error: of('error'),
    conflict: of('conflict'),
    notApplicable: of('notApplicable'),
  }
}

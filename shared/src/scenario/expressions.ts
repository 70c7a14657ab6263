import { type ASTNode, Environment } from '@marcbachmann/cel-js'
import { nearestName } from '@muster/shared/core'
import { type Breaking, breakingOf } from './breaking.ts'
import { checkTexts, type ExpressionUse, useOf } from './expression-use.ts'
import {
  certificateFields,
  certificateValue,
  deviceFields,
  deviceValue,
  type FleetCertificate,
  type FleetDevice,
  type RolloutView,
  registerFleet,
} from './fleet-view.ts'

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
  /** Absent where no expression asks for them: managed devices, certificates, and rollouts by policy. */
  readonly fleet?: readonly FleetDevice[]
  readonly certs?: readonly FleetCertificate[]
  readonly rollouts?: ReadonlyMap<string, RolloutView>
  readonly nowMs?: number
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

/** A condition over the state of the world. */
export interface Condition extends Expression<ConditionContext> {
  /** What has to be fetched before it can be asked. */
  readonly use: ExpressionUse
  /** Devices that make it false, or true, by id; empty where it is not about single devices. */
  breakers(context: ConditionContext, held: boolean): readonly string[]
}

/** What came back from a Graph request. */
export interface GraphAnswerView {
  readonly status: number
  readonly body?: unknown
  readonly headers: Readonly<Record<string, string>>
}

interface Wrong {
  readonly ok: false
  readonly message: string
  /** Where in the expression it is, characters from its beginning. */
  readonly offset?: number
}

type Checked<E> = { readonly ok: true; readonly expression: E } | Wrong

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

/** What functions in expressions look up, at the moment of asking. */
interface Lookup {
  context: Pick<ConditionContext, 'policies' | 'rollouts'>
}

function conditionEnvironment(lookup: Lookup): Environment {
  const environment = new Environment()
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
      const found = lookup.context.policies.get(id)
      if (!found) throw new Error(`there is no policy ${JSON.stringify(id)}`)
      return Object.assign(new PolicyCountsValue(), whole(found))
    })
  return registerFleet(environment, (id) => lookup.context.rollouts?.get(id))
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

/** The state of the world as values that expressions are evaluated with. */
function valuesOf({
  policies: _,
  rollouts: __,
  fleet,
  certs,
  nowMs,
  ...rest
}: ConditionContext): Record<string, unknown> {
  const values = Object.entries(rest).map(([name, value]) => [
    name,
    typeof value === 'number' ? BigInt(value) : whole(value),
  ])
  return {
    ...Object.fromEntries(values),
    fleet: (fleet ?? []).map(deviceValue),
    certs: (certs ?? []).map(certificateValue),
    now: new Date(nowMs ?? 0),
  }
}

/** Compile a condition over the state of the world; a wrong name, text or type is found here. */
export function compileCondition(expr: string): Checked<Condition> {
  const lookup: Lookup = { context: { policies: new Map() } }
  const environment = conditionEnvironment(lookup)
  const compiled = compile(environment, expr)
  if (!compiled.ok) return compiled
  const lists: Breaking[] = breakingOf(compiled.ast, (text) => environment.parse(text))
  return {
    ok: true,
    expression: {
      use: useOf(compiled.ast),
      evaluate: (context) => {
        lookup.context = context
        return compiled.evaluate(valuesOf(context)) === true
      },
      breakers: (context, held) => {
        lookup.context = context
        const values = valuesOf(context)
        return [...new Set(lists.flatMap((list) => list.devices(values, held)))]
      },
    },
  }
}

/** Compile what is expected of an answer of Graph: `status`, `body`, `headers`, and the state of the world. */
export function compileGraphExpectation(
  expr: string,
): Checked<{ readonly use: ExpressionUse; evaluate(answer: GraphAnswerView, context: ConditionContext): boolean }> {
  const lookup: Lookup = { context: { policies: new Map() } }
  const environment = conditionEnvironment(lookup)
    .registerVariable('status', 'int')
    .registerVariable('body', 'dyn')
    .registerVariable('headers', 'map<string, string>')
  const compiled = compile(environment, expr)
  if (!compiled.ok) return compiled
  return {
    ok: true,
    expression: {
      use: useOf(compiled.ast),
      evaluate: ({ status, body, headers }, context) => {
        lookup.context = context
        const answer = { status: BigInt(status), body: wholeWithin(body), headers: new Map(Object.entries(headers)) }
        return compiled.evaluate({ ...valuesOf(context), ...answer }) === true
      },
    },
  }
}

/** JSON with its whole numbers as CEL has them. */
function wholeWithin(value: unknown): unknown {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (Array.isArray(value)) return value.map(wholeWithin)
  if (typeof value !== 'object' || value === null) return value ?? null
  return new Map(Object.entries(value).map(([name, inner]) => [name, wholeWithin(inner)]))
}

/** Compile the gate of a rollout. */
export function compileGate(expr: string): Checked<Expression<RingContext>> {
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
): { ok: true; ast: ASTNode; evaluate: (values: Record<string, unknown>) => unknown } | Wrong {
  try {
    const parsed = environment.parse(expr)
    const checked = parsed.check()
    if (!checked.valid) return wrong(checked.error)
    if (checked.type !== 'bool' && checked.type !== 'dyn')
      return { ok: false, message: `expected a condition, found a value of type ${checked.type}` }
    const misspelt = checkTexts(parsed.ast)
    if (misspelt) return { ok: false, ...misspelt }
    return { ok: true, ast: parsed.ast, evaluate: (values) => parsed(values) }
  } catch (error) {
    return wrong(error)
  }
}

function wrong(error: unknown): Wrong {
  const { range } = error as { range?: { start: number } }
  const message = firstLine(error)
  const [, key] = /^No such key: (\w+)$/.exec(message) ?? []
  const near = key === undefined ? undefined : nearestName(key, knownFields)
  return {
    ok: false,
    message: near ? `${message}; did you mean ${JSON.stringify(near)}?` : message,
    ...(range ? { offset: range.start } : {}),
  }
}

const knownFields = [...deviceCounts, ...policyCounts, ...Object.keys(deviceFields), ...Object.keys(certificateFields)]

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? 'the expression cannot be read'

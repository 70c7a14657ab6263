import type { ComparisonOperator, Filter, Operand, Path, Step, TextTest } from './expression.ts'
import { type Comparable, comparable, compareComparables, fold } from './values.ts'

export type Entity = Readonly<Record<string, unknown>>

/** The entity, and behind it the members that lambdas stand at. */
type Environment = readonly unknown[]
type Test = (environment: Environment) => boolean
type Read = (environment: Environment) => unknown

/**
 * A filter as a function of entities. There are two answers, never a third: what compares with an absent value is false, and
 * its negation true; two absent values are equal. `entityType` is what entities are that do not say.
 */
export function compileFilter(filter: Filter, entityType = ''): (entity: Entity) => boolean {
  const test = compileTest(filter, entityType)
  return (entity) => test([entity])
}

function compileTest(filter: Filter, entityType: string): Test {
  const read = (operand: Operand): Read => compileOperand(operand, entityType)
  switch (filter.kind) {
    case 'and':
    case 'or': {
      const tests = filter.operands.map((operand) => compileTest(operand, entityType))
      return filter.kind === 'and'
        ? (environment) => tests.every((test) => test(environment))
        : (environment) => tests.some((test) => test(environment))
    }
    case 'not': {
      const test = compileTest(filter.operand, entityType)
      return (environment) => !test(environment)
    }
    case 'comparison':
      return compileComparison(filter, read(filter.left), read(filter.right))
    case 'in': {
      const operand = read(filter.operand)
      const hasNull = filter.values.includes(null)
      const values = new Set(filter.values.map((value) => (value === null ? undefined : comparable(value, filter.by))))
      return (environment) => {
        const value = operand(environment) ?? null
        if (value === null) return hasNull
        const own = comparable(value, filter.by)
        return own !== undefined && values.has(own)
      }
    }
    case 'has': {
      const operand = read(filter.operand)
      return (environment) => {
        const value = operand(environment)
        const set = new Set((Array.isArray(value) ? value : String(value ?? '').split(',')).map(trimmed))
        return filter.members.every((member) => set.has(member))
      }
    }
    case 'text':
      return compileText(filter.test, read(filter.operand), read(filter.part))
    case 'truth': {
      const operand = read(filter.operand)
      return (environment) => operand(environment) === true
    }
    case 'isof': {
      const path = compilePath(filter.path, entityType)
      return (environment) => isOf(path(environment), filter.types, entityType)
    }
    case 'any':
    case 'all': {
      const path = compilePath(filter.path, entityType)
      const condition: Test = filter.condition ? compileTest(filter.condition, entityType) : () => true
      const members = (environment: Environment): readonly unknown[] => {
        const value = path(environment)
        return Array.isArray(value) ? value : []
      }
      return filter.kind === 'any'
        ? (environment) => members(environment).some((member) => condition([...environment, member]))
        : (environment) => members(environment).every((member) => condition([...environment, member]))
    }
  }
}

const trimmed = (text: unknown): string => String(text).trim().toLowerCase()

const verdicts: Readonly<Record<ComparisonOperator, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
}

function compileComparison({ operator, by }: Extract<Filter, { kind: 'comparison' }>, left: Read, right: Read): Test {
  const verdict = verdicts[operator]
  return (environment) => {
    const one = left(environment) ?? null
    const other = right(environment) ?? null
    if (one === null || other === null) {
      if (operator === 'eq') return one === other
      return operator === 'ne' && one !== other
    }
    const order = compareComparables(comparable(one, by), comparable(other, by))
    return order === undefined ? operator === 'ne' : verdict(order)
  }
}

const textTests: Readonly<Record<TextTest, (text: string, part: string) => boolean>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
}

function compileText(name: TextTest, operand: Read, part: Read): Test {
  const test = textTests[name]
  return (environment) => {
    const text = operand(environment)
    const sought = part(environment)
    return typeof text === 'string' && typeof sought === 'string' && test(fold(text), fold(sought))
  }
}

function compileOperand(operand: Operand, entityType: string): Read {
  switch (operand.kind) {
    case 'literal':
      return () => operand.value
    case 'path':
      return compilePath(operand.path, entityType)
    case 'count': {
      const path = compilePath(operand.path, entityType)
      return (environment) => {
        const value = path(environment)
        return Array.isArray(value) ? value.length : 0
      }
    }
    case 'call': {
      const [first] = operand.operands
      const read = first ? compileOperand(first, entityType) : () => null
      const call = calls[operand.name] ?? (() => null)
      return (environment) => {
        const value = read(environment) ?? null
        return value === null ? null : call(value)
      }
    }
  }
}

const ofText =
  (apply: (text: string) => string | number) =>
  (value: unknown): unknown =>
    typeof value === 'string' ? apply(value) : null

const ofMoment =
  (apply: (moment: Date) => number) =>
  (value: unknown): unknown => {
    const atMs: Comparable = comparable(value, 'time')
    return typeof atMs === 'number' ? apply(new Date(atMs)) : null
  }

const DAY_MS = 86_400_000
const calls: Readonly<Record<string, (value: unknown) => unknown>> = {
  tolower: ofText((text) => text.toLowerCase()),
  toupper: ofText((text) => text.toUpperCase()),
  trim: ofText((text) => text.trim()),
  length: ofText((text) => text.length),
  year: ofMoment((moment) => moment.getUTCFullYear()),
  month: ofMoment((moment) => moment.getUTCMonth() + 1),
  day: ofMoment((moment) => moment.getUTCDate()),
  hour: ofMoment((moment) => moment.getUTCHours()),
  minute: ofMoment((moment) => moment.getUTCMinutes()),
  second: ofMoment((moment) => moment.getUTCSeconds()),
  date: ofMoment((moment) => Math.floor(moment.getTime() / DAY_MS) * DAY_MS),
}

/** Read what a path leads to; null where it leads nowhere. */
export function compilePath({ from, steps }: Path, entityType = ''): Read {
  return (environment) => steps.reduce<unknown>((value, step) => follow(value, step, entityType), environment[from])
}

function follow(value: unknown, step: Step, entityType: string): unknown {
  if (typeof value !== 'object' || value === null) return null
  if (step.kind === 'cast') {
    // A cast of a collection keeps the members that are of the type.
    if (Array.isArray(value)) return value.filter((member) => isOf(member, step.types, ''))
    return isOf(value, step.types, entityType) ? value : null
  }
  return Object.hasOwn(value, step.name) ? (value as Entity)[step.name] : null
}

/** Whether a value is of one of these types, given in lower case. */
export function isOf(value: unknown, types: ReadonlySet<string>, entityType: string): boolean {
  if (typeof value !== 'object' || value === null) return false
  const own = (value as Entity)['@odata.type']
  const name = typeof own === 'string' ? own.replace(/^#?microsoft\.graph\./i, '') : entityType
  return types.has(name.toLowerCase())
}

import { compareVersions } from '@muster/shared/core'
import type { ComparisonOperator, Expression, Literal, RuleSubject, RuleValue } from './expression.ts'

/** Longest text that a regular expression is tried on. */
const MATCH_TEXT_MAX = 1_000

/** Compile once, ask often: closures over the expression. Strings compare without regard to case. */
export function compile(expression: Expression): (subject: RuleSubject) => boolean {
  const test = compileTest(expression)
  return (subject) => test(subject)
}

type Test = (value: RuleValue) => boolean

function compileTest(expression: Expression): Test {
  switch (expression.kind) {
    case 'and': {
      const tests = expression.operands.map(compileTest)
      return (value) => tests.every((test) => test(value))
    }
    case 'or': {
      const tests = expression.operands.map(compileTest)
      return (value) => tests.some((test) => test(value))
    }
    case 'not': {
      const test = compileTest(expression.operand)
      return (value) => !test(value)
    }
    case 'any':
    case 'all': {
      const read = reader(expression.property)
      const test = compileTest(expression.condition)
      return expression.kind === 'any'
        ? (value) => listOf(read(value)).some(test)
        : (value) => listOf(read(value)).every(test)
    }
    case 'in': {
      const read = reader(expression.property)
      const tests = expression.values.map((value) => comparison('eq', value))
      return (value) => {
        const found = read(value)
        return tests.some((test) => test(found))
      }
    }
    case 'comparison': {
      const read = reader(expression.property)
      const test = comparison(expression.operator, expression.value)
      return (value) => test(read(value))
    }
  }
}

const listOf = (value: RuleValue): readonly RuleValue[] => (Array.isArray(value) ? value : [])

function reader(property: string): (value: RuleValue) => RuleValue {
  if (property === '') return (value) => value
  const path = property.split('/')
  return (value) => path.reduce<RuleValue>((at, name) => member(at, name), value)
}

function member(value: RuleValue, name: string): RuleValue {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  return Object.hasOwn(value, name) ? (value as RuleSubject)[name] : null
}

function comparison(operator: ComparisonOperator, literal: Literal): Test {
  if (literal.type === 'null') {
    const isNull: Test = (value) => value === null || value === undefined
    return operator === 'eq' ? isNull : operator === 'ne' ? (value) => !isNull(value) : () => false
  }
  const order = orderer(literal)
  const folded = String(literal.value).toLowerCase()
  const text =
    (test: (value: string) => boolean): Test =>
    (value) =>
      typeof value === 'string' && test(value.toLowerCase())
  switch (operator) {
    case 'match':
      return matcher(String(literal.value))
    case 'eq':
      return (value) => order(value) === 0
    case 'ne':
      return (value) => order(value) !== 0
    case 'gt':
      return (value) => (order(value) ?? 0) > 0
    case 'ge':
      return (value) => (order(value) ?? -1) >= 0
    case 'lt':
      return (value) => (order(value) ?? 0) < 0
    case 'le':
      return (value) => (order(value) ?? 1) <= 0
    case 'startsWith':
      return text((value) => value.startsWith(folded))
    case 'endsWith':
      return text((value) => value.endsWith(folded))
    case 'contains':
      return text((value) => value.includes(folded))
  }
}

/** How a value stands to a literal: negative, zero, positive, or `undefined` where the two cannot be compared. */
function orderer(literal: Exclude<Literal, { type: 'null' }>): (value: RuleValue) => number | undefined {
  switch (literal.type) {
    case 'number':
      return (value) => (typeof value === 'number' ? value - literal.value : undefined)
    case 'boolean':
      return (value) => asBoolean(value, literal.value)
    case 'version':
      return (value) => (typeof value === 'string' ? compareVersions(value, literal.value) : undefined)
    case 'dateTime': {
      const at = Date.parse(literal.value)
      return (value) => (typeof value === 'string' ? Date.parse(value) - at : undefined)
    }
    case 'string': {
      const folded = literal.value.toLowerCase()
      return (value) => {
        if (typeof value === 'boolean') return String(value) === folded ? 0 : undefined
        if (typeof value !== 'string') return undefined
        const own = value.toLowerCase()
        return own === folded ? 0 : own < folded ? -1 : 1
      }
    }
  }
}

const asBoolean = (value: RuleValue, wanted: boolean): number | undefined =>
  typeof value === 'boolean' ? Number(value) - Number(wanted) : undefined

function matcher(source: string): Test {
  const pattern = new RegExp(source, 'i')
  return (value) => typeof value === 'string' && pattern.test(value.slice(0, MATCH_TEXT_MAX))
}

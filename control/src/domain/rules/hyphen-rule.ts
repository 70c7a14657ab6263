import { nearestName } from '@muster/shared/core'
import type { Cursor } from './cursor.ts'
import { type ComparisonOperator, type Expression, type Literal, negate } from './expression.ts'
import type { Token } from './lexer.ts'
import { patternObjection } from './safe-pattern.ts'

/** The grammar that membership rules and assignment filters share: `(device.model -eq "X") and not (…)`. */
export interface HyphenDialect {
  /** The word before the dot → the properties behind it, as the evaluator is to read them. */
  readonly namespaces: Readonly<Record<string, readonly string[]>>
  readonly caseSensitiveNames: boolean
  /** Operators, lower-case, and what they mean. */
  readonly operators: Readonly<
    Record<string, { readonly operator: ComparisonOperator | 'in'; readonly negated: boolean }>
  >
  /** Properties whose literals are versions, written without quotes. */
  readonly versions: ReadonlySet<string>
  /** True: order is for versions, and versions have nothing but order and equality. */
  readonly versionsOnly: boolean
  /** Whether `-any (_ -eq …)` is known. */
  readonly collections: boolean
  /** Collections whose members are called by a name of their own inside `-any`, instead of `_`. */
  readonly memberNames?: Readonly<Record<string, string>>
}

/**
 * A whole rule: `or` binds weakest, then `and`, then `not`. `inside`: what the condition of `-any` or `-all` calls the member
 * that it is about, and asks about alone.
 */
export function parseHyphenRule(cursor: Cursor, dialect: HyphenDialect, inside?: string): Expression {
  return joined(cursor, 'or', () => joined(cursor, 'and', () => parseTerm(cursor, dialect, inside)))
}

function joined(cursor: Cursor, kind: 'and' | 'or', parse: () => Expression): Expression {
  const operands = [parse()]
  while (isWord(cursor.token, kind)) {
    cursor.take()
    operands.push(parse())
  }
  return operands.length === 1 ? (operands[0] as Expression) : { kind, operands }
}

/** `and` and `-and` are the same. */
const isWord = (token: Token, word: string): boolean =>
  (token.type === 'word' || token.type === 'operator') && token.text.toLowerCase() === word

function parseTerm(cursor: Cursor, dialect: HyphenDialect, inside: string | undefined): Expression {
  if (isWord(cursor.token, 'not')) {
    cursor.take()
    return negate(cursor.nested(() => parseTerm(cursor, dialect, inside)))
  }
  if (cursor.skip('(')) {
    const inner = cursor.nested(() => parseHyphenRule(cursor, dialect, inside))
    cursor.expect(')')
    return inner
  }
  return parseComparison(cursor, dialect, inside)
}

function parseComparison(cursor: Cursor, dialect: HyphenDialect, inside: string | undefined): Expression {
  const property = parseProperty(cursor, dialect, inside)
  const token = cursor.take()
  if (token.type !== 'operator') cursor.fail('rule/syntax', 'expected an operator such as -eq', token)
  const name = token.text.toLowerCase()
  if (dialect.collections && inside === undefined && (name === 'any' || name === 'all')) {
    cursor.expect('(')
    const condition = cursor.nested(() => parseHyphenRule(cursor, dialect, dialect.memberNames?.[property] ?? '_'))
    cursor.expect(')')
    return { kind: name, property, condition }
  }
  const known = dialect.operators[name]
  if (!known) {
    const near = nearestName(name, Object.keys(dialect.operators))
    cursor.fail(
      'rule/operator-not-applicable',
      `there is no operator -${token.text}${near ? `; did you mean -${near}?` : ''}`,
      token,
    )
  }
  if (dialect.versionsOnly && !fits(known.operator, dialect.versions.has(property)))
    cursor.fail('rule/operator-not-applicable', `-${token.text} does not apply to ${property}`, token)
  const expression = parseOperand(cursor, dialect, property, known.operator)
  return known.negated ? negate(expression) : expression
}

const ordering: ReadonlySet<string> = new Set(['gt', 'ge', 'lt', 'le'])

const fits = (operator: string, isVersion: boolean): boolean =>
  operator === 'eq' || operator === 'ne' || ordering.has(operator) === isVersion

function parseOperand(
  cursor: Cursor,
  dialect: HyphenDialect,
  property: string,
  operator: ComparisonOperator | 'in',
): Expression {
  if (dialect.memberNames?.[property] !== undefined)
    cursor.fail('rule/operator-not-applicable', `${property} is asked with -any`, cursor.token)
  if (operator === 'in') return { kind: 'in', property, values: parseList(cursor, property, dialect) }
  const token = cursor.token
  const value = parseLiteral(cursor, property, dialect)
  if (value.type === 'null' && operator !== 'eq' && operator !== 'ne') {
    cursor.fail('rule/operator-not-applicable', 'null can only be compared with -eq and -ne', token)
  }
  if (operator === 'match') {
    const objection = patternObjection(String(value.value))
    if (objection !== undefined) cursor.fail('rule/too-complex', objection, token)
  }
  return { kind: 'comparison', property, operator, value }
}

function parseList(cursor: Cursor, property: string, dialect: HyphenDialect): readonly Literal[] {
  cursor.expect('[')
  const values = [parseLiteral(cursor, property, dialect)]
  while (cursor.skip(',')) values.push(parseLiteral(cursor, property, dialect))
  cursor.expect(']')
  return values
}

function parseProperty(cursor: Cursor, dialect: HyphenDialect, inside: string | undefined): string {
  const token = cursor.take()
  const wanted = inside === undefined ? 'a property such as device.model' : `${inside}, the member of the collection`
  if (token.type !== 'word' || (inside === undefined ? token.text === '_' : token.text !== inside))
    cursor.fail('rule/syntax', `expected ${wanted}`, token)
  if (inside !== undefined) return ''
  const [namespace = '', ...rest] = token.text.split('.')
  const name = rest.join('.')
  const fold = (text: string): string => (dialect.caseSensitiveNames ? text : text.toLowerCase())
  const properties = Object.entries(dialect.namespaces).find(([candidate]) => fold(candidate) === fold(namespace))?.[1]
  const found = properties?.find((candidate) => fold(candidate) === fold(name))
  if (found !== undefined) return found
  const all = Object.entries(dialect.namespaces).flatMap(([space, names]) => names.map((each) => `${space}.${each}`))
  const near = nearestName(token.text, all)
  return cursor.fail(
    'rule/unknown-property',
    `there is no property ${token.text} here${near ? `; did you mean ${near}?` : ''}`,
    token,
  )
}

const VERSION = /^\d+(\.\d+){0,3}$/

function parseLiteral(cursor: Cursor, property: string, dialect: HyphenDialect): Literal {
  const token = cursor.take()
  const isVersion = dialect.versions.has(property)
  if (isVersion && (token.type === 'string' || token.type === 'number')) {
    if (VERSION.test(token.text)) return { type: 'version', value: token.text }
    if (dialect.versionsOnly || token.type === 'number')
      cursor.fail('rule/syntax', 'expected a version such as 10.0.26100', token)
  }
  if (token.type === 'string') return { type: 'string', value: token.text }
  if (token.type === 'number') {
    const value = Number(token.text)
    if (Number.isFinite(value)) return { type: 'number', value }
  }
  if (token.type === 'word') {
    const word = token.text.toLowerCase()
    if (word === 'null' || word === '$null') return { type: 'null', value: null }
    if (word === 'true' || word === 'false') return { type: 'boolean', value: word === 'true' }
  }
  return cursor.fail('rule/syntax', 'expected a value such as "text", true or null', token)
}

import { ok, type Result } from '@muster/shared/core'
import { type Cursor, parsed } from './cursor.ts'
import { compile } from './evaluate.ts'
import { type ComparisonOperator, type Expression, type Literal, negate, type RuleSubject } from './expression.ts'
import { type Token, tokenize } from './lexer.ts'

/** A `$filter`, to be evaluated in memory or compiled to SQL. */
export interface ODataFilter {
  readonly expression: Expression
  matches(subject: RuleSubject): boolean
}

const LENGTH_MAX = 8_192
const comparisons: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const functions: Readonly<Record<string, ComparisonOperator>> = {
  startswith: 'startsWith',
  endswith: 'endsWith',
  contains: 'contains',
}

/**
 * Parse an OData `$filter` (OData 4.01 URL conventions §5.1.1): comparisons, `and or not in`, `startswith endswith
 * contains`, `any` and `all`. Refusals: `rule/syntax`, `rule/operator-not-applicable`, `rule/too-long`, `rule/too-complex`.
 */
export function parseODataFilter(text: string): Result<ODataFilter> {
  const tokens = tokenize(text, { lengthMax: LENGTH_MAX, quotes: 'doubled' })
  if (!tokens.ok) return tokens
  const expression = parsed(tokens.value, (cursor) => parseOr(cursor, []))
  return expression.ok ? ok({ expression: expression.value, matches: compile(expression.value) }) : expression
}

/** Names of the lambda variables in whose scope the parser is, innermost last. */
type Scope = readonly string[]

const isWord = (token: Token, word: string): boolean => token.type === 'word' && token.text.toLowerCase() === word

function joined(cursor: Cursor, kind: 'and' | 'or', parse: () => Expression): Expression {
  const operands = [parse()]
  while (isWord(cursor.token, kind)) {
    cursor.take()
    operands.push(parse())
  }
  return operands.length === 1 ? (operands[0] as Expression) : { kind, operands }
}

const parseOr = (cursor: Cursor, scope: Scope): Expression =>
  joined(cursor, 'or', () => joined(cursor, 'and', () => parseTerm(cursor, scope)))

function parseTerm(cursor: Cursor, scope: Scope): Expression {
  if (isWord(cursor.token, 'not')) {
    cursor.take()
    return negate(cursor.nested(() => parseTerm(cursor, scope)))
  }
  if (cursor.skip('(')) {
    const inner = cursor.nested(() => parseOr(cursor, scope))
    cursor.expect(')')
    return inner
  }
  const token = cursor.take()
  if (token.type !== 'word') cursor.fail('rule/syntax', 'expected a property or a function', token)
  if (cursor.token.type === 'symbol' && cursor.token.text === '(') return parseCall(cursor, token, scope)
  return parseComparison(cursor, pathOf(token.text, scope))
}

function parseCall(cursor: Cursor, token: Token, scope: Scope): Expression {
  const lambda = /^(.+)\/(any|all)$/.exec(token.text)
  if (lambda) return parseLambda(cursor, pathOf(lambda[1] ?? '', scope), lambda[2] === 'all' ? 'all' : 'any', scope)
  const operator = functions[token.text.toLowerCase()]
  if (!operator) cursor.fail('rule/operator-not-applicable', `the function ${token.text} is not served`, token)
  cursor.expect('(')
  const property = cursor.take()
  if (property.type !== 'word') cursor.fail('rule/syntax', 'expected a property', property)
  cursor.expect(',')
  const value = parseLiteral(cursor)
  cursor.expect(')')
  const expression: Expression = { kind: 'comparison', property: pathOf(property.text, scope), operator, value }
  return expectEqTrue(cursor, expression)
}

/** `startswith(a,'b') eq true` is what some clients write. */
function expectEqTrue(cursor: Cursor, expression: Expression): Expression {
  if (!isWord(cursor.token, 'eq') || cursor.next.type !== 'word') return expression
  cursor.take()
  const value = parseLiteral(cursor)
  return value.value === false ? negate(expression) : expression
}

function parseLambda(cursor: Cursor, property: string, kind: 'any' | 'all', scope: Scope): Expression {
  cursor.expect('(')
  // Without a condition `any()` asks whether there is a member at all.
  if (cursor.skip(')')) return { kind: 'any', property, condition: { kind: 'and', operands: [] } }
  const variable = cursor.take()
  if (variable.type !== 'word') cursor.fail('rule/syntax', 'expected the name of a variable', variable)
  cursor.expect(':')
  const condition = cursor.nested(() => parseOr(cursor, [...scope, variable.text]))
  cursor.expect(')')
  return { kind, property, condition }
}

function pathOf(text: string, scope: Scope): string {
  const variable = scope.at(-1)
  if (variable !== undefined && text === variable) return ''
  return variable !== undefined && text.startsWith(`${variable}/`) ? text.slice(variable.length + 1) : text
}

function parseComparison(cursor: Cursor, property: string): Expression {
  const token = cursor.take()
  const operator = token.text.toLowerCase()
  if (token.type === 'word' && operator === 'in') return { kind: 'in', property, values: parseList(cursor) }
  if (token.type !== 'word' || !comparisons.has(operator))
    cursor.fail('rule/syntax', 'expected eq, ne, gt, ge, lt, le or in', token)
  return { kind: 'comparison', property, operator: operator as ComparisonOperator, value: parseLiteral(cursor) }
}

function parseList(cursor: Cursor): readonly Literal[] {
  cursor.expect('(')
  const values = [parseLiteral(cursor)]
  while (cursor.skip(',')) values.push(parseLiteral(cursor))
  cursor.expect(')')
  return values
}

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

function parseLiteral(cursor: Cursor): Literal {
  const token = cursor.take()
  if (token.type === 'string') return { type: 'string', value: token.text }
  if (token.type === 'number') {
    if (DATE_TIME.test(token.text)) return { type: 'dateTime', value: token.text }
    if (GUID.test(token.text)) return { type: 'string', value: token.text }
    const value = Number(token.text)
    if (Number.isFinite(value)) return { type: 'number', value }
  }
  if (token.type === 'word') {
    if (token.text === 'null') return { type: 'null', value: null }
    if (token.text === 'true' || token.text === 'false') return { type: 'boolean', value: token.text === 'true' }
    // An enum member with its type, microsoft.graph.x'y', arrives as a word and a string.
    if (cursor.token.type === 'string' && token.text.startsWith('microsoft.graph.'))
      return { type: 'string', value: cursor.take().text }
  }
  return cursor.fail('rule/syntax', 'expected a value', token)
}

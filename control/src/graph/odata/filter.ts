import type {
  ComparisonOperator,
  Filter,
  LiteralValue,
  Operand,
  Ordering,
  Path,
  TextTest,
  ValueType,
} from './expression.ts'
import { fitted, incompatible, members } from './literal.ts'
import { type LambdaHead, parseLambda, parseOperand, parseValue, type Scope } from './operands.ts'
import type { Shape, Types } from './shape.ts'
import { type Token, Tokens } from './tokens.ts'

/** A condition, or a value that has yet to be compared. */
type Node = Filter | Operand

const operandKinds: ReadonlySet<string> = new Set(['literal', 'path', 'count', 'call'])
const isOperand = (node: Node): node is Operand => operandKinds.has(node.kind)

const comparisons: ReadonlySet<string> = new Set(['eq', 'ne', 'gt', 'ge', 'lt', 'le'])
const textTests: ReadonlyMap<string, TextTest> = new Map([
  ['startswith', 'startsWith'],
  ['endswith', 'endsWith'],
  ['contains', 'contains'],
])

/**
 * Parse a `$filter` and check it against what rows look like (OData 4.01 URL conventions §5.1.1).
 * @throws CodedError `graph/bad-query` with the column
 */
export function parseFilter(text: string, shape: Shape, types: Types): Filter {
  const tokens = new Tokens(text, '$filter')
  const filter = asCondition(parseOr(tokens, { types, shape, variables: [] }), tokens)
  tokens.end()
  return filter
}

function parseOr(tokens: Tokens, scope: Scope): Node {
  return joined(tokens, 'or', () => joined(tokens, 'and', () => parseTerm(tokens, scope)))
}

function joined(tokens: Tokens, kind: 'and' | 'or', parse: () => Node): Node {
  const first = parse()
  if (!tokens.isWord(kind)) return first
  const operands = [asCondition(first, tokens)]
  while (tokens.skipWord(kind)) operands.push(asCondition(parse(), tokens))
  return { kind, operands }
}

/** A value stands for a condition when it is true or false. */
function asCondition(node: Node, tokens: Tokens): Filter {
  if (!isOperand(node)) return node
  if (node.type.kind !== 'boolean' && node.type.kind !== 'unknown')
    tokens.fail('expected eq, ne, gt, ge, lt, le, in or has')
  return { kind: 'truth', operand: node }
}

function parseTerm(tokens: Tokens, scope: Scope): Node {
  if (tokens.isWord('not')) {
    tokens.take()
    const inner = tokens.nested(() => parseTerm(tokens, scope))
    return { kind: 'not', operand: asCondition(inner, tokens) }
  }
  const at = tokens.token
  const left = parsePrimary(tokens, scope)
  const word = tokens.token.type === 'name' ? tokens.token.text.toLowerCase() : ''
  if (comparisons.has(word)) return parseComparison(tokens, scope, left, at)
  if (word === 'in') return parseIn(tokens, left, at)
  return word === 'has' ? parseHas(tokens, left, at) : left
}

function parsePrimary(tokens: Tokens, scope: Scope): Node {
  if (tokens.skip('(')) {
    const inner = tokens.nested(() => parseOr(tokens, scope))
    tokens.expect(')')
    return inner
  }
  const word = tokens.token.text.toLowerCase()
  const isCall = tokens.token.type === 'name' && tokens.next.type === 'symbol' && tokens.next.text === '('
  const test = isCall ? textTests.get(word) : undefined
  if (test) return parseTextTest(tokens, scope, test)
  if (isCall && word === 'isof') return parseIsOf(tokens, scope)
  const operand: Operand | LambdaHead = parseOperand(tokens, scope)
  if (operand.kind !== 'lambda') return operand
  return parseLambda(tokens, scope, operand, (inner) => asCondition(parseOr(tokens, inner), tokens))
}

function parseTextTest(tokens: Tokens, scope: Scope, test: TextTest): Filter {
  tokens.take()
  tokens.expect('(')
  const [operand, part] = tokens.nested(() => {
    const first = textOperand(tokens, scope)
    tokens.expect(',')
    return [first, textOperand(tokens, scope)] as const
  })
  tokens.expect(')')
  return { kind: 'text', test, operand, part }
}

function textOperand(tokens: Tokens, scope: Scope): Operand {
  const at = tokens.token
  const operand = parseValue(tokens, scope)
  if (!['text', 'enum', 'unknown', 'null'].includes(operand.type.kind)) tokens.refuse('expected a text', at)
  return operand
}

function parseIsOf(tokens: Tokens, scope: Scope): Filter {
  tokens.term()
  tokens.take()
  tokens.expect('(')
  let path: Path = { from: 0, steps: [] }
  let name = tokens.take()
  if (name.type === 'name' && !name.text.includes('.') && tokens.isSymbol(',')) {
    const index = scope.variables.findLastIndex((variable) => variable.name === name.text)
    path = index < 0 ? { from: 0, steps: [{ kind: 'property', name: name.text }] } : { from: index + 1, steps: [] }
    tokens.expect(',')
    name = tokens.take()
  }
  if (name.type !== 'name' && name.type !== 'text') tokens.fail('expected the name of a type', name)
  const family = scope.types.family(name.text) ?? tokens.refuse(`there is no type ${name.text.slice(0, 64)}`, name)
  tokens.expect(')')
  return { kind: 'isof', path, types: family }
}

function parseComparison(tokens: Tokens, scope: Scope, left: Node, at: Token): Filter {
  const operator = tokens.take().text.toLowerCase() as ComparisonOperator
  const rightAt = tokens.token
  const right = parseValue(tokens, scope)
  if (!isOperand(left)) {
    // `startswith(a,'b') eq true` is what some clients write.
    if (right.kind !== 'literal' || typeof right.value !== 'boolean' || (operator !== 'eq' && operator !== 'ne'))
      return tokens.fail('expected true or false', rightAt)
    return (operator === 'eq') === right.value ? left : { kind: 'not', operand: left }
  }
  const by = orderingOf(left, right, tokens, at)
  const isOrdered = operator !== 'eq' && operator !== 'ne'
  if (isOrdered && (left.type.kind === 'enum' || right.type.kind === 'enum' || by === 'boolean'))
    tokens.refuse(`the operator ${operator} does not apply here; use eq, ne or in`, at)
  return {
    kind: 'comparison',
    operator,
    left: aligned(left, right, tokens, at),
    right: aligned(right, left, tokens, rightAt),
    by,
  }
}

/** A literal as a value of the type that it is compared with. */
function aligned(operand: Operand, other: Operand, tokens: Tokens, at: Token): Operand {
  if (operand.kind !== 'literal' || other.kind === 'literal') return operand
  return { ...operand, value: fitted(operand, other.type, tokens, at) }
}

/** How two operands compare; refuses what does not go together. */
function orderingOf(left: Operand, right: Operand, tokens: Tokens, at: Token): Ordering {
  for (const [one, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const { kind } = one.type
    if (kind !== 'structured' && kind !== 'collection') continue
    if (other.type.kind !== 'null') incompatible(one.type, other.type, tokens, at)
    return 'unknown'
  }
  const [one, other] = [plainOrdering(left.type), plainOrdering(right.type)]
  if (one === other || other === 'unknown') return one
  if (one === 'unknown') return other
  // What a literal is read as has been decided by then.
  if (left.kind !== 'literal' && right.kind !== 'literal') incompatible(left.type, right.type, tokens, at)
  return left.kind === 'literal' ? other : one
}

function plainOrdering(type: ValueType): Ordering {
  switch (type.kind) {
    case 'enum':
      return 'text'
    case 'null':
    case 'structured':
    case 'collection':
      return 'unknown'
    default:
      return type.kind
  }
}

function parseIn(tokens: Tokens, left: Node, at: Token): Filter {
  tokens.take()
  if (!isOperand(left) || left.type.kind === 'structured' || left.type.kind === 'collection')
    return tokens.refuse('in applies to values only', at)
  tokens.expect('(')
  const values: LiteralValue[] = []
  do {
    tokens.term()
    const where = tokens.token
    const literal = parseValue(tokens, { types: NO_TYPES, shape: NOTHING, variables: [] })
    if (literal.kind !== 'literal') return tokens.fail('expected a value', where)
    values.push(fitted(literal, left.type, tokens, where))
  } while (tokens.skip(','))
  tokens.expect(')')
  return { kind: 'in', operand: left, values, by: plainOrdering(left.type) }
}

function parseHas(tokens: Tokens, left: Node, at: Token): Filter {
  tokens.take()
  if (!isOperand(left) || !['enum', 'text', 'unknown'].includes(left.type.kind))
    return tokens.refuse('has applies to flags only', at)
  const where = tokens.token
  const literal = parseValue(tokens, { types: NO_TYPES, shape: NOTHING, variables: [] })
  if (literal.kind !== 'literal' || typeof literal.value !== 'string') return tokens.fail('expected members', where)
  const { type } = left
  // Members of one enumeration may be asked of a property that holds others, as real clients do of `platforms`.
  const spelt =
    type.kind === 'enum' ? members(literal.value, { ...type.enum, flags: true }, tokens, where) : literal.value
  return { kind: 'has', operand: left, members: spelt.split(',').map((name) => name.trim().toLowerCase()) }
}

/** Where only literals may stand, no name means anything. */
const NOTHING: Shape = { name: 'value', allows: () => false, property: () => undefined, propertyNames: [] }
const NO_TYPES: Types = { version: 'v1.0', shape: () => NOTHING, enumType: () => undefined, family: () => undefined }

import type { Filter, Operand, Path, Step, ValueType } from './expression.ts'
import { readLiteral } from './literal.ts'
import { propertyOf, type Shape, type Types, valueTypeOf } from './shape.ts'
import type { Token, Tokens } from './tokens.ts'

/** A variable of a lambda and what it stands for, outermost first. */
export interface Variable {
  readonly name: string
  readonly shape: Shape | undefined
  readonly type: ValueType
}

/** What names mean where a parser stands. */
export interface Scope {
  readonly types: Types
  readonly shape: Shape
  readonly variables: readonly Variable[]
}

/** Where a path has led. */
interface Reached {
  readonly path: Path
  readonly type: ValueType
  /** Of an entity, a complex value, or the members of a collection of them. */
  readonly shape: Shape | undefined
  /** Of the members of a collection. */
  readonly member: ValueType
}

/** A path that ends in a lambda; its brackets come next. */
export interface LambdaHead {
  readonly kind: 'lambda'
  readonly quantifier: 'any' | 'all'
  readonly reached: Reached
}

/** Functions of one operand that yield a value, with what they take. */
const functions: Readonly<Record<string, { takes: ValueType['kind']; yields: 'text' | 'number' | 'time' }>> = {
  tolower: { takes: 'text', yields: 'text' },
  toupper: { takes: 'text', yields: 'text' },
  trim: { takes: 'text', yields: 'text' },
  length: { takes: 'text', yields: 'number' },
  year: { takes: 'time', yields: 'number' },
  month: { takes: 'time', yields: 'number' },
  day: { takes: 'time', yields: 'number' },
  hour: { takes: 'time', yields: 'number' },
  minute: { takes: 'time', yields: 'number' },
  second: { takes: 'time', yields: 'number' },
  date: { takes: 'time', yields: 'time' },
}

/** A value: a literal, a path, a function of one. */
export function parseOperand(tokens: Tokens, scope: Scope): Operand | LambdaHead {
  tokens.term()
  const literal = readLiteral(tokens)
  if (literal) return literal
  const token = tokens.take()
  if (token.type !== 'name') return tokens.fail('expected a property or a value', token)
  return tokens.isSymbol('(') ? parseCall(tokens, scope, token) : parsePath(tokens, scope, token)
}

/** A value that is no lambda. */
export function parseValue(tokens: Tokens, scope: Scope): Operand {
  const { token } = tokens
  const operand = parseOperand(tokens, scope)
  return operand.kind === 'lambda' ? tokens.fail('expected a value', token) : operand
}

function parseCall(tokens: Tokens, scope: Scope, token: Token): Operand {
  const name = token.text.toLowerCase()
  const known = Object.hasOwn(functions, name) ? functions[name] : undefined
  if (!known) return tokens.refuse(`An unknown function with name '${token.text.slice(0, 64)}' was found.`, token)
  tokens.expect('(')
  const at = tokens.token
  const operand = tokens.nested(() => parseValue(tokens, scope))
  const { kind } = operand.type
  const fits =
    kind === known.takes || kind === 'unknown' || kind === 'null' || (kind === 'enum' && known.takes === 'text')
  if (!fits) tokens.refuse(`the function ${name} takes another type`, at)
  tokens.expect(')')
  return { kind: 'call', name, operands: [operand], type: { kind: known.yields } }
}

function parsePath(tokens: Tokens, scope: Scope, first: Token): Operand | LambdaHead {
  let reached = begin(tokens, scope, first)
  while (tokens.skip('/')) {
    const token = tokens.take()
    if (token.type !== 'name') return tokens.fail('expected the name of a property', token)
    const word = token.text.toLowerCase()
    if (tokens.isSymbol('(') && (word === 'any' || word === 'all')) {
      if (reached.type.kind !== 'collection' && reached.type.kind !== 'unknown')
        tokens.refuse(`${word} applies to collections only`, token)
      return { kind: 'lambda', quantifier: word, reached }
    }
    if (word === '$count') {
      if (reached.type.kind !== 'collection' && reached.type.kind !== 'unknown')
        tokens.refuse('$count applies to collections only', token)
      return { kind: 'count', path: reached.path, type: { kind: 'number' } }
    }
    reached = step(tokens, scope, reached, token)
  }
  const { path, type, shape } = reached
  return { kind: 'path', path, type, ...(shape ? { shape } : {}) }
}

/** The first name of a path: a variable, the entity itself, or a property of the entity. */
function begin(tokens: Tokens, scope: Scope, token: Token): Reached {
  const index = scope.variables.findLastIndex(({ name }) => name === token.text)
  const variable = scope.variables[index]
  if (variable) {
    const { type, shape } = variable
    return { path: { from: index + 1, steps: [] }, type, shape, member: { kind: 'unknown' } }
  }
  const entity: Reached = {
    path: { from: 0, steps: [] },
    type: { kind: 'structured' },
    shape: scope.shape,
    member: { kind: 'unknown' },
  }
  return token.text === '$it' ? entity : step(tokens, scope, entity, token)
}

function step(tokens: Tokens, scope: Scope, { path, type, shape }: Reached, token: Token): Reached {
  const { types } = scope
  const name = token.text
  const to = (next: Step): Path => ({ from: path.from, steps: [...path.steps, next] })
  if (name.includes('.') && !name.startsWith('@')) {
    const family = types.family(name)
    if (!family) return tokens.refuse(`there is no type ${name.slice(0, 64)}`, token)
    return { path: to({ kind: 'cast', types: family }), type, shape: types.shape(name), member: { kind: 'structured' } }
  }
  if (name.startsWith('@'))
    return { path: to({ kind: 'property', name }), type: { kind: 'text' }, shape: undefined, member: { kind: 'text' } }
  if (type.kind === 'collection') return tokens.refuse(`a collection has no property; use any or all`, token)
  if (!shape && type.kind !== 'unknown')
    return tokens.refuse(`a ${type.kind} has no property ${name.slice(0, 64)}`, token)
  const property = shape && propertyOf(shape, name, tokens.option)
  const { type: declared } = property ?? {}
  const isStructured = declared?.kind === 'complex' || declared?.kind === 'entity'
  return {
    path: to({ kind: 'property', name: property?.name ?? name }),
    type: valueTypeOf(property, types),
    shape: isStructured ? types.shape(declared.name) : undefined,
    member: property ? valueTypeOf({ ...property, collection: false }, types) : { kind: 'unknown' },
  }
}

/** The brackets of a lambda. Without a condition `any()` asks whether there is a member at all. */
export function parseLambda(
  tokens: Tokens,
  scope: Scope,
  { quantifier, reached }: LambdaHead,
  parseCondition: (scope: Scope) => Filter,
): Filter {
  const { path, shape, member } = reached
  tokens.expect('(')
  if (tokens.skip(')')) return { kind: 'any', path }
  const variable = tokens.take()
  if (variable.type !== 'name') tokens.fail('expected the name of a variable', variable)
  tokens.expect(':')
  const inner: Variable = { name: variable.text, shape, type: member }
  const condition = tokens.nested(() => parseCondition({ ...scope, variables: [...scope.variables, inner] }))
  tokens.expect(')')
  return { kind: quantifier, path, condition }
}

import { nearestName } from '@muster/shared/core'
import type { EnumType } from '../model/entity-model.ts'
import type { LiteralValue, Operand, Ordering, ValueType } from './expression.ts'
import type { Token, Tokens } from './tokens.ts'

type Literal = Extract<Operand, { kind: 'literal' }>

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,12})?)?(Z|[+-]\d{2}:\d{2})?)?$/i
const TIME_OF_DAY = /^\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
const NUMBER = /^-?\d+(\.\d+)?([eE][+-]?\d+)?[dDfFmMlL]?$/
/** Types that a text may be marked with: `duration'P1D'`. */
const MARKED = /^(duration|binary|guid|datetime|microsoft\.graph\.[\w.]+)$/i

/** Milliseconds since 1970 of a date or a moment; `undefined` when the text is neither. */
export function momentOf(text: string): number | undefined {
  if (!DATE_TIME.test(text)) return undefined
  const isLocal = text.length > 10 && !/(Z|[+-]\d{2}:\d{2})$/i.test(text)
  const atMs = Date.parse(isLocal ? `${text}Z` : text.toUpperCase())
  return Number.isNaN(atMs) ? undefined : atMs
}

const literal = (value: LiteralValue, kind: Ordering | 'null'): Literal => ({ kind: 'literal', value, type: { kind } })

/** The literal at the tokens, or undefined when something else stands there. */
export function readLiteral(tokens: Tokens): Literal | undefined {
  const { token, next } = tokens
  if (token.type === 'text') {
    tokens.take()
    return literal(token.text, 'text')
  }
  if (token.type === 'literal') {
    tokens.take()
    return bareLiteral(token) ?? tokens.fail('expected a value', token)
  }
  if (token.type !== 'name') return undefined
  if (next.type === 'text' && MARKED.test(token.text)) {
    tokens.take()
    return literal(tokens.take().text, 'text')
  }
  const word = token.text.toLowerCase()
  if (word !== 'null' && word !== 'true' && word !== 'false') return undefined
  tokens.take()
  return word === 'null' ? literal(null, 'null') : literal(word === 'true', 'boolean')
}

function bareLiteral({ text }: Token): Literal | undefined {
  if (GUID.test(text)) return literal(text, 'text')
  const atMs = momentOf(text)
  if (atMs !== undefined) return literal(atMs, 'time')
  if (TIME_OF_DAY.test(text)) return literal(text, 'text')
  if (!NUMBER.test(text)) return undefined
  const value = Number(text.replace(/[a-df-z]$/i, ''))
  return Number.isFinite(value) ? literal(value, 'number') : undefined
}

const edm = { text: 'Edm.String', number: 'Edm.Int32', boolean: 'Edm.Boolean', time: 'Edm.DateTimeOffset' } as const

const nameOf = (type: ValueType): string =>
  type.kind === 'enum' ? `microsoft.graph.${type.enum.name}` : (edm[type.kind as keyof typeof edm] ?? type.kind)

/**
 * The value of a literal that is compared with something of a type. Texts that read as a moment or a number are taken
 * for one, and members of enumerations are looked up. Refuses what cannot be compared.
 */
export function fitted({ value, type: given }: Literal, type: ValueType, tokens: Tokens, at: Token): LiteralValue {
  if (value === null || type.kind === 'unknown' || type.kind === 'null') return value
  if (type.kind === 'enum') {
    if (given.kind === 'text') return members(String(value), type.enum, tokens, at)
  } else if (type.kind === given.kind) return value
  else if (type.kind === 'time' && given.kind === 'text') {
    const atMs = momentOf(String(value))
    if (atMs !== undefined) return atMs
    return tokens.refuse('expected a time such as 2026-11-24T08:00:00Z', at)
  }
  if (type.kind === 'number' && given.kind === 'text' && NUMBER.test(String(value))) return Number(value)
  return incompatible(type, given, tokens, at)
}

/** Refuse two types that do not go together, in the words of Graph. */
export function incompatible(left: ValueType, right: ValueType, tokens: Tokens, at: Token): never {
  const types = `'${nameOf(left)}' and '${nameOf(right)}'`
  return tokens.refuse(`A binary operator with incompatible types was detected. Found operand types ${types}.`, at)
}

/** Names of members as the enumeration spells them, several only of flags. */
export function members(text: string, type: EnumType, tokens: Tokens, at: Token): string {
  const names = text.split(',').map((name) => name.trim())
  if (names.length > 1 && !type.flags)
    tokens.refuse(`microsoft.graph.${type.name} takes one member, not ${names.length}`, at)
  const spelt = names.map((name) => {
    const found = type.members.find((member) => member.toLowerCase() === name.toLowerCase())
    if (found !== undefined) return found
    const near = nearestName(name.slice(0, 64), type.members)
    const hint = near === undefined ? '' : ` Did you mean '${near}'?`
    return tokens.refuse(
      `The string '${name.slice(0, 64)}' is not a member of enumeration 'microsoft.graph.${type.name}'.${hint}`,
      at,
    )
  })
  return spelt.join(',')
}

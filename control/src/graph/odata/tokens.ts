import { CodedError } from '@muster/shared/core'

/** A piece of an expression. */
export interface Token {
  /** A bare word with dots, a text without its quotes, what begins with a digit or is a GUID, one character, or the end. */
  readonly type: 'name' | 'text' | 'literal' | 'symbol' | 'end'
  readonly text: string
  /** 1-based. */
  readonly column: number
}

/** Characters of an expression, as far as the server reads it. */
const LENGTH_MAX = 16_384
/** Deepest nesting of brackets and negations. */
const DEPTH_MAX = 64
/** Comparisons, functions and members of lists together. */
const TERMS_MAX = 1_000

const GUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![\w-])/iy
const LITERAL = /-?\d[\w.:+-]*/y
const NAME = /[A-Za-z_$@][\w$.@]*/y
const SPACE = /[ \t\r\n]+/y
const TEXT = /'(?:[^']|'')*'/y
const SYMBOLS = '(),:/'

function tokenize(text: string, option: string): readonly Token[] {
  const tokens: Token[] = []
  let position = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position
    return pattern.exec(text)?.[0]
  }
  while (position < text.length) {
    const column = position + 1
    const space = take(SPACE)
    const char = text[position] as string
    const found = space === undefined ? readToken(take, char, column) : undefined
    if (space === undefined && !found) {
      const why = char === "'" ? 'the text has no end' : `${JSON.stringify(char)} means nothing here`
      throw badOption(option, column, why)
    }
    if (found) tokens.push(found.token)
    position += space?.length ?? found?.length ?? 1
  }
  tokens.push({ type: 'end', text: '', column: text.length + 1 })
  return tokens
}

function readToken(
  take: (pattern: RegExp) => string | undefined,
  char: string,
  column: number,
): { token: Token; length: number } | undefined {
  const text = take(TEXT)
  if (text !== undefined) {
    return { token: { type: 'text', text: text.slice(1, -1).replaceAll("''", "'"), column }, length: text.length }
  }
  const literal = take(GUID) ?? take(LITERAL)
  if (literal !== undefined) return { token: { type: 'literal', text: literal, column }, length: literal.length }
  const name = take(NAME)
  if (name !== undefined) return { token: { type: 'name', text: name, column }, length: name.length }
  return SYMBOLS.includes(char) ? { token: { type: 'symbol', text: char, column }, length: 1 } : undefined
}

const badOption = (option: string, column: number, why: string): CodedError =>
  new CodedError('graph/bad-query', `Invalid ${option} clause: column ${column}: ${why}`, { at: option })

/** Where a parser stands in an expression; it refuses what is too long, too deep or too much with `graph/bad-query`. */
export class Tokens {
  readonly option: string
  private readonly all: readonly Token[]
  private index = 0
  private depth = 0
  private terms = 0

  /** `option` names the query option in refusals: `$filter`. */
  constructor(text: string, option: string) {
    this.option = option
    if (text.length > LENGTH_MAX)
      throw badOption(option, LENGTH_MAX, `it has ${text.length} characters, at most ${LENGTH_MAX} are allowed`)
    this.all = tokenize(text, option)
  }

  get token(): Token {
    return this.all[Math.min(this.index, this.all.length - 1)] as Token
  }

  get next(): Token {
    return this.all[Math.min(this.index + 1, this.all.length - 1)] as Token
  }

  take(): Token {
    const { token } = this
    this.index++
    return token
  }

  /** Whether a word stands here, without regard to case. */
  isWord(word: string): boolean {
    return this.token.type === 'name' && this.token.text.toLowerCase() === word
  }

  isSymbol(symbol: string): boolean {
    return this.token.type === 'symbol' && this.token.text === symbol
  }

  skip(symbol: string): boolean {
    if (!this.isSymbol(symbol)) return false
    this.index++
    return true
  }

  skipWord(word: string): boolean {
    if (!this.isWord(word)) return false
    this.index++
    return true
  }

  expect(symbol: string): void {
    if (!this.skip(symbol)) this.fail(`expected ${JSON.stringify(symbol)}`)
  }

  end(): void {
    if (this.token.type !== 'end') this.fail('expected the end')
  }

  nested<T>(parse: () => T): T {
    if (++this.depth > DEPTH_MAX) this.refuse(`it is nested deeper than ${DEPTH_MAX}`)
    const value = parse()
    this.depth--
    return value
  }

  /** Count a term. */
  term(): void {
    if (++this.terms > TERMS_MAX) this.refuse(`it has more than ${TERMS_MAX} terms`)
  }

  /** Refuse what stands at a token. */
  fail(expected: string, token: Token = this.token): never {
    const found = token.type === 'end' ? 'the end' : JSON.stringify(token.text)
    throw badOption(this.option, token.column, `${expected}, found ${found}`)
  }

  /** Refuse for a reason that says all. */
  refuse(why: string, token: Token = this.token): never {
    throw badOption(this.option, token.column, why)
  }
}

import type { ErrorCode } from '@muster/shared/contracts'
import { CodedError, ok, type Result } from '@muster/shared/core'
import type { Token } from './lexer.ts'

/** Deepest nesting of brackets and negations. */
const DEPTH_MAX = 64

/** Where a parser stands in its tokens. Refusals travel as `CodedError` up to `parsed`, which makes a `Result` of them. */
export class Cursor {
  private index = 0
  private depth = 0
  private readonly tokens: readonly Token[]

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens
  }

  get token(): Token {
    return this.tokens[Math.min(this.index, this.tokens.length - 1)] as Token
  }

  get next(): Token {
    return this.tokens[Math.min(this.index + 1, this.tokens.length - 1)] as Token
  }

  take(): Token {
    const { token } = this
    this.index++
    return token
  }

  /** Take a symbol if it stands here. */
  skip(symbol: string): boolean {
    if (this.token.type !== 'symbol' || this.token.text !== symbol) return false
    this.index++
    return true
  }

  expect(symbol: string): void {
    if (!this.skip(symbol)) this.fail('rule/syntax', `expected ${JSON.stringify(symbol)}`)
  }

  /** Parse something nested, but not without end. */
  nested<T>(parse: () => T): T {
    if (++this.depth > DEPTH_MAX) this.fail('rule/too-complex', `brackets are nested deeper than ${DEPTH_MAX}`)
    const value = parse()
    this.depth--
    return value
  }

  /** Refuse at a token, the current one unless said otherwise. */
  fail(code: ErrorCode, message: string, token: Token = this.token): never {
    const found = token.type === 'end' ? 'the end' : JSON.stringify(token.text)
    const text = code === 'rule/syntax' ? `${message}, found ${found}` : message
    throw new CodedError(code, `column ${token.column}: ${text}`, { at: String(token.column) })
  }
}

/** Run a parser over all tokens. */
export function parsed<T>(tokens: readonly Token[], parse: (cursor: Cursor) => T): Result<T> {
  const cursor = new Cursor(tokens)
  try {
    const value = parse(cursor)
    if (cursor.token.type !== 'end') cursor.fail('rule/syntax', 'expected the end of the rule')
    return ok(value)
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return {
      ok: false,
      refusal: { code: error.code, message: error.message, ...(error.at === undefined ? {} : { at: error.at }) },
    }
  }
}

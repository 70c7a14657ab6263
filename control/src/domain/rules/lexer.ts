import { ok, type Result, refuse } from '@muster/shared/core'

export interface Token {
  readonly type: 'word' | 'operator' | 'string' | 'number' | 'symbol' | 'end'
  /** A word or symbol as written, an operator without its hyphen, a string without its quotes. */
  readonly text: string
  /** 1-based. */
  readonly column: number
}

export interface LexerOptions {
  readonly lengthMax: number
}

const WORD = /[A-Za-z_$][A-Za-z0-9_./$]*/y
const OPERATOR = /-[A-Za-z]+/y
const NUMBER = /-?\d[\dA-Za-z.:+-]*/y
const SPACE = /[ \t\r\n]+/y

/** A rule's tokens, the last of type `end`. Refusals: `rule/too-long`, `rule/syntax` with the column. */
export function tokenize(text: string, options: LexerOptions): Result<readonly Token[]> {
  if (text.length > options.lengthMax) {
    return refuse('rule/too-long', `the rule has ${text.length} characters, at most ${options.lengthMax} are allowed`)
  }
  const tokens: Token[] = []
  let position = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position
    return pattern.exec(text)?.[0]
  }
  while (position < text.length) {
    const space = take(SPACE)
    if (space !== undefined) {
      position += space.length
      continue
    }
    const column = position + 1
    const char = text[position] as string
    if (char === '"' || char === "'") {
      const string = readString(text, position)
      if (!string) return refuse('rule/syntax', `column ${column}: the string has no end`, String(column))
      tokens.push({ type: 'string', text: string.value, column })
      position = string.end
      continue
    }
    const token = firstOf(take(WORD), take(NUMBER), take(OPERATOR), column) ?? symbol(char, column)
    if (!token)
      return refuse('rule/syntax', `column ${column}: ${JSON.stringify(char)} means nothing here`, String(column))
    tokens.push(token)
    position += token.type === 'operator' ? token.text.length + 1 : token.text.length
  }
  tokens.push({ type: 'end', text: '', column: text.length + 1 })
  return ok(tokens)
}

function firstOf(
  word: string | undefined,
  number: string | undefined,
  operator: string | undefined,
  column: number,
): Token | undefined {
  if (word !== undefined) return { type: 'word', text: word, column }
  if (number !== undefined) return { type: 'number', text: number, column }
  return operator === undefined ? undefined : { type: 'operator', text: operator.slice(1), column }
}

const symbol = (char: string, column: number): Token | undefined =>
  '()[],:'.includes(char) ? { type: 'symbol', text: char, column } : undefined

/** Quotes inside a string stand behind a backslash or a backtick. */
function readString(text: string, start: number): { value: string; end: number } | undefined {
  const quote = text[start]
  let value = ''
  for (let index = start + 1; index < text.length; index++) {
    const char = text[index] as string
    if ((char === '\\' || char === '`') && index + 1 < text.length && `"'\\\``.includes(text[index + 1] as string)) {
      value += text[++index]
    } else if (char !== quote) value += char
    else return { value, end: index + 1 }
  }
  return undefined
}

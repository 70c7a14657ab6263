import { CodedError } from '@muster/shared/core'
import type { Entity } from './evaluate.ts'
import { propertyOf, type Shape } from './shape.ts'
import { fold } from './values.ts'

/** A `$search` as a function of entities. */
export type Search = (entity: Entity) => boolean

const TERMS_MAX = 50
const LENGTH_MAX = 4_096
const TOKEN = /\s*(?:"((?:[^"\\]|\\.)*)"|([()])|([^\s()"]+))/y

/**
 * Parse a `$search`: `"displayName:ada" AND ("mail:x" OR ada)`. A term finds the entities in which each of its words begins
 * a word of the property; without a property, of any text.
 * @throws CodedError `graph/bad-query`
 */
export function parseSearch(text: string, shape: Shape): Search {
  if (text.length > LENGTH_MAX) refuse(`it has more than ${LENGTH_MAX} characters`)
  const tokens = tokenize(text.trim())
  let index = 0
  let depth = 0
  const isWord = (word: string): boolean => tokens[index]?.quoted === false && tokens[index]?.text === word
  const parseOr = (): Search => {
    const searches = [parseAnd()]
    while (isWord('OR')) {
      index++
      searches.push(parseAnd())
    }
    return (entity) => searches.some((search) => search(entity))
  }
  const parseAnd = (): Search => {
    const searches = [parseTerm()]
    while (index < tokens.length && !isWord('OR') && !isWord(')')) {
      if (isWord('AND')) index++
      searches.push(parseTerm())
    }
    return (entity) => searches.every((search) => search(entity))
  }
  const parseTerm = (): Search => {
    const token = tokens[index++] ?? refuse('a term is missing')
    if (token.quoted || !['(', ')', 'AND', 'OR', 'NOT'].includes(token.text)) return termOf(token.text, shape)
    if (token.text === 'NOT') {
      const search = parseTerm()
      return (entity) => !search(entity)
    }
    if (token.text !== '(' || ++depth > TERMS_MAX) return refuse(`${token.text} means nothing there`)
    const inner = parseOr()
    if (!isWord(')')) refuse('a bracket has no end')
    index++
    return inner
  }
  const search = parseOr()
  if (index < tokens.length) refuse('a bracket has no beginning')
  return search
}

function refuse(why: string): never {
  throw new CodedError('graph/bad-query', `Invalid $search clause: ${why}`, { at: '$search' })
}

interface SearchToken {
  readonly text: string
  readonly quoted: boolean
}

function tokenize(text: string): readonly SearchToken[] {
  const tokens: SearchToken[] = []
  TOKEN.lastIndex = 0
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text)
    if (!match) return refuse('a quote has no end')
    const [, quoted, bracket, bare = ''] = match
    tokens.push({ text: quoted?.replace(/\\(.)/g, '$1') ?? bracket ?? bare, quoted: quoted !== undefined })
    if (tokens.length > TERMS_MAX) return refuse(`it has more than ${TERMS_MAX} terms`)
  }
  return tokens
}

function termOf(text: string, shape: Shape): Search {
  const colon = text.indexOf(':')
  const name = colon > 0 ? text.slice(0, colon).trim() : undefined
  const words = wordsOf(text.slice(colon > 0 ? colon + 1 : 0))
  if (words.length === 0) return refuse('a term is empty')
  const hasAll = (value: unknown): boolean => {
    if (Array.isArray(value)) return value.some(hasAll)
    if (typeof value !== 'string') return false
    const own = wordsOf(value)
    return words.every((word) => own.some((each) => each.startsWith(word)))
  }
  if (name === undefined) return (entity) => Object.values(entity).some(hasAll)
  const property = propertyOf(shape, name, '$search')?.name ?? name
  return (entity) => hasAll(entity[property])
}

/** Words of a text, folded: what stands between spaces and signs, and the whole text. */
function wordsOf(text: string): readonly string[] {
  return fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
}

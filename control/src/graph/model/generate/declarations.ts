/** What the published type declarations of Graph say, before anything is inferred. Names are Graph's own. */
export interface Declarations {
  readonly enums: ReadonlyMap<string, readonly string[]>
  readonly types: ReadonlyMap<string, DeclaredType>
}

interface DeclaredType {
  readonly name: string
  readonly base?: string
  readonly properties: readonly DeclaredProperty[]
}

export interface DeclaredProperty {
  readonly name: string
  /** `string`, `number`, `boolean`, `any`, or the name of a type or an enumeration. */
  readonly type: string
  readonly collection: boolean
  readonly nullable: boolean
  /** The comment above it, on one line. */
  readonly comment: string
}

interface Token {
  readonly text: string
  readonly kind: 'comment' | 'string' | 'word' | 'mark'
}

const builtIn = new Set(['string', 'number', 'boolean', 'any'])
const lexicon = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"[^"]*"|[A-Za-z_$][\w$.]*|\S/g

/**
 * Reads the text of `microsoft-graph.d.ts`: interfaces, unions of strings, namespaces and comments. Whatever else stands there
 * is refused, since a model with a gap would be worse than none.
 */
export function readDeclarations(text: string): Declarations {
  const scan = scanOver(text)
  const enums = new Map<string, readonly string[]>()
  const types = new Map<string, DeclaredType>()
  const readInto = (space: string): void => {
    for (let word = scan.word(); word !== '}' && word !== ''; word = scan.word()) {
      if (word === 'export' || word === ';') continue
      if (word === 'as') scan.skipPast(';')
      else if (word === 'namespace') {
        const name = namespaceName(scan.word())
        scan.expect('{')
        readInto(name)
      } else if (word === 'type') readUnion(scan, space, enums)
      else if (word === 'interface') {
        const type = readInterface(scan, space)
        types.set(type.name, type)
      } else throw new Error(`unexpected ${word} in the declarations of Graph`)
    }
  }
  readInto('')
  return { enums, types: resolved(types, enums) }
}

type Scan = ReturnType<typeof scanOver>

function scanOver(text: string) {
  const tokens: Token[] = [...text.matchAll(lexicon)].map(([token]) => ({ text: token, kind: kindOf(token) }))
  let at = 0
  let comments: string[] = []
  const next = (): string => {
    comments = []
    for (let token = tokens[at++]; token; token = tokens[at++]) {
      if (token.kind !== 'comment') return token.kind === 'string' ? token.text.slice(1, -1) : token.text
      comments.push(token.text)
    }
    return ''
  }
  return {
    word: next,
    /** The comment that stood before the last word. */
    comment: () => comments.map(plainComment).join(' '),
    peek: () => tokens[at]?.text ?? '',
    expect: (mark: string) => {
      const word = next()
      if (word !== mark) throw new Error(`${mark} was expected in the declarations of Graph, not ${word}`)
    },
    skipPast: (mark: string) => {
      for (let word = next(); word !== mark && word !== ''; ) word = next()
    },
  }
}

function kindOf(token: string): Token['kind'] {
  if (token.startsWith('//') || token.startsWith('/*')) return 'comment'
  if (token.startsWith('"')) return 'string'
  return /^[A-Za-z_$]/.test(token) ? 'word' : 'mark'
}

function plainComment(comment: string): string {
  return comment
    .replace(/^\/\/|^\/\*+|\*\/$/g, '')
    .replace(/\n\s*\*/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
}

function readUnion(scan: Scan, space: string, enums: Map<string, readonly string[]>): void {
  const name = scan.word()
  if (scan.peek() === '<') {
    scan.skipPast(';')
    return
  }
  scan.expect('=')
  const members: string[] = []
  for (let word = scan.word(); word !== ';'; word = scan.word()) if (word !== '|') members.push(word)
  enums.set(qualified(space, name), members)
}

function readInterface(scan: Scan, space: string): DeclaredType {
  const name = qualified(space, scan.word())
  let base: string | undefined
  if (scan.peek() === 'extends') {
    scan.word()
    base = reference(space, scan.word())
  }
  scan.expect('{')
  const properties: DeclaredProperty[] = []
  for (let property = scan.word(); property !== '}'; property = scan.word()) {
    const comment = scan.comment()
    if (scan.peek() === '?') scan.word()
    scan.expect(':')
    properties.push({ name: property, comment, ...readType(scan, space) })
  }
  return { name, ...(base === undefined ? {} : { base }), properties }
}

function readType(scan: Scan, space: string): Pick<DeclaredProperty, 'type' | 'collection' | 'nullable'> {
  let type = ''
  let collection = false
  let nullable = false
  for (let word = scan.word(); word !== ';'; word = scan.word()) {
    if (word === 'NullableOption') nullable = true
    else if (word === '[') collection = true
    else if (/^[A-Za-z]/.test(word)) type = builtIn.has(word) ? word : reference(space, word)
  }
  return { type, collection, nullable }
}

/** `SecurityNamespace` → `security`: the suffix keeps the namespace apart from a type of the same name. */
function namespaceName(declared: string): string {
  return declared
    .split('.')
    .map((part) => camel(part.replace(/Namespace$/, '')))
    .join('.')
}

/** A reference as it stands: the name within its own namespace goes before the same name outside, see `resolved`. */
function reference(space: string, written: string): string {
  const parts = written.split('.')
  const name = parts.pop() as string
  if (/^microsoftgraph/.test(parts[0] ?? '')) parts.shift()
  else if (parts.length === 0 && space !== '') return `${space}.?${camel(name)}`
  return qualified(parts.length === 0 ? '' : namespaceName(parts.join('.')), name)
}

function resolved(
  types: ReadonlyMap<string, DeclaredType>,
  enums: ReadonlyMap<string, unknown>,
): Map<string, DeclaredType> {
  const nameOf = (name: string): string => {
    const inside = name.replace('.?', '.')
    return inside === name || types.has(inside) || enums.has(inside) ? inside : name.replace(/^.*\.\?/, '')
  }
  const result = new Map<string, DeclaredType>()
  for (const type of types.values()) {
    const properties = type.properties.map((property) => ({ ...property, type: nameOf(property.type) }))
    result.set(type.name, { ...type, ...(type.base === undefined ? {} : { base: nameOf(type.base) }), properties })
  }
  return result
}

const qualified = (space: string, name: string): string => (space === '' ? camel(name) : `${space}.${camel(name)}`)
const camel = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

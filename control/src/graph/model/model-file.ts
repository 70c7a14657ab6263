import type { EnumType, Primitive, Property, PropertyType } from './entity-model.ts'

/**
 * A model as it is kept: one line per type. `abstract entity < directoryObject | accountEnabled:B tags:S[]! state:state` is a
 * kind, a base and properties; `[]` is a collection, `!` is not nullable, `~` is read-only, and one capital letter is a
 * primitive type.
 */
export interface ModelFile {
  /** The package that it was made from, and its version. */
  readonly source: string
  readonly types: Readonly<Record<string, string>>
  /** `unknown,compliant`; `flags none,android` when several can be set at once. */
  readonly enums: Readonly<Record<string, string>>
}

/** What stands before the properties of a type. */
interface TypeHead {
  readonly kind: 'entity' | 'complex'
  readonly base?: string
  readonly abstract: boolean
  readonly open: boolean
}

const letters: Readonly<Record<string, readonly [edm: string, primitive: Primitive]>> = {
  S: ['Edm.String', 'string'],
  B: ['Edm.Boolean', 'boolean'],
  I: ['Edm.Int32', 'number'],
  C: ['Edm.Byte', 'number'],
  L: ['Edm.Int64', 'number'],
  D: ['Edm.Double', 'number'],
  F: ['Edm.Single', 'number'],
  T: ['Edm.DateTimeOffset', 'dateTimeOffset'],
  Y: ['Edm.Date', 'date'],
  H: ['Edm.TimeOfDay', 'timeOfDay'],
  P: ['Edm.Duration', 'duration'],
  G: ['Edm.Guid', 'guid'],
  X: ['Edm.Binary', 'binary'],
  M: ['Edm.Stream', 'json'],
  J: ['graph.Json', 'json'],
}

const primitives = new Map<string, PropertyType>(
  Object.entries(letters).map(([letter, [edm, name]]) => [letter, { kind: 'primitive', name, edm }]),
)

/** The letter of an EDM type: `Edm.String` → `S`. */
export function letterOf(edm: string): string {
  const found = Object.entries(letters).find(([, [name]]) => name === edm)
  if (!found) throw new Error(`there is no letter for ${edm}`)
  return found[0]
}

export function decodeHead(text: string): TypeHead & { readonly properties: string } {
  const bar = text.indexOf('|')
  const head = bar < 0 ? text : text.slice(0, bar)
  const [words = '', base] = head.split('<').map((part) => part.trim())
  return {
    kind: words.includes('entity') ? 'entity' : 'complex',
    ...(base === undefined || base === '' ? {} : { base }),
    abstract: words.includes('abstract'),
    open: words.includes('open'),
    properties: bar < 0 ? '' : text.slice(bar + 1).trim(),
  }
}

export function encodeHead({ kind, base, abstract, open }: TypeHead): string {
  const words = [abstract ? 'abstract' : '', open ? 'open' : '', kind].filter((word) => word !== '').join(' ')
  return base === undefined ? words : `${words} < ${base}`
}

const written = /([^\s:]+):([^\s[!~]+)(\[\])?(!)?(~)?/g

/** Own properties of a type; `kindOf` says what a name in it stands for. */
export function decodeProperties(text: string, kindOf: (name: string) => 'enum' | 'complex' | 'entity'): Property[] {
  return [...text.matchAll(written)].map(([, name = '', type = '', collection, required, readOnly]) => {
    const propertyType = primitives.get(type) ?? { kind: kindOf(type), name: type }
    return {
      name,
      type: propertyType,
      collection: collection !== undefined,
      nullable: required === undefined,
      navigation: propertyType.kind === 'entity',
      readOnly: readOnly !== undefined,
    }
  })
}

/** A property as it is kept: the letter of a primitive type or the name of another, and what is true of it. */
export function encodeProperty(
  name: string,
  type: string,
  is: { readonly collection: boolean; readonly nullable: boolean; readonly readOnly: boolean },
): string {
  return `${name}:${type}${is.collection ? '[]' : ''}${is.nullable ? '' : '!'}${is.readOnly ? '~' : ''}`
}

export function decodeEnum(text: string): Pick<EnumType, 'members' | 'flags'> {
  const flags = text.startsWith('flags ')
  return { members: text.replace(/^flags /, '').split(','), flags }
}

export function encodeEnum(members: readonly string[], flags: boolean): string {
  return `${flags ? 'flags ' : ''}${members.join(',')}`
}

import { readXml, type XmlElement } from './xml.test-support.ts'

/** A schema of Graph as its CSDL document gives it; names without `microsoft.graph.`. */
export interface Csdl {
  readonly types: ReadonlyMap<string, CsdlType>
  readonly enums: ReadonlyMap<string, { readonly members: readonly string[]; readonly flags: boolean }>
  /** Entity sets and singletons with their types. */
  readonly roots: ReadonlyMap<string, string>
}

export interface CsdlType {
  readonly kind: 'entity' | 'complex'
  readonly base: string | undefined
  readonly abstract: boolean
  readonly open: boolean
  /** Its own properties. */
  readonly properties: ReadonlyMap<string, CsdlProperty>
}

export interface CsdlProperty {
  /** `Edm.String`, or the name of a type or an enumeration. */
  readonly type: string
  readonly collection: boolean
  readonly nullable: boolean
  readonly navigation: boolean
}

export function readCsdl(text: string): Csdl {
  const types = new Map<string, CsdlType>()
  const enums = new Map<string, { members: string[]; flags: boolean }>()
  const roots = new Map<string, string>()
  for (const schema of readXml(text).children.flatMap((services) => services.children)) {
    const plain = plainNames(schema)
    const space = schema.attributes['Namespace'] ?? ''
    for (const element of schema.children) {
      const name = plain(`${space}.${element.attributes['Name'] ?? ''}`)
      if (element.name === 'EnumType') enums.set(name, readEnum(element))
      else if (element.name === 'EntityType' || element.name === 'ComplexType')
        types.set(name, readType(element, plain))
      else if (element.name === 'EntityContainer') {
        for (const { attributes } of element.children)
          roots.set(attributes['Name'] ?? '', plain(attributes['EntityType'] ?? attributes['Type'] ?? ''))
      }
    }
  }
  return { types, enums, roots }
}

/** Property of a type or of a type it is derived from. */
export function csdlProperty(csdl: Csdl, type: string | undefined, name: string): CsdlProperty | undefined {
  const found = type === undefined ? undefined : csdl.types.get(type)
  return found && (found.properties.get(name) ?? csdlProperty(csdl, found.base, name))
}

function plainNames(schema: XmlElement): (name: string) => string {
  const { Namespace: space = '', Alias: alias } = schema.attributes
  return (name) =>
    (alias !== undefined && name.startsWith(`${alias}.`) ? `${space}${name.slice(alias.length)}` : name)
      .replace(/^graph\./, '')
      .replace(/^microsoft\.graph\./, '')
}

function readEnum({ attributes, children }: XmlElement): { members: string[]; flags: boolean } {
  const members = children.filter(({ name }) => name === 'Member').map((member) => member.attributes['Name'] ?? '')
  return { members, flags: attributes['IsFlags'] === 'true' }
}

function readType(element: XmlElement, plain: (name: string) => string): CsdlType {
  const properties = new Map<string, CsdlProperty>()
  for (const { name, attributes } of element.children) {
    if (name !== 'Property' && name !== 'NavigationProperty') continue
    const [, inner] = /^Collection\((.*)\)$/.exec(attributes['Type'] ?? '') ?? []
    properties.set(attributes['Name'] ?? '', {
      type: plain(inner ?? attributes['Type'] ?? ''),
      collection: inner !== undefined,
      nullable: attributes['Nullable'] !== 'false',
      navigation: name === 'NavigationProperty',
    })
  }
  const base = element.attributes['BaseType']
  return {
    kind: element.name === 'EntityType' ? 'entity' : 'complex',
    base: base === undefined ? undefined : plain(base),
    abstract: element.attributes['Abstract'] === 'true',
    open: element.attributes['OpenType'] === 'true',
    properties,
  }
}

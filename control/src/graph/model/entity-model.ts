import { readFileSync } from 'node:fs'
import { decodeEnum, decodeHead, decodeProperties, type ModelFile } from './model-file.ts'

/** How a value is written in JSON, as far as a client can tell. */
export type Primitive =
  | 'string'
  | 'boolean'
  | 'number'
  | 'dateTimeOffset'
  | 'date'
  | 'timeOfDay'
  | 'duration'
  | 'guid'
  | 'binary'
  | 'json'

export interface EnumType {
  readonly name: string
  readonly members: readonly string[]
  /** Several members at once, with commas between them. */
  readonly flags: boolean
}

export type PropertyType =
  | {
      readonly kind: 'primitive'
      readonly name: Primitive
      /** `Edm.Int64`; tells apart what is one in JSON. */
      readonly edm: string
    }
  | { readonly kind: 'enum' | 'complex' | 'entity'; readonly name: string }

export interface Property {
  /** As Graph spells it: `complianceState`. */
  readonly name: string
  readonly type: PropertyType
  readonly collection: boolean
  readonly nullable: boolean
  /** Its type is an entity type. */
  readonly navigation: boolean
  /** The service sets it, and no client. */
  readonly readOnly: boolean
}

export interface StructuredType {
  /** `managedDevice`, without namespace; names of sub-spaces keep theirs: `identityGovernance.workflow`. */
  readonly name: string
  readonly kind: 'entity' | 'complex'
  readonly base?: string
  /** There is no value of just this type. */
  readonly abstract: boolean
  /** Has properties beside the declared ones, such as extensions. */
  readonly open: boolean
  /** Own and inherited. */
  readonly properties: readonly Property[]
  /** Names of all types below it. */
  readonly derived: readonly string[]
  /** Without regard to case. */
  property(name: string): Property | undefined
}

export type GraphVersion = 'v1.0' | 'beta'

/** The types of Graph that Muster knows, as the published type declarations give them. */
export interface EntityModel {
  readonly version: GraphVersion
  /** Names of all structured types and of all enumerations. */
  readonly typeNames: readonly string[]
  readonly enumNames: readonly string[]
  /** Without regard to case; `#microsoft.graph.` is stripped. */
  type(name: string): StructuredType | undefined
  enumType(name: string): EnumType | undefined
}

const loaded = new Map<GraphVersion, EntityModel>()

/** The model of a version. It is read at the first call, and each type when it is first asked for. */
export function entityModel(version: GraphVersion): EntityModel {
  let model = loaded.get(version)
  if (!model) {
    const file = new URL(`${version}.model.json`, import.meta.url)
    model = modelOf(version, JSON.parse(readFileSync(file, 'utf8')) as ModelFile)
    loaded.set(version, model)
  }
  return model
}

function modelOf(version: GraphVersion, file: ModelFile): EntityModel {
  const typeNames = Object.keys(file.types)
  const enumNames = Object.keys(file.enums)
  const spelling = new Map([...typeNames, ...enumNames].map((name) => [name.toLowerCase(), name]))
  const spelt = (name: string) => spelling.get(name.replace(/^#?(microsoft\.graph\.)?/i, '').toLowerCase()) ?? ''
  const heads = new Map(Object.entries(file.types).map(([name, text]) => [name, decodeHead(text)]))
  const below = derivedNames(heads)
  const types = new Map<string, StructuredType>()
  const enums = new Map<string, EnumType>()

  const typeOf = (name: string): StructuredType | undefined => {
    const known = types.get(name)
    const head = heads.get(name)
    if (known || !head) return known
    const { kind, base, abstract, open, properties: own } = head
    const inherited = base === undefined ? [] : (typeOf(base)?.properties ?? [])
    const properties = [...inherited, ...decodeProperties(own, kindOf)]
    const exact = new Map(properties.map((property) => [property.name, property]))
    const anyCase = new Map(properties.map((property) => [property.name.toLowerCase(), property]))
    const type: StructuredType = {
      name,
      kind,
      ...(base === undefined ? {} : { base }),
      abstract,
      open,
      properties,
      derived: below.get(name) ?? [],
      property: (asked) => exact.get(asked) ?? anyCase.get(asked.toLowerCase()),
    }
    types.set(name, type)
    return type
  }
  const kindOf = (name: string): 'enum' | 'complex' | 'entity' => heads.get(name)?.kind ?? 'enum'

  return {
    version,
    typeNames,
    enumNames,
    type: (name) => typeOf(spelt(name)),
    enumType: (name) => {
      const exact = spelt(name)
      const text = file.enums[exact]
      if (text === undefined) return undefined
      const found = enums.get(exact) ?? { name: exact, ...decodeEnum(text) }
      enums.set(exact, found)
      return found
    },
  }
}

function derivedNames(heads: ReadonlyMap<string, { readonly base?: string }>): ReadonlyMap<string, readonly string[]> {
  const below = new Map<string, string[]>()
  for (const name of heads.keys()) {
    for (let base = heads.get(name)?.base; base !== undefined; base = heads.get(base)?.base) {
      const names = below.get(base)
      if (names) names.push(name)
      else below.set(base, [name])
    }
  }
  return below
}

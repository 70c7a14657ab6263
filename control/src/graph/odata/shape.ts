import { CodedError, nearestName } from '@muster/shared/core'
import { type EntityModel, type EnumType, entityModel, type Primitive, type Property } from '../model/entity-model.ts'
import type { ValueType } from './expression.ts'

/** Properties that a resource has beside those of Graph's model. */
export type Extras = Readonly<Record<string, Primitive>>

/** What rows look like, as far as a query may know. */
export interface Shape {
  /** `managedDevice`; empty where the model does not say. */
  readonly name: string
  /** Whether a name may be asked for that is no property here: an extension, or anything where nothing is known. */
  allows(name: string): boolean
  /** Without regard to case; also properties of derived types, as clients of polymorphic sets ask for them. */
  property(name: string): Property | undefined
  readonly propertyNames: readonly string[]
}

/** The types that a request's version knows, and what only beta has. */
export interface Types {
  readonly version: EntityModel['version']
  shape(typeName: string | undefined, extras?: Extras): Shape
  enumType(name: string): EnumType | undefined
  /** Names of a type and of all below it, lower case; undefined when there is no such type. */
  family(typeName: string): ReadonlySet<string> | undefined
}

const ANY: Shape = { name: '', allows: () => true, property: () => undefined, propertyNames: [] }

/** Muster serves the paths of beta under v1.0 as well: their types are those of beta. */
export function typesOf(version: EntityModel['version']): Types {
  const models = version === 'beta' ? [entityModel('beta')] : [entityModel('v1.0'), entityModel('beta')]
  const first = <T>(find: (model: EntityModel) => T | undefined): T | undefined => {
    for (const model of models) {
      const found = find(model)
      if (found !== undefined) return found
    }
    return undefined
  }
  return {
    version,
    enumType: (name) => first((model) => model.enumType(name)),
    family: (name) => {
      const type = first((model) => model.type(plain(name)))
      return type && new Set([type.name, ...type.derived].map((each) => each.toLowerCase()))
    },
    shape: (typeName, extras = {}) => {
      if (typeName === undefined) return ANY
      for (const model of models) {
        if (model.type(plain(typeName))) return shapeIn(model, plain(typeName), extras)
      }
      return ANY
    },
  }
}

/** `graph` is the alias of the namespace. */
const plain = (typeName: string): string => typeName.replace(/^graph\./i, '')

function shapeIn(model: EntityModel, typeName: string, extras: Extras): Shape {
  const type = model.type(typeName)
  if (!type) return ANY
  const further = new Map(Object.entries(extras).map(([name, primitive]) => [name.toLowerCase(), own(name, primitive)]))
  return {
    name: type.name,
    allows: (name) => type.open && name.includes('_'),
    propertyNames: [...type.properties.map(({ name }) => name), ...Object.keys(extras)],
    property: (name) => {
      const found = type.property(name) ?? further.get(name.toLowerCase())
      if (found) return found
      for (const derived of type.derived) {
        const property = model.type(derived)?.property(name)
        if (property) return property
      }
      return undefined
    },
  }
}

const own = (name: string, primitive: Primitive): Property => ({
  name,
  type: { kind: 'primitive', name: primitive, edm: '' },
  collection: false,
  nullable: true,
  navigation: false,
  readOnly: false,
})

/**
 * A property by the name that a query uses; undefined where any name is allowed.
 * @throws CodedError `graph/bad-query` with a near name
 */
export function propertyOf(shape: Shape, name: string, option: string): Property | undefined {
  const property = shape.property(name)
  if (property || shape.allows(name)) return property
  const shown = name.slice(0, 64)
  const near = nearestName(shown, shape.propertyNames)
  const hint = near === undefined ? '' : ` Did you mean '${near}'?`
  const message = `Could not find a property named '${shown}' on type 'microsoft.graph.${shape.name}'.${hint}`
  throw new CodedError('graph/bad-query', message, { at: option })
}

/** What a value of a property is to an expression. */
export function valueTypeOf(property: Property | undefined, types: Types): ValueType {
  if (!property) return { kind: 'unknown' }
  if (property.collection) return { kind: 'collection' }
  const { type } = property
  if (type.kind === 'enum') {
    const found = types.enumType(type.name)
    return found ? { kind: 'enum', enum: found } : { kind: 'text' }
  }
  return type.kind === 'primitive' ? { kind: orderings[type.name] } : { kind: 'structured' }
}

const orderings = {
  string: 'text',
  guid: 'text',
  binary: 'text',
  duration: 'text',
  timeOfDay: 'text',
  boolean: 'boolean',
  number: 'number',
  dateTimeOffset: 'time',
  date: 'time',
  json: 'unknown',
} as const satisfies Record<Primitive, ValueType['kind']>

import { nearestName } from '@muster/shared/core'
import { badBody } from '../body.ts'
import type { EntityModel, Property, PropertyType, StructuredType } from './entity-model.ts'
import { enumValue } from './enum-values.ts'
import { isOfPrimitive } from './primitive-values.ts'
import { qualifiedName, valueType } from './value-type.ts'

export type EntityValue = Readonly<Record<string, unknown>>

/** How deep a body may be nested, and how many values it may hold; Graph's own limits are of this order. */
const DEPTH_MAX = 100
const VALUES_MAX = 200_000

/** Set by the service on every entity, whatever a client writes; only some of them say so in their comment. */
const serviceProperties = new Set(['id', 'createdDateTime', 'lastModifiedDateTime', 'version'])

interface Reading {
  readonly model: EntityModel
  readonly mode: 'create' | 'patch'
  values: number
}

/** Where in a body something stands. */
interface Place {
  readonly at: string
  readonly depth: number
}

/**
 * The body of a write as a value of its type, in Graph's spelling: names and members of enumerations are found without regard
 * to case. `null` stands for "unset" everywhere, `x@odata.bind` stays as it is, other annotations go, and so does what
 * only the service sets; on directory objects that is refused, as Graph does. Throws `graph/bad-body` with the path of what
 * is wrong: unknown properties and members (with a near name), values of another type, an `@odata.type` that is missing
 * where the declared type is abstract or that is not derived from it. A patch may leave it out, since the type is known.
 */
export function readEntity(
  model: EntityModel,
  declaredType: string,
  body: unknown,
  { mode }: { readonly mode: 'create' | 'patch' },
): EntityValue {
  const declared = model.type(declaredType)
  if (!declared) throw new Error(`the model of ${model.version} has no type ${declaredType}`)
  return readStructure({ model, mode, values: 0 }, declared, body, { at: '', depth: 0 })
}

function readStructure(reading: Reading, declared: StructuredType, body: unknown, place: Place): EntityValue {
  spend(reading, place)
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    badBody(`${unexpected(body)} A 'StartObject' node was expected.`, shown(place))
  const type = actualType(reading, declared, body as EntityValue, place)
  const read = new Map<string, unknown>()
  if (type !== declared || declared.derived.length > 0) read.set('@odata.type', `#${qualifiedName(type.name)}`)
  for (const [key, value] of Object.entries(body)) {
    const [name, property] = propertyOf(reading, type, key, place)
    if (name === undefined) continue
    if (read.has(name)) {
      badBody(
        `Multiple properties with the name '${key}' were detected in a resource or a complex value. OData does not allow duplicate properties.`,
        within(place, name).at,
      )
    }
    if (property && isServices(type, property, name)) refuseOnDirectory(reading, type, name, place)
    else read.set(name, readMember(reading, property, name, value, within(place, name)))
  }
  return Object.fromEntries(read)
}

function actualType({ model, mode }: Reading, declared: StructuredType, body: EntityValue, place: Place) {
  const named = body['@odata.type']
  if (named === undefined) {
    const isKnown = mode === 'patch' && place.depth === 0
    if (declared.abstract && !isKnown) {
      const near = `it must be a type derived from '${qualifiedName(declared.name)}'`
      badBody(`Cannot create an abstract class: '@odata.type' is missing, ${near}.`, within(place, '@odata.type').at)
    }
    return declared
  }
  const type = valueType(model, declared, named)
  if (typeof type === 'string') badBody(type, within(place, '@odata.type').at)
  return type
}

/** The name to keep a value under, with its property if the schema has it; no name for an annotation that goes. */
function propertyOf(reading: Reading, type: StructuredType, key: string, place: Place): readonly [string?, Property?] {
  if (key.endsWith('@odata.bind')) {
    const property = type.property(key.slice(0, -'@odata.bind'.length))
    if (property?.navigation) return [`${property.name}@odata.bind`]
    badBody(
      `The annotation '${literal(key)}' is for a navigation property of '${qualifiedName(type.name)}'.`,
      within(place, literal(key)).at,
    )
  }
  if (key.includes('@')) return []
  const property = type.property(key)
  if (property) return [property.name, property]
  // Extensions of directory objects have the name of who registered them before their own.
  const isDirectory = isDirectoryObject(reading.model, type)
  if (type.open && (isDirectory ? /^[a-z0-9]+_\w+$/i : /^[a-z]\w*$/i).test(key)) return [key]
  const near = nearestName(
    key,
    type.properties.map(({ name }) => name),
  )
  const meant = near === undefined ? '' : ` Did you mean '${near}'?`
  const fault =
    type.open && isDirectory
      ? `Property '${literal(key)}' does not exist as a declared property or extension property.`
      : `The property '${literal(key)}' does not exist on type '${qualifiedName(type.name)}'. Make sure to only use property names that are defined by the type.`
  return badBody(`${fault}${meant}`, within(place, literal(key)).at)
}

function isServices(type: StructuredType, property: Property, name: string): boolean {
  if (name.includes('@') || property.navigation) return false
  if (property.readOnly || type.kind === 'complex') return property.readOnly
  // There are versions that are texts, and a client's own.
  return serviceProperties.has(name) && !(name === 'version' && property.type.name === 'string')
}

function refuseOnDirectory({ model }: Reading, type: StructuredType, name: string, place: Place): void {
  if (isDirectoryObject(model, type) && serviceProperties.has(name))
    badBody(`Property '${name}' is read-only and cannot be set.`, within(place, name).at)
}

const isDirectoryObject = (model: EntityModel, { name }: StructuredType): boolean =>
  name === 'directoryObject' || model.type('directoryObject')?.derived.includes(name) === true

function readMember(reading: Reading, property: Property | undefined, name: string, value: unknown, place: Place) {
  if (name.endsWith('@odata.bind')) return readBinding(reading, value, place)
  if (!property) return readJson(reading, value, place)
  if (value === null) return null
  if (!property.collection) return readSingle(reading, property.type, value, place)
  if (!Array.isArray(value)) badBody(`${unexpected(value)} A 'StartArray' node was expected.`, place.at)
  return value.map((item: unknown, index) => {
    const at = within(place, String(index))
    if (item === null) badBody('A null value was found as an item of a collection.', at.at)
    return readSingle(reading, property.type, item, at)
  })
}

function readSingle(reading: Reading, type: PropertyType, value: unknown, place: Place): unknown {
  const { model } = reading
  if (type.kind === 'primitive') {
    if (type.name === 'json') return readJson(reading, value, place)
    spend(reading, place)
    if (!isOfPrimitive(type, value))
      badBody(`Cannot convert the literal '${literal(value)}' to the expected type '${type.edm}'.`, place.at)
    return value
  }
  if (type.kind !== 'enum') return readStructure(reading, structureOf(model, type.name), value, place)
  spend(reading, place)
  const known = model.enumType(type.name) ?? { name: type.name, members: [], flags: false }
  const read = enumValue(known, value)
  if (read !== undefined) return read
  const near = typeof value === 'string' ? nearestName(value, known.members) : undefined
  const meant = near === undefined ? `one of ${known.members.join(', ')} was expected.` : `Did you mean '${near}'?`
  return badBody(`Requested value '${literal(value)}' was not found. ${meant}`, place.at)
}

function readBinding(reading: Reading, value: unknown, place: Place): unknown {
  spend(reading, place)
  const links = Array.isArray(value) ? value : [value]
  for (const link of links) {
    spend(reading, place)
    if (typeof link !== 'string' || link === '' || link.length > 2_000)
      badBody('The value of an odata.bind annotation is the address of an entity, or an array of addresses.', place.at)
  }
  return value
}

/** A value without a schema, as it is; only what could become a prototype is refused. */
function readJson(reading: Reading, value: unknown, place: Place): unknown {
  spend(reading, place)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item, index) => readJson(reading, item, within(place, String(index))))
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => {
      if (name === '__proto__') badBody(`'${name}' is no name of a property.`, within(place, name).at)
      return [name, readJson(reading, inner, within(place, name))]
    }),
  )
}

function structureOf(model: EntityModel, name: string): StructuredType {
  const type = model.type(name)
  if (!type) throw new Error(`the model of ${model.version} refers to ${name} and does not have it`)
  return type
}

function spend(reading: Reading, place: Place): void {
  reading.values += 1
  if (place.depth > DEPTH_MAX) badBody(`The body is nested deeper than ${DEPTH_MAX} levels.`, place.at)
  if (reading.values > VALUES_MAX) badBody(`The body holds more than ${VALUES_MAX} values.`, place.at)
}

const within = ({ at, depth }: Place, name: string): Place => ({
  at: at === '' ? name : `${at}.${name}`,
  depth: depth + 1,
})

const shown = ({ at }: Place): string => (at === '' ? 'body' : at)

function unexpected(value: unknown): string {
  const node = Array.isArray(value)
    ? 'StartArray'
    : typeof value === 'object' && value
      ? 'StartObject'
      : 'PrimitiveValue'
  return `An unexpected '${node}' node was found when reading from the JSON reader.`
}

function literal(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

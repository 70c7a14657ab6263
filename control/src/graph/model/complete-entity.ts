import type { EntityModel, Property, StructuredType } from './entity-model.ts'
import { unsetEnum } from './enum-values.ts'
import { unsetPrimitive } from './primitive-values.ts'
import type { EntityValue } from './read-entity.ts'
import { qualifiedName } from './value-type.ts'

/**
 * A stored value as Graph shows it: every declared property is there, those that nobody has set as `null`, `[]`, or the
 * word that stands for nothing where `null` is not allowed (`0001-01-01T00:00:00Z`, `notConfigured`, zeros). `@odata.type` is
 * there where the declared type has types below it. What has no such word (a value of an abstract
 * type) is left out. Entities that a property leads to are shown if they are there, streams never.
 */
export function completeEntity(model: EntityModel, declaredType: string, value: EntityValue): EntityValue {
  const declared = model.type(declaredType)
  if (!declared) throw new Error(`the model of ${model.version} has no type ${declaredType}`)
  return complete(model, declared, value, [])
}

function complete(
  model: EntityModel,
  declared: StructuredType,
  value: EntityValue,
  around: readonly StructuredType[],
): EntityValue {
  const named = value['@odata.type']
  const type = (typeof named === 'string' ? model.type(named) : undefined) ?? declared
  const shown = new Map<string, unknown>()
  if (type !== declared || declared.derived.length > 0) shown.set('@odata.type', `#${qualifiedName(type.name)}`)
  for (const property of type.properties) {
    const member = memberOf(model, property, value[property.name], [...around, type])
    if (member !== undefined) shown.set(property.name, member)
  }
  for (const [name, member] of Object.entries(value)) {
    const isAnnotation = name.includes('@') && !name.endsWith('@odata.bind')
    const isExtension = type.open && !name.includes('@') && !type.property(name)
    if (!shown.has(name) && (isAnnotation || isExtension)) shown.set(name, member)
  }
  return Object.fromEntries(shown)
}

function memberOf(model: EntityModel, property: Property, value: unknown, around: readonly StructuredType[]): unknown {
  if (property.type.kind === 'primitive' && property.type.edm === 'Edm.Stream') return undefined
  if (value === undefined || (value === null && !property.nullable)) {
    return property.navigation || property.name === 'id' ? undefined : unset(model, property, around)
  }
  const { type } = property
  if (value === null || type.kind === 'primitive' || type.kind === 'enum')
    return value === null && property.collection ? [] : value
  const declared = model.type(type.name)
  const shown = (item: unknown) => (declared && isObject(item) ? complete(model, declared, item, around) : item)
  return Array.isArray(value) ? value.map(shown) : shown(value)
}

function unset(
  model: EntityModel,
  { type, collection, nullable }: Property,
  around: readonly StructuredType[],
): unknown {
  if (collection) return []
  if (nullable) return null
  if (type.kind === 'primitive') return unsetPrimitive(type)
  if (type.kind === 'enum') return unsetEnum(model.enumType(type.name) ?? { name: '', members: [], flags: false })
  const inner = model.type(type.name)
  return !inner || inner.abstract || around.includes(inner) ? undefined : complete(model, inner, {}, around)
}

const isObject = (value: unknown): value is EntityValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

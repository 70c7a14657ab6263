import type { EntityModel, PropertyType, StructuredType } from './entity-model.ts'
import { enumValue } from './enum-values.ts'
import { isOfPrimitive } from './primitive-values.ts'
import { qualifiedName, valueType } from './value-type.ts'

/**
 * What is wrong with an answer, one line for each deviation from its type, with the path: properties that are unknown or
 * spelt otherwise, values of another type, members that an enumeration does not have, `null` where it is not allowed, and a
 * missing `@odata.type` where the declared type is abstract. What is absent is no deviation, since answers are selections.
 */
export function checkEntity(model: EntityModel, declaredType: string, answer: unknown): readonly string[] {
  const declared = model.type(declaredType)
  return declared ? structureFaults(model, declared, answer, '') : [`there is no type ${declaredType}`]
}

function structureFaults(model: EntityModel, declared: StructuredType, value: unknown, at: string): readonly string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at || 'answer'}: is no object`]
  const named = (value as Readonly<Record<string, unknown>>)['@odata.type']
  if (named === undefined && declared.abstract) return [`${at}@odata.type: is missing`]
  const type = named === undefined ? declared : valueType(model, declared, named)
  if (typeof type === 'string') return [`${at}@odata.type: ${type}`]
  return Object.entries(value).flatMap(([name, member]) =>
    name.includes('@odata.') ? [] : memberFaults(model, type, name, member, at),
  )
}

function memberFaults(model: EntityModel, type: StructuredType, name: string, member: unknown, at: string) {
  const property = type.property(name)
  const place = `${at}${name}`
  if (property?.name !== name)
    return type.open && !property ? [] : [`${place}: ${qualifiedName(type.name)} has no such property`]
  if (member === null) return property.nullable || property.navigation ? [] : [`${place}: is null`]
  if (!property.collection) return valueFaults(model, property.type, member, place)
  if (!Array.isArray(member)) return [`${place}: is no array`]
  return member.flatMap((item: unknown, index) => valueFaults(model, property.type, item, `${place}.${index}`))
}

function valueFaults(model: EntityModel, type: PropertyType, value: unknown, at: string): readonly string[] {
  if (type.kind === 'primitive')
    return isOfPrimitive(type, value) ? [] : [`${at}: ${JSON.stringify(value)} is no ${type.edm}`]
  if (type.kind === 'enum') {
    const known = model.enumType(type.name)
    const spelt = known && enumValue(known, value)
    return spelt !== undefined && spelt === value ? [] : [`${at}: ${JSON.stringify(value)} is no ${type.name}`]
  }
  const inner = model.type(type.name)
  return inner ? structureFaults(model, inner, value, `${at}.`) : [`${at}: there is no type ${type.name}`]
}

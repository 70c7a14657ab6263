import type { GraphAnswer } from '../graph-request.ts'
import { type EntityModel, entityModel, type Property, type StructuredType } from './entity-model.ts'
import { enumValue, unsetEnum } from './enum-values.ts'
import { unsetPrimitive } from './primitive-values.ts'
import type { EntityValue } from './read-entity.ts'
import { typeOfPath } from './type-of-path.ts'
import { qualifiedName } from './value-type.ts'

/**
 * An answer of v1.0 as its schema allows it: resources tell what beta and Muster know, and v1.0 has fewer properties, members
 * and types. What it does not have goes; a member that it does not know becomes `unknownFutureValue` or `unknown`, as in
 * Graph's evolvable enumerations; entities of a type that it does not have are left out of a list, and shown as the nearest
 * type that it has where they are asked for by themselves.
 */
export function answerInV1(path: string, answer: GraphAnswer): GraphAnswer {
  const model = entityModel('v1.0')
  const declared = model.type(typeOfPath(model, path) ?? '')
  if (!declared || !isObject(answer.body) || 'error' in answer.body) return answer
  const { value } = answer.body
  if (!Array.isArray(value)) return { ...answer, body: viewOf(model, declared, answer.body) }
  const seen = value.filter((item) => isKnown(model, item)).map((item) => viewOf(model, declared, item))
  return { ...answer, body: { ...answer.body, value: seen } }
}

function viewOf(model: EntityModel, declared: StructuredType, value: unknown): unknown {
  if (!isObject(value)) return value
  const type = typeIn(model, value['@odata.type']) ?? declared
  const shown: [string, unknown][] = []
  for (const [name, member] of Object.entries(value)) {
    const property = type.property(name)
    if (name === '@odata.type') shown.push([name, `#${qualifiedName(type.name)}`])
    else if (name.includes('@')) shown.push([name, member])
    else if (property?.name === name) shown.push([name, memberOf(model, property, member)])
    else if (type.open && name.includes('_')) shown.push([name, member])
  }
  return Object.fromEntries(shown)
}

function memberOf(model: EntityModel, property: Property, value: unknown): unknown {
  if (value === null && !property.nullable && !property.navigation) return unset(model, property)
  const { type } = property
  if (value === null || type.kind === 'primitive') return value
  const declared = model.type(type.name)
  const shown = (item: unknown) => (declared ? viewOf(model, declared, item) : knownMember(model, type.name, item))
  return Array.isArray(value) ? value.map(shown) : shown(value)
}

function unset(model: EntityModel, { type, collection }: Property): unknown {
  if (collection) return []
  if (type.kind === 'primitive') return unsetPrimitive(type)
  const known = type.kind === 'enum' ? model.enumType(type.name) : undefined
  return known ? unsetEnum(known) : null
}

function knownMember(model: EntityModel, name: string, value: unknown): unknown {
  const known = model.enumType(name)
  if (!known) return value
  const substitute = ['unknownFutureValue', 'unknown'].find((member) => known.members.includes(member))
  return enumValue(known, value) ?? substitute ?? unsetEnum(known)
}

const isKnown = (model: EntityModel, value: unknown): boolean =>
  !isObject(value) || value['@odata.type'] === undefined || model.type(String(value['@odata.type'])) !== undefined

/** The type that a value says it is of, or the nearest above it that this version has. */
function typeIn(model: EntityModel, named: unknown): StructuredType | undefined {
  if (typeof named !== 'string') return undefined
  const known = model.type(named)
  return known ?? typeIn(model, entityModel('beta').type(named)?.base)
}

const isObject = (value: unknown): value is EntityValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

import fc from 'fast-check'
import type { EntityModel, Property, PropertyType, StructuredType } from './entity-model.ts'

type Entity = Record<string, unknown>

const digits = (length: number) => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const dates = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true })

const primitives: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  'Edm.String': fc.string({ maxLength: 20 }),
  'Edm.Boolean': fc.boolean(),
  'Edm.Byte': fc.nat(255),
  'Edm.Int32': fc.integer(),
  'Edm.Int64': fc.maxSafeInteger(),
  'Edm.Double': fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom('INF', '-INF', 'NaN')),
  'Edm.Single': fc.float({ noNaN: true, noDefaultInfinity: true }),
  'Edm.DateTimeOffset': dates.map((date) => date.toISOString().replace(/^\+00/, '')),
  'Edm.Date': dates.map((date) => date.toISOString().slice(0, 10)),
  'Edm.TimeOfDay': fc.constantFrom('00:00', '23:59:59', '08:30:00.0000000'),
  'Edm.Duration': fc.constantFrom('PT0S', 'P1DT2H3M4.5S', '-PT1M', 'P30D'),
  'Edm.Guid': fc.tuple(digits(8), digits(4), digits(4), digits(4), digits(12)).map((parts) => parts.join('-')),
  'Edm.Binary': fc.base64String({ maxLength: 12 }),
  'Edm.Stream': fc.jsonValue({ maxDepth: 2 }),
  'graph.Json': fc.jsonValue({ maxDepth: 2 }),
}

/** Bodies that a client may send for a type: some of its properties, in any order, with values that they can have. */
export function entityOf(model: EntityModel, typeName: string, depth = 3): fc.Arbitrary<Entity> {
  const declared = model.type(typeName)
  if (!declared) throw new Error(`there is no type ${typeName}`)
  const concrete = [declared, ...declared.derived.map((name) => model.type(name))].filter(
    (type) => type && !type.abstract,
  )
  return fc.constantFrom(...concrete).chain((type) => bodyOf(model, declared, type ?? declared, depth))
}

function bodyOf(
  model: EntityModel,
  declared: StructuredType,
  type: StructuredType,
  depth: number,
): fc.Arbitrary<Entity> {
  const usable = type.properties.filter((property) => isUsable(model, property, depth))
  const named = type === declared && !declared.abstract ? {} : { '@odata.type': `#microsoft.graph.${type.name}` }
  return fc
    .subarray(usable, { maxLength: Math.min(6, usable.length) })
    .chain((chosen) =>
      fc.record(Object.fromEntries(chosen.map((each) => [each.name, memberOf(model, each, depth)] as const))),
    )
    .map((body) => ({ ...named, ...body }))
}

/** Leaves what is nested too deep, or has no type that there are values of. */
function isUsable(model: EntityModel, { type }: Property, depth: number): boolean {
  if (type.kind === 'primitive' || type.kind === 'enum') return true
  const declared = model.type(type.name)
  const below = declared?.derived.some((name) => model.type(name)?.abstract === false) ?? false
  return depth > 0 && declared !== undefined && (!declared.abstract || below)
}

function memberOf(model: EntityModel, property: Property, depth: number): fc.Arbitrary<unknown> {
  const single = singleOf(model, property.type, depth)
  if (property.collection) return fc.array(single, { maxLength: 3 })
  return property.nullable ? fc.oneof({ weight: 4, arbitrary: single }, fc.constant(null)) : single
}

function singleOf(model: EntityModel, type: PropertyType, depth: number): fc.Arbitrary<unknown> {
  if (type.kind === 'primitive') return primitives[type.edm] ?? fc.constant(null)
  if (type.kind !== 'enum') return entityOf(model, type.name, depth - 1)
  const known = model.enumType(type.name)
  if (!known) throw new Error(`there is no enumeration ${type.name}`)
  if (!known.flags) return fc.constantFrom(...known.members)
  return fc.subarray([...known.members], { minLength: 1 }).map((members) => members.join(','))
}

import { type Csdl, type CsdlProperty, csdlProperty } from './csdl.test-support.ts'
import type { EntityModel, Primitive, Property, PropertyType, StructuredType } from './entity-model.ts'

const primitives: Readonly<Record<string, Primitive>> = {
  'Edm.String': 'string',
  'Edm.Boolean': 'boolean',
  'Edm.DateTimeOffset': 'dateTimeOffset',
  'Edm.Date': 'date',
  'Edm.TimeOfDay': 'timeOfDay',
  'Edm.Duration': 'duration',
  'Edm.Guid': 'guid',
  'Edm.Binary': 'binary',
  'Edm.Stream': 'json',
}

/** The published schema behind the same interface as our own model, so that one check runs against both. Names in exact case. */
export function csdlModel(csdl: Csdl): EntityModel {
  const types = new Map<string, StructuredType>()
  return {
    version: 'v1.0',
    typeNames: [...csdl.types.keys()],
    enumNames: [...csdl.enums.keys()],
    enumType: (name) => {
      const found = csdl.enums.get(name)
      return found && { name, ...found }
    },
    type: (asked) => {
      const name = asked.replace(/^#?(microsoft\.graph\.)?/, '')
      const found = types.get(name) ?? typeOf(csdl, name)
      if (found) types.set(name, found)
      return found
    },
  }
}

function typeOf(csdl: Csdl, name: string): StructuredType | undefined {
  const found = csdl.types.get(name)
  if (!found) return undefined
  const properties: Property[] = []
  for (let at: string | undefined = name; at !== undefined; at = csdl.types.get(at)?.base) {
    for (const [each, property] of csdl.types.get(at)?.properties ?? [])
      properties.push(propertyFrom(csdl, each, property))
  }
  return {
    name,
    kind: found.kind,
    ...(found.base === undefined ? {} : { base: found.base }),
    abstract: found.abstract,
    open: found.open,
    properties,
    derived: [...csdl.types.keys()].filter((other) => other !== name && isBelow(csdl, other, name)),
    property: (each) => {
      const property = csdlProperty(csdl, name, each)
      return property && propertyFrom(csdl, each, property)
    },
  }
}

function isBelow(csdl: Csdl, name: string, above: string): boolean {
  for (let at = csdl.types.get(name)?.base; at !== undefined; at = csdl.types.get(at)?.base)
    if (at === above) return true
  return false
}

function propertyFrom(csdl: Csdl, name: string, { type, collection, nullable, navigation }: CsdlProperty): Property {
  return { name, type: typeFrom(csdl, type), collection, nullable, navigation, readOnly: false }
}

function typeFrom(csdl: Csdl, name: string): PropertyType {
  if (name.startsWith('Edm.')) return { kind: 'primitive', name: primitives[name] ?? 'number', edm: name }
  return { kind: csdl.enums.has(name) ? 'enum' : (csdl.types.get(name)?.kind ?? 'complex'), name }
}

import type { Csdl, CsdlProperty, CsdlType } from './csdl.test-support.ts'
import type { EntityModel, Property, StructuredType } from './entity-model.ts'

/** One line for each thing that a model says otherwise than the schema, for the types that the model holds. */
export function csdlDeviations(model: EntityModel, csdl: Csdl): string[] {
  const types = model.typeNames.flatMap((name) => {
    const ours = model.type(name)
    const theirs = csdl.types.get(name)
    if (!ours) return []
    return theirs
      ? [...headDeviations(ours, theirs), ...propertyDeviations(model, ours, theirs, csdl)]
      : [`${name}: is not there`]
  })
  return [...types, ...model.enumNames.flatMap((name) => enumDeviations(model, csdl, name))]
}

function headDeviations(ours: StructuredType, theirs: CsdlType): string[] {
  const said = (what: string, mine: unknown, other: unknown) =>
    mine === other ? [] : [`${ours.name}: ${what} is ${other}, not ${mine}`]
  return [
    ...said('kind', ours.kind, theirs.kind),
    ...said('base', ours.base, theirs.base),
    ...said('abstract', ours.abstract, theirs.abstract),
    ...said('open', ours.open, theirs.open),
  ]
}

function propertyDeviations(model: EntityModel, ours: StructuredType, theirs: CsdlType, csdl: Csdl): string[] {
  const inherited = ours.base === undefined ? undefined : model.type(ours.base)
  const own = ours.properties.filter(({ name }) => !inherited?.property(name))
  const changed = own.flatMap((property) => {
    const at = `${ours.name}.${property.name}`
    const other = theirs.properties.get(property.name)
    if (!other) return [`${at}: is not there`]
    const [mine, wanted] = [written(property), writtenCsdl(other)]
    return mine === wanted ? [] : [`${at}: is ${wanted}, not ${mine}`]
  })
  const missing = [...theirs.properties].flatMap(([name, property]) => {
    if (own.some((each) => each.name === name) || isLeftOut(model, property, csdl)) return []
    return [`${ours.name}.${name}: is missing, ${writtenCsdl(property)}`]
  })
  return [...changed, ...missing]
}

/** Ways into a part of Graph that the model leaves out. */
const isLeftOut = (model: EntityModel, { type }: CsdlProperty, csdl: Csdl): boolean =>
  csdl.types.get(type)?.kind === 'entity' && !model.type(type)

function written({ type, collection, nullable, navigation }: Property): string {
  const name = type.kind === 'primitive' ? type.edm.replace('graph.', '') : type.name
  return `${name}${collection ? '[]' : ''}${nullable || navigation ? '' : '!'}`
}

function writtenCsdl({ type, collection, nullable, navigation }: CsdlProperty): string {
  return `${type}${collection ? '[]' : ''}${nullable || navigation ? '' : '!'}`
}

function enumDeviations(model: EntityModel, csdl: Csdl, name: string): string[] {
  const ours = model.enumType(name)
  const theirs = csdl.enums.get(name)
  if (!ours || !theirs) return [`${name}: is not there`]
  const missing = theirs.members.filter((member) => !ours.members.includes(member))
  const extra = ours.members.filter((member) => !theirs.members.includes(member))
  return [
    ...(ours.flags === theirs.flags ? [] : [`${name}: flags is ${theirs.flags}`]),
    ...(missing.length > 0 ? [`${name}: lacks ${missing}`] : []),
    ...(extra.length > 0 ? [`${name}: has ${extra}`] : []),
  ]
}

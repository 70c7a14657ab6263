import type { GraphAnswer } from '../graph-request.ts'
import { type EntityModel, entityModel, type GraphVersion, type Property, type StructuredType } from './entity-model.ts'
import { roots, singletons } from './scope.ts'

const written = new Map<GraphVersion, string>()

/**
 * `GET /v1.0/$metadata`: the schema as CSDL XML (OData 4.01, §6), as anybody may read it; nothing for another path. It is
 * written at the first request.
 */
export function metadataAt(method: string, path: string): GraphAnswer | undefined {
  const [, asked] = /^\/(v1\.0|beta)\/\$metadata$/i.exec(path) ?? []
  if (method !== 'GET' || asked === undefined) return undefined
  const version = asked.toLowerCase() === 'beta' ? 'beta' : 'v1.0'
  const document = written.get(version) ?? metadataDocument(entityModel(version))
  written.set(version, document)
  return { status: 200, body: document, headers: { 'content-type': 'application/xml' } }
}

/** Types, enumerations, entity sets and singletons of a model; actions and functions are not in it. */
function metadataDocument(model: EntityModel): string {
  const spaces = new Map<string, string[]>([['', []]])
  const put = (name: string, element: string): void => {
    const elements = spaces.get(spaceOf(name)) ?? []
    elements.push(element)
    spaces.set(spaceOf(name), elements)
  }
  for (const name of model.enumNames) put(name, enumElement(model, name))
  const inSets = typesInSets(model)
  for (const name of model.typeNames) put(name, typeElement(model, name, inSets))
  const own = spaces.get('')
  if (!model.type('Json')) own?.push('<ComplexType Name="Json" OpenType="true" />')
  own?.push(containerElement())
  const schemas = [...spaces].map(([space, elements]) => {
    const alias = space === '' ? ' Alias="graph"' : ''
    return `<Schema Namespace="${namespaceOf(space)}"${alias} xmlns="http://docs.oasis-open.org/odata/ns/edm">\n${elements.join('\n')}\n</Schema>`
  })
  return `<?xml version="1.0" encoding="utf-8"?>
<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">
<edmx:DataServices>
${schemas.join('\n')}
</edmx:DataServices>
</edmx:Edmx>
`
}

function enumElement(model: EntityModel, name: string): string {
  const { members = [], flags = false } = model.enumType(name) ?? {}
  // A flag is a bit, and none of them is zero; which bit Graph uses is not published with the names.
  const first = members[0] === 'none' ? 1 : 0
  const bit = (index: number): number => (index < first ? 0 : 2 ** (index - first))
  const children = members.map((member, index) =>
    element('Member', { Name: escaped(member), Value: String(flags ? bit(index) : index) }),
  )
  return element('EnumType', { Name: bareName(name), IsFlags: flags ? 'true' : undefined }, children)
}

function typeElement(model: EntityModel, name: string, inSets: ReadonlySet<string>): string {
  const type = model.type(name)
  if (!type) throw new Error(`the model of ${model.version} has no type ${name}`)
  const inherited = new Set(type.base === undefined ? [] : model.type(type.base)?.properties)
  const own = type.properties.filter((property) => !inherited.has(property))
  const key = own.some((property) => property.name === 'id') && type.kind === 'entity'
  const attributes = {
    Name: bareName(name),
    BaseType: type.base === undefined ? undefined : reference(type.base),
    Abstract: type.abstract ? 'true' : undefined,
    OpenType: type.open ? 'true' : undefined,
  }
  return element(type.kind === 'entity' ? 'EntityType' : 'ComplexType', attributes, [
    ...(key ? ['<Key><PropertyRef Name="id" /></Key>'] : []),
    ...own.map((property) => propertyElement(type, property, inSets)),
  ])
}

function propertyElement(owner: StructuredType, property: Property, inSets: ReadonlySet<string>): string {
  const { name, type, collection, nullable, navigation } = property
  const single = type.kind === 'primitive' ? type.edm : reference(type.name)
  const isKey = name === 'id' && owner.kind === 'entity'
  return element(navigation ? 'NavigationProperty' : 'Property', {
    Name: escaped(name),
    Type: collection ? `Collection(${single})` : single,
    Nullable: (nullable || navigation) && !isKey ? undefined : 'false',
    ContainsTarget: navigation && !inSets.has(type.name) ? 'true' : undefined,
  })
}

/** Types whose entities have a set of their own, and are no part of what leads to them; and types above these. */
function typesInSets(model: EntityModel): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [root, type] of Object.entries(roots)) {
    if (singletons.has(root)) continue
    for (let at = model.type(type); at && at.name !== 'entity'; at = model.type(at.base ?? '')) names.add(at.name)
  }
  return names
}

function containerElement(): string {
  const children = Object.entries(roots).map(([name, type]) =>
    singletons.has(name)
      ? element('Singleton', { Name: name, Type: reference(type) })
      : element('EntitySet', { Name: name, EntityType: reference(type) }),
  )
  return element('EntityContainer', { Name: 'GraphService' }, children)
}

function element(
  name: string,
  attributes: Readonly<Record<string, string | undefined>>,
  children: readonly string[] = [],
): string {
  const given = Object.entries(attributes).flatMap(([key, value]) => (value === undefined ? [] : ` ${key}="${value}"`))
  return children.length === 0
    ? `<${name}${given.join('')} />`
    : `<${name}${given.join('')}>\n${children.join('\n')}\n</${name}>`
}

const spaceOf = (name: string): string => name.slice(0, Math.max(0, name.lastIndexOf('.')))
const bareName = (name: string): string => escaped(name.slice(name.lastIndexOf('.') + 1))
const namespaceOf = (space: string): string => (space === '' ? 'microsoft.graph' : `microsoft.graph.${space}`)
const reference = (name: string): string => (name.includes('.') ? `microsoft.graph.${name}` : `graph.${name}`)

const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (mark) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[mark] ?? mark)

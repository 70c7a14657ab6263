import type { GraphVersion } from '../entity-model.ts'
import { encodeEnum, encodeHead, encodeProperty, letterOf, type ModelFile } from '../model-file.ts'
import { leftOut, named, roots } from '../scope.ts'
import { additions, removals } from './additions.ts'
import { type Declarations, type DeclaredProperty, readDeclarations } from './declarations.ts'
import { edmTypeOf } from './edm.ts'
import { abstractTypes, capitals, complexTypes, flags, keylessEntities, openTypes } from './facts.ts'

/** A whole sentence of a comment: "Read-only." and not "Read-only when isBuiltIn is true." */
const readOnly = /(^|[.;] ?)((This|The) property is |Value is |It is )?read[- ]?only(\.|$)/i

const primitives = new Set(['string', 'number', 'boolean', 'any'])

/** What is derived from one of these is an entity type; what a path begins with is one, whether it has an id or not. */
const entityRoots: ReadonlySet<string> = new Set(['entity', ...keylessEntities, ...Object.values(roots)])

/** The text of a model file, made from the text of the type declarations of one version. */
export function modelText(version: GraphVersion, source: string, text: string): string {
  const declared = without(removals[version], merged(readDeclarations(text), readDeclarations(additions[version])))
  const names = reachable(declared)
  const types = names.flatMap((name) => (declared.types.has(name) ? [[spelt(name), typeText(declared, name)]] : []))
  const enums = names.flatMap((name) => {
    const members = declared.enums.get(name)
    return members ? [[name, encodeEnum(members, flags.has(name))]] : []
  })
  const file: ModelFile = { source, types: Object.fromEntries(types), enums: Object.fromEntries(enums) }
  return `${JSON.stringify(file, null, 2)}\n`
}

/** What was published later is laid over what the packages have, as TypeScript merges interfaces; a property of the same name is replaced. */
function merged(declared: Declarations, later: Declarations): Declarations {
  const types = new Map(declared.types)
  for (const [name, type] of later.types) {
    const before = types.get(name)
    const names = new Set(type.properties.map((property) => property.name))
    const kept = before?.properties.filter((property) => !names.has(property.name)) ?? []
    types.set(name, { ...before, ...type, properties: [...kept, ...type.properties] })
  }
  const enums = new Map(declared.enums)
  for (const [name, members] of later.enums) enums.set(name, [...(enums.get(name) ?? []), ...members])
  return { types, enums }
}

function without(gone: ReadonlySet<string>, { types, enums }: Declarations): Declarations {
  const kept = [...types].filter(([name]) => !gone.has(name))
  const pruned = kept.map(([name, type]) => {
    const properties = type.properties.filter((each) => !gone.has(`${name}.${each.name}`) && !gone.has(each.type))
    return [name, { ...type, properties }] as const
  })
  return { types: new Map(pruned), enums }
}

/** Names of all types and enumerations that are in scope, in alphabetical order. */
function reachable({ types, enums }: Declarations): readonly string[] {
  const below = new Map<string, string[]>()
  for (const { name, base } of types.values()) {
    if (base !== undefined) below.set(base, [...(below.get(base) ?? []), name])
  }
  const found = new Set<string>([...Object.values(roots), ...named])
  for (const name of found) {
    const type = types.get(name)
    const next = [type?.base, ...(type?.properties ?? []).map((property) => property.type)]
    // Everything is an entity, so that what is derived from it says nothing.
    if (name !== 'entity') next.push(...(below.get(name) ?? []))
    for (const other of next) {
      if (other !== undefined && !primitives.has(other) && !leftOut.has(other)) found.add(other)
    }
  }
  return [...found].filter((name) => types.has(name) || enums.has(name)).sort()
}

function typeText(declared: Declarations, name: string): string {
  const { base, properties } = declared.types.get(name) ?? { properties: [] }
  const isEntity = entityRoots.has(rootOf(declared, name))
  const alone = keylessEntities.has(name) || complexTypes.has(name)
  const head = encodeHead({
    kind: isEntity && !complexTypes.has(name) ? 'entity' : 'complex',
    ...(base === undefined || (base === 'entity' && alone) ? {} : { base: spelt(base) }),
    abstract: abstractTypes.has(name),
    open: openTypes.has(name),
  })
  const own = properties.flatMap((property) => {
    return leftOut.has(property.type) ? [] : [propertyText(name, property)]
  })
  return own.length === 0 ? head : `${head} | ${own.join(' ')}`
}

function propertyText(owner: string, property: DeclaredProperty): string {
  const { name, type, collection, nullable, comment } = property
  const written = primitives.has(type) ? letterOf(edmTypeOf(owner, property)) : spelt(type)
  return encodeProperty(name, written, { collection, nullable, readOnly: readOnly.test(comment) })
}

function rootOf(declared: Declarations, name: string): string {
  const base = declared.types.get(name)?.base
  return base === undefined ? name : rootOf(declared, base)
}

const spelt = (name: string): string => capitals[name] ?? name

import type { EntityModel, Property, StructuredType } from '../model/entity-model.ts'

/** What a path below the version leads to, by the model alone. */
export type Place =
  | {
      readonly kind: 'collection'
      /** Its path in Graph's spelling: `deviceManagement/deviceManagementScripts`. */
      readonly collection: string
      readonly type: StructuredType
      /** The object that it belongs to; absent at the roots. */
      readonly owner?: Extract<Place, { kind: 'object' }>
      /** The navigation property that it is. */
      readonly property: Property
    }
  | {
      readonly kind: 'object'
      readonly collection: string
      readonly id: string
      readonly type: StructuredType
      readonly owner?: Extract<Place, { kind: 'object' }>
    }
  /** An object that there is one of: `deviceManagement`, or `…/{id}/windowsProtectionState`. */
  | { readonly kind: 'single'; readonly path: string; readonly type: StructuredType; readonly owner?: ObjectPlace }
  | { readonly kind: 'value'; readonly of: ObjectPlace; readonly property: Property }
  /** A segment that no type knows: an action, a function, or nothing. */
  | { readonly kind: 'operation'; readonly on: Place; readonly name: string }

export type ObjectPlace = Extract<Place, { kind: 'object' }>
export type CollectionPlace = Extract<Place, { kind: 'collection' }>

/** Singletons at the root whose navigation is walked, and their types. */
const roots: Readonly<Record<string, string>> = {
  deviceManagement: 'deviceManagement',
  deviceAppManagement: 'deviceAppManagement',
  identity: 'identityContainer',
}

/** Follow the segments of a path through the model; undefined where the first of them is none of ours. */
export function navigate(model: EntityModel, segments: readonly string[]): Place | undefined {
  const [first = '', ...rest] = segments
  const root = Object.keys(roots).find((name) => name.toLowerCase() === first.toLowerCase())
  const type = root === undefined ? undefined : model.type(roots[root] ?? '')
  if (root === undefined || !type) return undefined
  let place: Place = { kind: 'single', path: root, type }
  for (const [index, segment] of rest.entries()) {
    if (place.kind === 'operation' || (place.kind === 'value' && index < rest.length)) return undefined
    place = step(model, place, segment)
  }
  return place
}

function step(model: EntityModel, place: Place, segment: string): Place {
  if (place.kind === 'collection') return intoCollection(model, place, segment)
  if (place.kind !== 'object' && place.kind !== 'single') return { kind: 'operation', on: place, name: segment }
  const cast = castOf(model, place.type, segment)
  if (cast) return { ...place, type: cast }
  // What derived types add is found without a cast as well: objects are of some derived type.
  const property = place.type.property(segment) ?? inDerived(model, place.type, segment)
  if (!property) return { kind: 'operation', on: place, name: segment }
  const owner = place.kind === 'object' ? place : place.owner
  const base = place.kind === 'object' ? `${place.collection}/${place.id}` : place.path
  const target = property.type.kind === 'primitive' ? undefined : model.type(property.type.name)
  if (!target || (!property.navigation && place.kind === 'object'))
    return place.kind === 'object'
      ? { kind: 'value', of: place, property }
      : { kind: 'operation', on: place, name: segment }
  const path = `${base}/${property.name}`
  return property.collection
    ? { kind: 'collection', collection: path, type: target, property, ...(owner ? { owner } : {}) }
    : { kind: 'single', path, type: target, ...(owner ? { owner } : {}) }
}

function intoCollection(model: EntityModel, place: CollectionPlace, segment: string): Place {
  const cast = castOf(model, place.type, segment)
  if (cast) return { ...place, type: cast }
  if (segment.startsWith('$')) return { kind: 'operation', on: place, name: segment }
  const { collection, type, owner } = place
  return { kind: 'object', collection, id: segment, type, ...(owner ? { owner } : {}) }
}

function castOf(model: EntityModel, type: StructuredType, segment: string): StructuredType | undefined {
  const name = /^microsoft\.graph\.(.+)$/i.exec(segment)?.[1]
  const cast = name === undefined ? undefined : model.type(name)
  return cast && (cast.name === type.name || type.derived.includes(cast.name)) ? cast : undefined
}

function inDerived(model: EntityModel, type: StructuredType, segment: string): Property | undefined {
  for (const name of type.derived) {
    const property = model.type(name)?.property(segment)
    if (property) return property
  }
  return undefined
}

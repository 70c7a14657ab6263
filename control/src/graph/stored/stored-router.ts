import type { GraphObject } from '../../app/ports.ts'
import { objectBody } from '../body.ts'
import type { GraphRoute } from '../graph-request.ts'
import { type EntityModel, entityModel } from '../model/entity-model.ts'
import type { RoutesByModel } from '../odata/resolve.ts'
import { rolesAt } from './areas.ts'
import { type BehaviourOf, behavioursOf, patternOf, type StoredBehaviour } from './behaviour.ts'
import { navigate, type ObjectPlace, type Place } from './navigation.ts'
import { storedHandler } from './stored-objects.ts'

/**
 * Finds objects that no route of their own stands behind. `routes`: what has handlers of its own. Collections that one of them is about are not kept here as well, nor is what lies
 * below. `behaviours`: what happens to kept objects besides.
 */
export function createStoredRouter(
  routes: readonly GraphRoute[],
  behaviours: readonly StoredBehaviour[],
): RoutesByModel {
  const behaving = new Set(routes.map(({ path }) => rootOf(path.slice(1)).toLowerCase()))
  const behaviourOf = behavioursOf(behaviours)
  return {
    find: (version, method, segments) => {
      const model = entityModel(version)
      const { place, part } = wholeOf(model, segments, behaviourOf)
      const collection = place && collectionOf(place)
      if (!place || collection === undefined || behaving.has(rootOf(collection).toLowerCase())) return undefined
      const handle = storedHandler(method, place, behaviourOf)
      if (!handle) return undefined
      const roles = rolesAt(collection)
      const role = method === 'GET' ? roles.read : roles.write
      return {
        method: method as GraphRoute['method'],
        path: `/${patternOf(collection)}${place.kind === 'object' || place.kind === 'operation' ? '/{id}' : ''}`,
        role,
        ...('type' in place ? { of: { type: place.type.name, many: place.kind === 'collection' } } : {}),
        ...objectOf(place),
        handle: (request) => {
          const body =
            part && method === 'POST' && place.kind === 'collection' ? part.completed(request.body) : request.body
          return handle({ ...request, body, model, behaviourOf, ...(part ? { isThere: part.isThere } : {}) })
        },
      }
    },
  }
}

/** A path into a part of another collection as one into that collection, and what the part is. */
function wholeOf(
  model: EntityModel,
  segments: readonly string[],
  behaviourOf: BehaviourOf,
): { readonly place: Place | undefined; readonly part?: Part } {
  const place = navigate(model, segments)
  const path = (place && collectionOf(place))?.split('/').slice(0, 4) ?? []
  const partOf = path.length === 4 ? behaviourOf(path.join('/'))?.partOf : undefined
  if (!partOf) return { place }
  const id = path[2] ?? ''
  const part: Part = {
    isThere: (object) => partOf.isOf(id, object),
    completed: (body) => ({ ...objectBody(body), ...partOf.given(id) }),
  }
  return { place: navigate(model, [...partOf.collection.split('/'), ...segments.slice(4)]), part }
}

interface Part {
  readonly isThere: (object: GraphObject) => boolean
  /** The body of a new object. */
  readonly completed: (body: unknown) => unknown
}

/** The topmost object that a place is or lies below, and what is done there. */
function objectOf(place: Place): Pick<GraphRoute, 'object' | 'operation' | 'lastId'> {
  if (place.kind === 'operation') return { ...objectOf(place.on), operation: place.name }
  if (place.kind === 'value') return objectOf(place.of)
  let top: ObjectPlace | undefined = place.kind === 'object' ? place : place.owner
  while (top?.owner) top = top.owner
  if (!top) return {}
  const { collection, id } = top
  return { object: { collection, id }, ...(place.kind === 'object' ? { lastId: place.id } : {}) }
}

/** The collection below a singleton that a path is in: `deviceManagement/managedDevices`. */
const rootOf = (path: string): string => {
  const depth = /^identity\/conditionalAccess/i.test(path) ? 3 : 2
  return path.split('/').slice(0, depth).join('/')
}

function collectionOf(place: Place): string | undefined {
  switch (place.kind) {
    case 'collection':
    case 'object':
      return place.collection
    case 'single':
      return place.owner && place.path
    case 'operation':
      return collectionOf(place.on)
    default:
      return undefined
  }
}

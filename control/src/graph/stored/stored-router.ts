import type { GraphRoute } from '../graph-request.ts'
import { entityModel, type GraphVersion } from '../model/entity-model.ts'
import type { RouteMatch } from '../router.ts'
import { areaOf } from './areas.ts'
import { behavioursOf, patternOf, type StoredBehaviour } from './behaviour.ts'
import { navigate, type Place } from './navigation.ts'
import { storedHandler } from './stored-objects.ts'

/** Finds objects that no route of their own stands behind. */
export interface StoredRouter {
  find(version: GraphVersion, method: string, path: string): RouteMatch | undefined
}

/**
 * `routes`: what has handlers of its own. Collections that one of them is about are not kept here as well, nor is what lies
 * below. `behaviours`: what happens to kept objects besides.
 */
export function createStoredRouter(
  routes: readonly GraphRoute[],
  behaviours: readonly StoredBehaviour[],
): StoredRouter {
  const behaving = new Set(routes.map(({ path }) => rootOf(path.slice(1)).toLowerCase()))
  const behaviourOf = behavioursOf(behaviours)
  return {
    find: (version, method, path) => {
      const model = entityModel(version)
      const place = navigate(model, segmentsOf(path))
      const collection = place && collectionOf(place)
      if (!place || collection === undefined || behaving.has(rootOf(collection).toLowerCase())) return undefined
      const handle = storedHandler(method, place, behaviourOf)
      if (!handle) return undefined
      const { roles } = areaOf(collection)
      const role = method === 'GET' ? roles.read : roles.write
      const route: GraphRoute = {
        method: method as GraphRoute['method'],
        path: `/${patternOf(collection)}${place.kind === 'collection' ? '' : '/{id}'}`,
        role,
        handle: (request) => handle({ ...request, model, behaviourOf }),
      }
      return { route, params: {} }
    },
  }
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
    case 'value':
      return place.of.collection
    case 'operation':
      return collectionOf(place.on)
    default:
      return undefined
  }
}

/** `X('id')` is `X/id`; doubled and trailing slashes are nothing. */
const segmentsOf = (path: string): readonly string[] =>
  path
    .replace(/\(\s*'?([^'()]*)'?\s*\)/g, (_, key: string) => (key === '' ? '' : `/${key}`))
    .split('/')
    .filter((segment) => segment !== '')

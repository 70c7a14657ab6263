import { createResolver } from '../odata/resolve.ts'
import { typesOf } from '../odata/shape.ts'
import { graphRoutes, storedBehaviours } from '../routes.ts'
import { patternOf } from '../stored/behaviour.ts'
import { createStoredRouter } from '../stored/stored-router.ts'
import { leadsNowhere } from '../unserved.ts'

/** A method and a path below the version, ids in braces. */
export interface Endpoint {
  readonly method: string
  readonly path: string
}

/** How far an endpoint is served: something happens, or objects are only checked, kept and given back, or not at all. */
export type Coverage = 'behaves' | 'kept' | 'unserved'

/** What the front door answers before any route is looked for. */
const doors: readonly Endpoint[] = [
  { method: 'POST', path: '/$batch' },
  { method: 'GET', path: '/$metadata' },
]

/** Every endpoint that a route of its own stands behind. */
export const servedEndpoints: readonly Endpoint[] = [
  ...doors,
  ...graphRoutes.map(({ method, path }) => ({ method, path })),
]

const resolver = createResolver(graphRoutes, createStoredRouter(graphRoutes, storedBehaviours))
const types = typesOf('beta')
const behaving = new Set(storedBehaviours.map(({ collection }) => `/${collection}`.toLowerCase()))

/** How far an endpoint of v1.0 or beta is served. */
export function coverageOf({ method, path }: Endpoint): Coverage {
  if (doors.some((door) => door.method === method && door.path === path)) return 'behaves'
  const found = resolver.find(method, path.replace(/^\/me(?=\/|$)/, '/users/{id}'), types)
  if (!found || found === 'wrong-method' || leadsNowhere(found, types)) return 'unserved'
  const { route } = found
  if (graphRoutes.includes(route)) return 'behaves'
  const collection = patternOf(route.path.slice(1).replace(/\/\{id\}$/, ''))
  return behaving.has(`/${collection}`.toLowerCase()) ? 'behaves' : 'kept'
}

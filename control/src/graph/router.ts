import type { GraphRoute } from './graph-request.ts'

export interface RouteMatch {
  readonly route: GraphRoute
  readonly params: Readonly<Record<string, string>>
}

export interface Router {
  /** The route for a path below the version; `wrong-method` when the path is served, but not so. */
  find(method: string, path: string): RouteMatch | 'wrong-method' | undefined
}

/**
 * Paths as real Graph takes them: names without regard to case, `X('id')` for `X/id`, doubled slashes, and actions with or
 * without their namespace.
 */
export function createRouter(routes: readonly GraphRoute[]): Router {
  const table = routes.map((route) => ({ route, segments: segmentsOf(route.path) }))
  return {
    find: (method, path) => {
      const segments = segmentsOf(path)
      let wrongMethod = false
      let best: (RouteMatch & { literals: number }) | undefined
      for (const { route, segments: pattern } of table) {
        const params = match(pattern, segments)
        if (!params) continue
        // A literal segment goes before a parameter: /users/delta is no user called delta.
        const literals = pattern.filter((segment) => !segment.startsWith('{')).length
        if (route.method !== method) wrongMethod = true
        else if (!best || literals > best.literals) best = { route, params, literals }
      }
      if (best) return { route: best.route, params: best.params }
      return wrongMethod ? 'wrong-method' : undefined
    },
  }
}

function segmentsOf(path: string): readonly string[] {
  return path
    .replace(/\(\s*'?([^'()]*)'?\s*\)/g, (_, key: string) => (key === '' ? '' : `/${key}`))
    .split('/')
    .filter((segment) => segment !== '')
    .map((segment) => segment.replace(/^microsoft\.graph\./i, ''))
}

function match(pattern: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index] as string
    if (wanted.startsWith('{')) params[wanted.slice(1, -1)] = segment
    else if (wanted.toLowerCase() !== segment.toLowerCase()) return undefined
  }
  return params
}

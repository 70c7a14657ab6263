import type { GraphRoute } from '../graph-request.ts'
import { readPath, type Segment } from './path.ts'
import type { Types } from './shape.ts'

/** What a path asks of what a route yields. */
export type Tail =
  | { readonly kind: 'count' | 'refs' }
  /** A property, or what lies below it; `raw` is its bare value. */
  | { readonly kind: 'property'; readonly path: readonly string[]; readonly raw: boolean }

export interface Resolved {
  readonly route: GraphRoute
  readonly params: Readonly<Record<string, string>>
  /** Type that the entities are cast to. */
  readonly cast?: string
  readonly tail?: Tail
  /** Parameters that are to be found by a key other than the id, with the path of the collection. */
  readonly alternates: readonly Alternate[]
}

export interface Alternate {
  readonly param: string
  readonly collection: string
  readonly key: ReadonlyMap<string, string>
}

export interface Resolver {
  /** What serves a path below the version; `wrong-method` when the path is served, but not so. */
  find(method: string, path: string, types: Types): Resolved | 'wrong-method' | undefined
}

/** Knows routes by the model alone; asked for what no route is written for. */
export interface RoutesByModel {
  find(version: Types['version'], method: string, segments: readonly string[]): GraphRoute | undefined
}

interface Pattern {
  readonly route: GraphRoute
  readonly segments: readonly Segment[]
  readonly literals: number
}

const isParameter = (segment: Segment): boolean => segment.text.startsWith('{') && !segment.named

/**
 * Paths as real Graph takes them: names without regard to case, `X('id')` for `X/id`, alternate keys, types to cast to,
 * actions with or without their namespace. What a collection or an entity can do without help needs no route of its own:
 * `$count`, `$ref`, a property and its `$value`.
 */
export function createResolver(routes: readonly GraphRoute[], others?: RoutesByModel): Resolver {
  const byLength = new Map<string, Pattern[]>()
  for (const route of routes) {
    const segments = readPath(route.path)
    const literals = segments.filter((segment) => !isParameter(segment)).length
    const key = `${segments.length}/${segments[0]?.text.toLowerCase()}`
    byLength.set(key, [...(byLength.get(key) ?? []), { route, segments, literals }])
  }

  const direct = (method: string, segments: readonly Segment[]): Resolved | 'wrong-method' | undefined => {
    let wrongMethod = false
    let best: (Resolved & { literals: number }) | undefined
    const patterns = byLength.get(`${segments.length}/${segments[0]?.text.toLowerCase()}`) ?? []
    for (const { route, segments: pattern, literals } of patterns) {
      const match = matched(pattern, segments)
      if (!match) continue
      // A literal segment goes before a parameter: /users/delta is no user called delta.
      if (route.method !== method) wrongMethod = true
      else if (!best || literals > best.literals) best = { route, ...match, literals }
    }
    if (best) return best
    return wrongMethod ? 'wrong-method' : undefined
  }
  const byModel = (method: string, segments: readonly Segment[], types: Types): Resolved | undefined => {
    const texts = segments.map(({ text }) => text)
    const route = segments.some(({ named }) => named) ? undefined : others?.find(types.version, method, texts)
    return route && { route, params: {}, alternates: [] }
  }
  /** As a function with parameters, else as an entity by an alternate key, else by the model. */
  const either = (method: string, segments: readonly Segment[], types: Types) =>
    direct(method, segments) ??
    (segments.some(({ named }) => named) ? direct(method, expanded(segments)) : undefined) ??
    byModel(method, segments, types)

  return {
    find: (method, path, types) => {
      const { segments, cast } = withoutCasts(readPath(path), types)
      const withCast = (found: Resolved): Resolved => ({ ...found, ...(cast === undefined ? {} : { cast }) })
      const found = either(method, segments, types)
      if (found && found !== 'wrong-method') return withCast(found)
      if (method !== 'GET') return found
      const tail = tailOf(segments, (shorter) => either('GET', shorter, types))
      return tail ? withCast(tail) : found
    },
  }
}

/** Which collection operation or property the end of a path is, on what the rest of it resolves to. */
function tailOf(
  segments: readonly Segment[],
  find: (shorter: readonly Segment[]) => Resolved | 'wrong-method' | undefined,
): Resolved | undefined {
  const last = segments.at(-1)?.text.toLowerCase()
  const raw = last === '$value'
  if (last === '$count' || last === '$ref') {
    const rest = find(segments.slice(0, -1))
    return rest && rest !== 'wrong-method'
      ? { ...rest, tail: { kind: last === '$count' ? 'count' : 'refs' } }
      : undefined
  }
  const plain = raw ? segments.slice(0, -1) : segments
  for (let length = plain.length - 1; length >= 1 && plain.length - length <= 4; length--) {
    if (plain.slice(length).some(({ kind, named }) => kind === 'key' || named)) return undefined
    const rest = find(plain.slice(0, length))
    if (!rest || rest === 'wrong-method' || !rest.route.of || rest.route.of.many) continue
    return { ...rest, tail: { kind: 'property', path: plain.slice(length).map(({ text }) => text), raw } }
  }
  return undefined
}

/**
 * A path without the types that it casts to, and the last of them if nothing but an operation follows it. A namespace before
 * an action is dropped.
 */
function withoutCasts(
  all: readonly Segment[],
  types: Types,
): { readonly segments: readonly Segment[]; readonly cast?: string } {
  const segments: Segment[] = []
  let cast: string | undefined
  for (const [index, segment] of all.entries()) {
    const isQualified = segment.kind === 'name' && /^(microsoft\.)?graph\./i.test(segment.text)
    if (isQualified && index > 0 && types.family(segment.text)) cast = segment.text
    else {
      if (!segment.text.startsWith('$')) cast = undefined
      segments.push(isQualified ? { ...segment, text: segment.text.replace(/^(microsoft\.)?graph\./i, '') } : segment)
    }
  }
  return { segments, ...(cast === undefined ? {} : { cast }) }
}

/** Names with alternate keys as a name and a key. */
const expanded = (segments: readonly Segment[]): readonly Segment[] =>
  segments.flatMap(({ named, ...segment }): Segment[] =>
    named ? [segment, { kind: 'key', text: '', named }] : [segment],
  )

function matched(
  pattern: readonly Segment[],
  segments: readonly Segment[],
): { params: Record<string, string>; alternates: Alternate[] } | undefined {
  const params: Record<string, string> = {}
  const alternates: Alternate[] = []
  for (const [index, wanted] of pattern.entries()) {
    const segment = segments[index] as Segment
    if (isParameter(wanted)) {
      if (segment.kind === 'name' && segment.text.startsWith('$')) return undefined
      const param = wanted.text.slice(1, -1)
      params[param] = segment.text
      if (segment.kind === 'key' && segment.named) {
        const collection = `/${segments
          .slice(0, index)
          .map(({ text }) => encodeURIComponent(text))
          .join('/')}`
        alternates.push({ param, collection, key: segment.named })
      } else if (segment.named) return undefined
      continue
    }
    if (segment.kind === 'key' || wanted.text.toLowerCase() !== segment.text.toLowerCase()) return undefined
    if (!namedParameters(wanted.named, segment.named, params)) return undefined
  }
  return { params, alternates }
}

/** `getX(category='{category}')`: the same names, and what stands for them. */
function namedParameters(wanted: Segment['named'], given: Segment['named'], params: Record<string, string>): boolean {
  if (wanted?.size !== given?.size) return false
  for (const [name, placeholder] of wanted ?? []) {
    const value = given?.get(name)
    if (value === undefined) return false
    params[placeholder.replace(/[{}]/g, '')] = value
  }
  return true
}

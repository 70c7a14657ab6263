import { CodedError } from '@muster/shared/core'
import { readOptions } from './options.ts'
import { type Expansion, parseQuery } from './query.ts'
import { propertyOf, type Shape, type Types } from './shape.ts'
import { splitOutside } from './split.ts'

const DEPTH_MAX = 6
const EXPANSIONS_MAX = 20
const LENGTH_MAX = 8_192
const ITEM = /^([\w.]+(?:\/[\w.$]+)*|\*)\s*(?:\((.*)\))?$/s

/**
 * `$expand`: navigation properties, each with options of its own in brackets, to any sensible depth:
 * `scheduledActionsForRule($expand=scheduledActionConfigurations;$top=5),assignments`.
 * @throws CodedError `graph/bad-query`
 */
export function parseExpand(text: string | undefined, shape: Shape, types: Types, depth: number): readonly Expansion[] {
  if (text === undefined || text.trim() === '') return []
  if (depth >= DEPTH_MAX) refuse(`it is nested deeper than ${DEPTH_MAX}`)
  if (text.length > LENGTH_MAX) refuse(`it has more than ${LENGTH_MAX} characters`)
  const items = splitOutside(text, ',') ?? refuse('a bracket or a quote does not match')
  if (items.length > EXPANSIONS_MAX) refuse(`it names more than ${EXPANSIONS_MAX} properties`)
  return items.map((item) => parseItem(item.trim(), shape, types, depth))
}

function refuse(why: string): never {
  throw new CodedError('graph/bad-query', `Invalid $expand clause: ${why}`, { at: '$expand' })
}

function parseItem(item: string, shape: Shape, types: Types, depth: number): Expansion {
  const [, path, inner = ''] = ITEM.exec(item) ?? refuse(`'${item.slice(0, 64)}' cannot be expanded`)
  if (path === undefined || path === '*') return refuse('* is not served: name the properties')
  let at = shape
  let name: string | undefined
  let cast: ReadonlySet<string> | undefined
  for (const segment of path.split('/')) {
    if (segment === '$ref' || segment === '$count') continue
    if (segment.includes('.')) {
      const family = types.family(segment) ?? refuse(`there is no type ${segment.slice(0, 64)}`)
      at = types.shape(segment)
      if (name !== undefined) cast = family
      continue
    }
    const property = propertyOf(at, segment, '$expand')
    if (property && !property.navigation && property.type.kind === 'primitive') {
      refuse(
        `Property '${property.name}' on type 'microsoft.graph.${at.name}' is not a navigation property or complex property. Only navigation properties can be expanded.`,
      )
    }
    // Of a path through a complex value the first name is what is shown.
    name ??= property?.name ?? segment
    at = types.shape(property?.type.kind === 'primitive' ? undefined : property?.type.name)
  }
  const pairs = (splitOutside(inner, ';') ?? []).filter((pair) => pair.trim() !== '').map(pairOf)
  const query = parseQuery(readOptions(pairs), at, types, depth + 1)
  return { name: name ?? refuse('a property is missing'), ...(cast ? { cast } : {}), query }
}

function pairOf(text: string): readonly [string, string] {
  const at = text.indexOf('=')
  if (at < 0) return refuse(`'${text.slice(0, 64)}' is no option`)
  const name = text.slice(0, at).trim()
  return [name.startsWith('$') ? name : `$${name}`, text.slice(at + 1).trim()]
}

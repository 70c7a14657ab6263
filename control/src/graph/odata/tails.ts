import { CodedError } from '@muster/shared/core'
import type { GraphAnswer } from '../graph-request.ts'
import type { Entity } from './evaluate.ts'
import { EMPTY_QUERY, type Query } from './query.ts'
import type { Tail } from './resolve.ts'
import type { Shape } from './shape.ts'

/** What is asked of a route's answer so that the end of the path can be taken from it. */
export function queryFor(tail: Tail | undefined, query: Query): Query {
  if (!tail) return query
  const { filter, search } = query
  const matching = { ...(filter ? { filter } : {}), ...(search ? { search } : {}) }
  switch (tail.kind) {
    case 'count':
      return { ...EMPTY_QUERY, ...matching, count: true, top: 0 }
    case 'refs':
      return { ...query, select: new Set(['id']), expand: [] }
    case 'property':
      return { ...EMPTY_QUERY, select: new Set([String(tail.path[0]).toLowerCase()]) }
  }
}

/** The end of a path, taken from the answer to the rest of it. */
export function answerTail(answer: GraphAnswer, tail: Tail, shape: Shape, root: string): GraphAnswer {
  const body = answer.body as Entity
  switch (tail.kind) {
    case 'count':
      return { status: 200, body: countIn(body) }
    case 'refs':
      return { status: 200, body: refsOf(body, root) }
    case 'property':
      return propertyAnswer(body, tail, shape, root)
  }
}

function countIn(body: Entity): number {
  const { '@odata.count': count, value } = body
  if (count === undefined && !Array.isArray(value))
    throw new CodedError('graph/bad-query', '$count applies to collections only.', { at: '$count' })
  return Number(count ?? (value as readonly unknown[]).length)
}

function refsOf(body: Entity, root: string): Entity {
  const refOf = (entity: unknown) => ({ '@odata.id': `${root}/directoryObjects/${(entity as Entity)['id']}` })
  if (!Array.isArray(body['value'])) return { '@odata.context': `${root}/$metadata#$ref`, ...refOf(body) }
  const { '@odata.context': _, value, ...rest } = body
  return { '@odata.context': `${root}/$metadata#Collection($ref)`, ...rest, value: (value as unknown[]).map(refOf) }
}

function propertyAnswer(
  entity: Entity,
  { path, raw }: Extract<Tail, { kind: 'property' }>,
  shape: Shape,
  root: string,
): GraphAnswer {
  let value: unknown = entity
  for (const [index, name] of path.entries()) {
    const isKnown = index > 0 || shape.property(name) !== undefined || shape.allows(name)
    const found = isKnown ? entryOf(value, name) : undefined
    if (!isKnown || (found === undefined && index > 0))
      throw new CodedError('graph/bad-query', `Resource not found for the segment '${name.slice(0, 64)}'.`)
    if (found === undefined && shape.property(name)?.navigation)
      throw new CodedError('graph/not-served', `Muster does not serve ${name} of ${shape.name} yet.`)
    value = found ?? null
  }
  if (value === null) return { status: 204 }
  if (raw) return rawAnswer(value, path)
  const context = String(entity['@odata.context']).replace(/\/\$entity$/, `('${entity['id']}')/${path.join('/')}`)
  return {
    status: 200,
    body: { '@odata.context': context || `${root}/$metadata`, ...(isComplex(value) ? value : { value }) },
  }
}

const isComplex = (value: unknown): value is Entity =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A property by its name without regard to case. */
function entryOf(value: unknown, name: string): unknown {
  if (!isComplex(value)) return undefined
  return Object.entries(value).find(([own]) => own.toLowerCase() === name.toLowerCase())?.[1]
}

function rawAnswer(value: unknown, path: readonly string[]): GraphAnswer {
  if (typeof value === 'object')
    throw new CodedError('graph/bad-query', `${path.join('/').slice(0, 64)} has no bare value.`, { at: '$value' })
  return { status: 200, body: String(value), headers: { 'content-type': 'text/plain' } }
}

import { CodedError } from '@muster/shared/core'
import type { GraphAnswer } from '../graph-request.ts'
import { type Entity, isOf } from './evaluate.ts'
import { memoryPageOf } from './page.ts'
import type { Expansion, Query } from './query.ts'
import { selected } from './select.ts'

/** Asks for a path below the version with a query; `undefined` when the path is not served. */
export type Ask = (path: string, query: Query) => Promise<GraphAnswer | undefined>

/** Members of a collection that an expansion shows at most, as Graph does. */
const MEMBERS_MAX = 1_000
/** Requests that one `$expand` may come to. */
const REQUESTS_MAX = 2_000

/**
 * Fill in `$expand`. What an entity carries already is narrowed; anything else is asked for at its own path, so that all
 * that is served as a path can be expanded.
 * @throws CodedError `graph/not-served` for what is neither
 */
export async function expandAnswer(answer: GraphAnswer, query: Query, path: string, ask: Ask): Promise<GraphAnswer> {
  if (query.expand.length === 0 || answer.status !== 200) return answer
  const body = answer.body as Entity
  const { value } = body
  const isCollection = Array.isArray(value)
  if (isCollection && value.length * query.expand.length > REQUESTS_MAX)
    throw new CodedError('graph/bad-query', 'That is too much to expand at once: ask for smaller pages.', {
      at: '$expand',
    })
  if (!isCollection) return { ...answer, body: await expanded(body, query, path, ask) }
  const members: Entity[] = []
  for (const member of value as readonly Entity[]) {
    const id = encodeURIComponent(String(member['id'] ?? ''))
    members.push(await expanded(member, query, `${path}/${id}`, ask))
  }
  return { ...answer, body: { ...body, value: members } }
}

async function expanded(entity: Entity, { expand }: Query, path: string, ask: Ask): Promise<Entity> {
  const parts: Record<string, unknown> = {}
  for (const expansion of expand) {
    const inline = Object.hasOwn(entity, expansion.name) ? entity[expansion.name] : undefined
    parts[expansion.name] = inline === undefined ? await askFor(expansion, path, ask) : narrowed(inline, expansion)
  }
  return { ...entity, ...parts }
}

async function askFor({ name, cast, query }: Expansion, path: string, ask: Ask): Promise<unknown> {
  const answer = await ask(`${path}/${name}`, query)
  if (!answer) throw new CodedError('graph/not-served', `Muster does not expand ${name} yet.`, { at: '$expand' })
  if (answer.status === 404 || answer.status === 204) return null
  const { '@odata.context': _, ...body } = answer.body as Entity
  if (!Array.isArray(body['value'])) return body
  const members = body['value'] as readonly Entity[]
  return cast ? members.filter((member) => isOf(member, cast, '')) : members
}

/** What is there already, as the options of its expansion want it. */
function narrowed(value: unknown, { query, cast }: Expansion): unknown {
  if (Array.isArray(value)) {
    const pageSize = Math.min(query.top ?? MEMBERS_MAX, MEMBERS_MAX)
    const wanted = { query, ...(cast ? { cast } : {}), entityType: '', pageSize, bound: '' }
    return memoryPageOf(value as Entity[], wanted).entities.map((member) => selected(member, query.select))
  }
  return typeof value === 'object' && value !== null ? selected(value as Entity, query.select) : value
}

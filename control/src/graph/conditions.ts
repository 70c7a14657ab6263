import { createHash } from 'node:crypto'
import { CodedError } from '@muster/shared/core'
import type { GraphAnswer } from './graph-request.ts'
import type { Entity } from './odata/evaluate.ts'
import type { Resolved } from './odata/resolve.ts'
import { isGranted, type Session, serve } from './session.ts'

/** An entity's tag: the same as long as it looks the same. */
function etagOf(body: unknown): string {
  const { '@odata.context': _, ...entity } = body as Entity
  return `W/"${createHash('sha256').update(JSON.stringify(entity)).digest('base64url').slice(0, 22)}"`
}

const isEntityRoute = ({ route, tail }: Resolved): boolean => route.of !== undefined && !route.of.many && !tail

/** The entity at a path as it is now; undefined where there is none or the sender may not read it. */
async function currentOf(session: Session, path: string): Promise<Entity | undefined> {
  const found = session.resolver.find('GET', path, session.types)
  if (!found || found === 'wrong-method' || !isEntityRoute(found)) return undefined
  if (!isGranted(session, found)) return undefined
  return (await serve(session, found, path, new Map())).body as Entity
}

/** `If-Match`: a change is for an entity that the client has seen as it is (RFC 9110 §13.1.1). */
export async function checkMatch(session: Session, path: string): Promise<void> {
  const { method, headers } = session.incoming
  const wanted = headers?.['if-match']
  if (wanted === undefined || wanted.trim() === '*' || !['PATCH', 'PUT', 'DELETE'].includes(method)) return
  const current = await currentOf(session, path)
  if (!current) return
  const tags = wanted
    .slice(0, 1_000)
    .split(',')
    .map((tag) => tag.trim())
  if (!tags.includes(etagOf(current)))
    throw new CodedError('graph/changed-meanwhile', 'The entity has changed since it was read: read it again.')
}

/** What `Prefer` makes of an answer, and the headers that go with it. */
export async function preferred(session: Session, path: string, answer: GraphAnswer): Promise<GraphAnswer> {
  const { incoming, preferences, version } = session
  const { status, body, headers } = answer
  if (status === 201 && typeof body === 'object' && body !== null && 'id' in body) {
    const location = `${incoming.origin}/${version}${path}('${encodeURIComponent(String(body.id))}')`
    if (preferences.return !== 'minimal') return { ...answer, headers: { ...headers, location } }
    const applied = { location, 'odata-entityid': location, 'preference-applied': 'return=minimal' }
    return { status: 204, headers: { ...headers, ...applied } }
  }
  if (status === 204 && incoming.method === 'PATCH' && preferences.return === 'representation') {
    const current = await currentOf(session, path)
    const applied = { ...headers, 'preference-applied': 'return=representation' }
    if (current) return { status: 200, body: current, headers: { ...applied, etag: etagOf(current) } }
  }
  const isWhole = incoming.method === 'GET' && status === 200 && !incoming.url.includes('?')
  const found = isWhole ? session.resolver.find('GET', path, session.types) : undefined
  if (!found || found === 'wrong-method' || !isEntityRoute(found)) return answer
  return { ...answer, headers: { ...headers, etag: etagOf(body) } }
}

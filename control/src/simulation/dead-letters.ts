import type { DeadLetter, DeadLetterPage } from '@muster/shared/contracts'
import { CodedError, unwrap } from '@muster/shared/core'
import { dropLetter, replayLetter } from '../app/dead-letters.ts'
import type { Control } from '../control.ts'
import type { SimulationRequest } from './routes.ts'

const PAGE = 200

/** Dead letters: listed, shown, given to their doors again, let go. `undefined`: another path. */
export async function serveDeadLetters(
  { deps, redeliver }: Control,
  { method, path, query, actor, correlationId }: SimulationRequest,
): Promise<unknown> {
  const { store } = deps
  if (path === '/dlq' && method === 'GET') return list(store, query)
  const [, id, act] = /^\/dlq\/([^/]+)(\/replay)?$/.exec(path) ?? []
  if (id === undefined) return undefined
  if (method === 'POST' && act) return unwrap(await replayLetter(deps, redeliver, { id, actor, correlationId }))
  if (method === 'DELETE' && !act) return unwrap(await dropLetter(deps, { id, actor, correlationId }))
  return method === 'GET' && !act ? show(store, id) : undefined
}

type Store = Control['deps']['store']

async function list(store: Store, query: URLSearchParams): Promise<DeadLetterPage> {
  const [code, before] = [query.get('code'), query.get('before')]
  const asked = { ...(code === null ? {} : { code }), ...(before === null ? {} : { before }), limit: PAGE }
  const letters = [...(await store.deadLetters.page(asked))]
  const last = letters.at(-1)
  return { letters, ...(letters.length === PAGE && last ? { next: last.id } : {}) }
}

async function show(store: Store, id: string): Promise<DeadLetter> {
  const letter = await store.deadLetters.get(id)
  if (!letter) throw new CodedError('dlq/unknown', `there is no dead letter ${id}`)
  const text = textOf(Buffer.from(letter.payload, 'base64'))
  return { ...letter, ...(text === undefined ? {} : { text }) }
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return undefined
  }
}

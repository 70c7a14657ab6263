import type { MusterClient } from './muster-client.ts'
import { type HttpAnswer, refusal } from './refusal.ts'

type Entity = Readonly<Record<string, unknown>>

/** Requests in one `$batch`. */
const BATCH = 20

/** All pages of a collection. */
export async function listAll(client: MusterClient, path: string): Promise<readonly Entity[]> {
  const all: Entity[] = []
  let next: string | undefined = path
  while (next !== undefined) {
    const page = (await client.call('GET', next)) as { value: Entity[]; '@odata.nextLink'?: string }
    all.push(...page.value)
    const link: string | undefined = page['@odata.nextLink']
    next = link === undefined ? undefined : link.slice(new URL(link).origin.length)
  }
  return all
}

/** Create many entities of one collection through `$batch`. Throws with the first refusal. */
export async function createMany(client: MusterClient, url: string, bodies: readonly Entity[]): Promise<void> {
  for (let from = 0; from < bodies.length; from += BATCH) {
    const requests = bodies.slice(from, from + BATCH).map((body, index) => ({
      id: String(index),
      method: 'POST',
      url,
      headers: { 'Content-Type': 'application/json' },
      body,
    }))
    const { responses } = (await client.call('POST', '/v1.0/$batch', { requests })) as {
      responses: HttpAnswer[]
    }
    const failed = responses.find(({ status }) => status >= 400)
    if (failed) throw refusal('POST', url, failed)
  }
}

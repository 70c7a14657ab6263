import type { Tables } from '../app/ports.ts'
import { type Change, publish, type Written } from '../app/publish-policy.ts'
import type { GraphRequest } from './graph-request.ts'

/** Publish what a request changes; answers what `write` says beside it. */
export async function publishFrom<T>(
  { control, correlationId }: GraphRequest,
  platforms: Change['platforms'],
  write: (tables: Tables) => Promise<Written & { readonly answer: T }>,
): Promise<T> {
  const { store, clock, ids } = control.deps
  const { planning, signals, poke } = control
  const relay = (): void => control.relay.wake()
  const change = { correlationId, ...(platforms ? { platforms } : {}) }
  const results: T[] = []
  await publish({ store, planning, clock, ids, signals, poke, relay }, change, async (tables) => {
    const { answer, ...written } = await write(tables)
    results[0] = answer
    return written
  })
  return results[0] as T
}

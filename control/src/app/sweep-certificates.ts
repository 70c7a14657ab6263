import type { Clock } from '@muster/shared/core'
import type { Store } from './ports.ts'

const BATCH = 500

/** Mark certificates that have passed their end. Answers how many. */
export async function sweepCertificates({
  store,
  clock,
}: {
  readonly store: Store
  readonly clock: Clock
}): Promise<number> {
  const nowMs = clock.nowMs()
  if ((await store.certificates.expired(nowMs, 1)).length === 0) return 0
  return store.transaction(async (tables) => {
    const expired = await tables.certificates.expired(nowMs, BATCH)
    await tables.certificates.put(expired.map((certificate) => ({ ...certificate, state: 'expired' })))
    return expired.length
  })
}

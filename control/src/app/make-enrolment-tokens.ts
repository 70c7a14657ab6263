import { createHash } from 'node:crypto'
import type { PlatformName } from '@muster/shared/contracts'
import { type Clock, DAY_MS } from '@muster/shared/core'
import type { Ids, Store } from './ports.ts'

/** How long a token that the simulation made for itself is good. */
const VALIDITY_MS = 90 * DAY_MS

/** Make a fresh enrolment token for each platform and mode; answers the secrets by `platform/mode`. They are not kept. */
export async function makeEnrolmentTokens(
  { store, clock, ids }: { readonly store: Store; readonly clock: Clock; readonly ids: Ids },
  wanted: readonly { readonly platform: PlatformName; readonly mode: string }[],
): Promise<Readonly<Record<string, string>>> {
  const nowMs = clock.nowMs()
  const secrets = new Map(
    wanted.map(({ platform, mode }) => [`${platform}/${mode}`, { platform, mode, secret: ids.secret() }]),
  )
  await store.transaction(async (tables) => {
    for (const { platform, mode, secret } of secrets.values()) {
      await tables.tokens.put({
        id: ids.guid(),
        platform,
        mode,
        secretSha256: createHash('sha256').update(secret).digest('hex'),
        createdAtMs: nowMs,
        expiresAtMs: nowMs + VALIDITY_MS,
        uses: 0,
        revoked: false,
      })
    }
  })
  return Object.fromEntries([...secrets].map(([name, { secret }]) => [name, secret]))
}

import { policyBodyKey } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import type { PolicyBodies } from '../../app/ports.ts'

/** Policy bodies in the broker's bucket. Each is written once; after a reconnect again, for a broker that lost its store. */
export function natsPolicyBodies(bus: Bus, tenant: string): PolicyBodies {
  const written = new Map<string, Promise<void>>()
  const encoder = new TextEncoder()
  bus.onStatus(() => written.clear())
  return {
    put: (sha256, body) => {
      const known = written.get(sha256)
      if (known !== undefined) return known
      const writing = bus.putBlob(policyBodyKey(tenant, sha256), encoder.encode(body)).catch((error: unknown) => {
        written.delete(sha256)
        throw error
      })
      written.set(sha256, writing)
      return writing
    },
  }
}

import { createHash } from 'node:crypto'
import { decode, PolicyBody, policyBodyKey } from '@muster/shared/contracts'
import { type Bus, CodedError, dropOldest } from '@muster/shared/core'

/** Bodies that are kept; a fleet in one position needs a few per platform. */
const KEPT_MAX = 256

/** Policy bodies by SHA-256: fetched once for all devices of the agent, checked against their digest. */
export interface PolicyBodyCache {
  /** @throws CodedError `policy/body-missing`, `policy/body-damaged`, and what `Bus.getBlob` throws */
  get(sha256s: readonly string[]): Promise<ReadonlyMap<string, PolicyBody>>
}

export function createPolicyBodyCache(bus: Pick<Bus, 'getBlob'>, tenant: string): PolicyBodyCache {
  const kept = new Map<string, Promise<PolicyBody>>()

  const fetch = async (sha256: string): Promise<PolicyBody> => {
    const bytes = await bus.getBlob(policyBodyKey(tenant, sha256))
    if (!bytes) throw new CodedError('policy/body-missing', `there is no policy body ${sha256}`)
    if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
      throw new CodedError('policy/body-damaged', `the policy body ${sha256} is not what its digest says`)
    }
    const decoded = decode(PolicyBody, bytes)
    if (!decoded.ok)
      throw new CodedError('policy/body-damaged', `the policy body ${sha256}: ${decoded.refusal.message}`)
    return decoded.value
  }

  const one = (sha256: string): Promise<PolicyBody> => {
    const known = kept.get(sha256)
    if (known) {
      // The most recently used stand last; the first are dropped.
      kept.delete(sha256)
      kept.set(sha256, known)
      return known
    }
    const fetching = fetch(sha256)
    kept.set(sha256, fetching)
    fetching.catch(() => kept.delete(sha256))
    dropOldest(kept, KEPT_MAX)
    return fetching
  }

  return {
    get: async (sha256s) =>
      new Map(await Promise.all(sha256s.map(async (sha256) => [sha256, await one(sha256)] as const))),
  }
}

import type { ControlDeps } from '@muster/control'
import type { Rng } from '@muster/shared/core'
import type { RandomBytes } from '@muster/shared/pki'

/** Identifiers and secrets from a stream of chance: worth nothing as secrets, and the same in every replay. */
export function seededIds(chance: Rng): ControlDeps['ids'] {
  return {
    guid: () => {
      const hex = chance.hex(32)
      const parts = [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `a${hex.slice(17, 20)}`, hex.slice(20)]
      return parts.join('-')
    },
    secret: () => Buffer.from(chance.hex(48), 'hex').toString('base64url'),
  }
}

/** Octets for certificate serial numbers. */
export const seededBytes =
  (chance: Rng): RandomBytes =>
  (count) =>
    Uint8Array.from(Buffer.from(chance.hex(2 * count), 'hex'))

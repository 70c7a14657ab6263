import { createPublicKey, type KeyObject } from 'node:crypto'
import type { SessionOffer } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { openSession, sessionMac } from '@muster/shared/pki'
import type { Slot } from './slots.ts'

/**
 * What devices sign with. The service offers a session, for all of the agent's devices; each opens it with the key of its
 * certificate when it first speaks in it. Nothing is asked for that, and only the key is kept.
 */
export interface DeviceSessions {
  /** The service offers this one: it is spoken in from now on. */
  take(offer: SessionOffer): void
  /** The one that is spoken in; nothing before the first hello was answered. */
  readonly current: string | undefined
  /** The code over a text of the device's; nothing when it has no key (any more). */
  sign(slot: Slot, certificateSerial: string, text: string): string | undefined
}

export function createDeviceSessions(tenant: string): DeviceSessions {
  let offered: { readonly id: string; readonly publicKey: string; readonly key: KeyObject } | undefined
  return {
    get current() {
      return offered?.id
    },
    take: ({ id, publicKey }) => {
      if (offered?.id === id && offered.publicKey === publicKey) return
      offered = { id, publicKey, key: serviceKey(publicKey) }
    },
    sign: (slot, certificateSerial, text) => {
      if (!offered || !slot.key) return undefined
      if (slot.sessionKey === undefined || slot.session !== offered.id) {
        slot.sessionKey = openSession(slot.key, offered.key, { tenant, session: offered.id, certificateSerial })
        slot.session = offered.id
      }
      return sessionMac(slot.sessionKey, text)
    },
  }
}

function serviceKey(publicKey: string): KeyObject {
  try {
    return createPublicKey({ key: Buffer.from(publicKey, 'base64'), format: 'der', type: 'spki' })
  } catch (cause) {
    throw new CodedError('pki/unsupported-key', 'the service offers a session with what is no key', { cause })
  }
}

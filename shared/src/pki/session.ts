import { createHmac, diffieHellman, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
import { type DeviceKey, importDeviceKey } from './device-key.ts'
import { importP256Spki } from './p256.ts'

/**
 * The key of a session between a device and the service, as 64 hexadecimal digits. A text, and no `KeyObject`: a hundred
 * thousand of these stand in memory, 80 bytes each against 580.
 */
export type SessionKey = string

/** What a session is about; both sides put the same in. */
export interface SessionContext {
  readonly tenant: string
  readonly session: string
  readonly certificateSerial: string
}

/**
 * The session's key from one's own private key and the public key of the other side (SubjectPublicKeyInfo): elliptic-curve
 * Diffie-Hellman (SP 800-56A §5.7.1.2), then HKDF (RFC 5869) with the context. Who has neither private key has no way to it.
 * @throws CodedError `pki/unsupported-key`
 */
export function openSession(
  own: DeviceKey | KeyObject,
  other: Uint8Array | KeyObject,
  about: SessionContext,
): SessionKey {
  const secret = diffieHellman({
    privateKey: isKeyObject(own) ? own : importDeviceKey(own),
    publicKey: isKeyObject(other) ? other : importP256Spki(other),
  })
  const info = `muster session\n${about.tenant}\n${about.session}\n${about.certificateSerial}`
  return Buffer.from(hkdfSync('sha256', secret, '', info, KEY_BYTES)).toString('hex')
}

const isKeyObject = (key: Uint8Array | KeyObject): key is KeyObject => !(key instanceof Uint8Array)

const KEY_BYTES = 32
/** Base64 digits for 128 bits and more: 132. */
const MAC_DIGITS = 22

/** HMAC-SHA-256 (RFC 2104) of a text, its first 132 bits in Base64 for URLs. */
export const sessionMac = (sessionKey: SessionKey, text: string): string =>
  createHmac('sha256', sessionKey).update(text).digest('base64url').slice(0, MAC_DIGITS)

/** Whether two codes are the same, in the same time wherever they differ. */
export const sameMac = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

import { diffieHellman, hash, hkdfSync, type KeyObject, timingSafeEqual } from 'node:crypto'
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

/** Octets of a block of SHA-256 and of its digest. */
const [BLOCK_BYTES, DIGEST_BYTES] = [64, 32]
const inner = Buffer.alloc(BLOCK_BYTES)
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

/**
 * HMAC-SHA-256 (RFC 2104 §2) of a text, its first 132 bits in Base64 for URLs. The key has at most 64 characters, all ASCII.
 * Made of two hashes in one call each: an `Hmac` is an object that the collector has to clear away, and takes twice as long.
 */
export function sessionMac(sessionKey: SessionKey, text: string): string {
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const octet = at < sessionKey.length ? sessionKey.charCodeAt(at) : 0
    inner[at] = octet ^ 0x36
    outer[at] = octet ^ 0x5c
  }
  // ASCII stays ASCII under both pads, and is its own UTF-8.
  outer.write(hash('sha256', inner.toString('latin1') + text, 'binary'), BLOCK_BYTES, 'latin1')
  return hash('sha256', outer, 'base64url').slice(0, MAC_DIGITS)
}

/** Whether two codes are the same, in the same time wherever they differ. */
export const sameMac = (one: string, other: string): boolean =>
  one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

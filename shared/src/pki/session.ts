import { diffieHellman, hash, hkdfSync, type KeyObject } from 'node:crypto'
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
/** One block of SHA-256, which the digits of a key fill. */
const BLOCK_BYTES = 64
const DIGEST_BYTES = 32
/** Base64 digits of 128 bits. */
const MAC_DIGITS = 22

const key = Buffer.alloc(BLOCK_BYTES)
const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES)

/**
 * HMAC-SHA-256 (RFC 2104) of a text, its first 128 bits in Base64 for URLs. Written out over the one-shot hash: that needs
 * no object per message, and no import of the key. The digits stay ASCII under the inner pad, so that a text can carry them.
 */
export function sessionMac(sessionKey: SessionKey, text: string): string {
  key.write(sessionKey, 0, BLOCK_BYTES, 'latin1')
  for (let at = 0; at < BLOCK_BYTES; at++) {
    const digit = key[at] as number
    key[at] = digit ^ 0x36
    outer[at] = digit ^ 0x5c
  }
  outer.write(hash('sha256', key.toString('latin1') + text, 'binary'), BLOCK_BYTES, DIGEST_BYTES, 'latin1')
  return hash('sha256', outer, 'base64url').slice(0, MAC_DIGITS)
}

/** Whether two codes are the same, in the same time wherever they differ. */
export function sameMac(one: string, other: string): boolean {
  if (one.length !== other.length) return false
  let difference = 0
  for (let at = 0; at < one.length; at++) difference |= one.charCodeAt(at) ^ other.charCodeAt(at)
  return difference === 0
}

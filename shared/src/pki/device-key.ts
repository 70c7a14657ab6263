import { createPrivateKey, generateKeyPair, generateKeyPairSync, KeyObject, sign, verify } from 'node:crypto'
import { CodedError } from '../core/result.ts'
import { importP256Spki, spkiOfPkcs8 } from './p256.ts'
import { toPem } from './pem.ts'

/**
 * The private key of a device: P-256 as PKCS#8 DER, 138 bytes, the public key among them. A fleet keeps these bytes and
 * imports them on use: a `KeyObject` pair takes over 20 times the memory. Whoever holds many packs them into one buffer.
 */
export type DeviceKey = Uint8Array

const pkcs8 = { type: 'pkcs8', format: 'der' } as const

/** A fresh key, made on the thread pool: many at once use all cores. */
export const generateDeviceKey = (): Promise<DeviceKey> =>
  new Promise((resolve, reject) => {
    generateKeyPair('ec', { namedCurve: 'P-256' }, (error, _publicKey, privateKey) => {
      if (error === null) resolve(privateKey.export(pkcs8))
      else reject(error)
    })
  })

/** A fresh key, made on the calling thread. */
export const generateDeviceKeySync = (): DeviceKey =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export(pkcs8)

/**
 * The public half, as SubjectPublicKeyInfo DER (91 bytes).
 * @throws CodedError `pki/unsupported-key` when the bytes are no device key
 */
export const publicKeyOf = (key: DeviceKey): Uint8Array => spkiOfPkcs8(key)

/**
 * Signs with ECDSA and SHA-256; the signature is the DER of Ecdsa-Sig-Value (RFC 3279 §2.2.3), 70 to 72 bytes.
 * A key that is used more than once is read once, with `importDeviceKey`.
 * @throws CodedError `pki/unsupported-key` when the bytes are no device key
 */
export const signWithDeviceKey = (key: DeviceKey | KeyObject, data: Uint8Array): Uint8Array =>
  sign('sha256', data, key instanceof KeyObject ? key : importDeviceKey(key))

/**
 * Whether a signature of `signWithDeviceKey` is by the holder of this public key over these bytes. False, too, when the
 * key is not P-256 or the signature is no signature.
 */
export function verifyWithSpki(spki: Uint8Array, data: Uint8Array, signature: Uint8Array): boolean {
  let publicKey: KeyObject
  try {
    publicKey = importP256Spki(spki)
  } catch (error) {
    if (error instanceof CodedError) return false
    throw error
  }
  return verify('sha256', data, publicKey, signature)
}

/**
 * The private key, ready for use.
 * @throws CodedError `pki/unsupported-key` when the bytes are no device key
 */
export function importDeviceKey(key: DeviceKey): KeyObject {
  spkiOfPkcs8(key)
  try {
    // As a text, for the same reason as the public key.
    return createPrivateKey(toPem('PRIVATE KEY', key))
  } catch (cause) {
    throw new CodedError('pki/unsupported-key', 'the public half of the private key is not on P-256', { cause })
  }
}

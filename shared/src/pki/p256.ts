import { createPublicKey, type KeyObject } from 'node:crypto'
import { CodedError } from '../core/result.ts'
import { encodeDer, sequence, Tag } from './der.ts'
import type { DerReader } from './der-reader.ts'
import { oidDer } from './oid.ts'
import { toPem } from './pem.ts'

/** Octets of an uncompressed point: 0x04, x, y (SEC 1 §2.3.3). */
const POINT_OCTETS = 65

const algorithm = encodeDer(sequence(oidDer.ecPublicKey, oidDer.prime256v1))

/**
 * What stands before the point in every P-256 SubjectPublicKeyInfo (RFC 5480 §2): SEQUENCE of 89 octets, the algorithm,
 * BIT STRING of 66 octets without unused bits.
 */
const spkiPrefix = Uint8Array.of(0x30, 0x59, ...algorithm, 0x03, 0x42, 0x00)
const SPKI_OCTETS = spkiPrefix.length + POINT_OCTETS

/**
 * What stands before the private number, and between it and the point, in a P-256 private key as PKCS#8
 * (RFC 5958 §2 around RFC 5915 §3 with its public key, and without its parameters, as OpenSSL writes it).
 */
const pkcs8Prefix = Uint8Array.of(
  ...[0x30, 0x81, 0x87, 0x02, 0x01, 0x00, ...algorithm],
  ...[0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20],
)
const pkcs8Middle = Uint8Array.of(0xa1, 0x44, 0x03, 0x42, 0x00)
const PRIVATE_OCTETS = 32
const PKCS8_OCTETS = pkcs8Prefix.length + PRIVATE_OCTETS + pkcs8Middle.length + POINT_OCTETS

/**
 * Reads a SubjectPublicKeyInfo that must hold a P-256 key.
 * @throws CodedError `pki/malformed`; `pki/unsupported-key` for other algorithms, curves and forms of the point
 */
export function readP256Spki(reader: DerReader): Uint8Array {
  const spki = reader.encoding(Tag.sequence, 'subjectPublicKeyInfo')
  if (!isP256Spki(spki)) throw unsupportedKey('only P-256 keys with an uncompressed point are accepted')
  return spki
}

/**
 * The public key in a P-256 SubjectPublicKeyInfo, ready for use.
 * @throws CodedError `pki/unsupported-key` when it is anything else, or the point is not on the curve
 */
export function importP256Spki(spki: Uint8Array): KeyObject {
  if (!isP256Spki(spki)) throw unsupportedKey('not the SubjectPublicKeyInfo of a P-256 key')
  try {
    // A text is read three times as fast as DER: Node asks of every object, by way of exceptions, whether it is a key.
    return createPublicKey(toPem('PUBLIC KEY', spki))
  } catch (cause) {
    throw new CodedError('pki/unsupported-key', 'the point is not on P-256', { cause })
  }
}

/**
 * The SubjectPublicKeyInfo of a P-256 private key in PKCS#8, cut out without any arithmetic.
 * @throws CodedError `pki/unsupported-key` when the key has another form than `generateDeviceKey` gives
 */
export function spkiOfPkcs8(pkcs8: Uint8Array): Uint8Array {
  const middle = pkcs8Prefix.length + PRIVATE_OCTETS
  if (pkcs8.length !== PKCS8_OCTETS || !holds(pkcs8, 0, pkcs8Prefix) || !holds(pkcs8, middle, pkcs8Middle)) {
    throw unsupportedKey(`not a P-256 private key as PKCS#8 of ${PKCS8_OCTETS} bytes with its public key`)
  }
  const spki = new Uint8Array(SPKI_OCTETS)
  spki.set(spkiPrefix)
  spki.set(pkcs8.subarray(middle + pkcs8Middle.length), spkiPrefix.length)
  return spki
}

const isP256Spki = (spki: Uint8Array): boolean =>
  spki.length === SPKI_OCTETS && holds(spki, 0, spkiPrefix) && spki[spkiPrefix.length] === 0x04

const holds = (bytes: Uint8Array, at: number, part: Uint8Array): boolean =>
  Buffer.compare(bytes.subarray(at, at + part.length), part) === 0

const unsupportedKey = (message: string): CodedError => new CodedError('pki/unsupported-key', message)

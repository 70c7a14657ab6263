import { type KeyObject, verify } from 'node:crypto'
import { CodedError, type Result } from '../core/result.ts'
import { attempt } from './attempt.ts'
import { constructed, contextTag, sequence, Tag, unsignedInteger } from './der.ts'
import { DerReader } from './der-reader.ts'
import { type DeviceKey, importDeviceKey, publicKeyOf } from './device-key.ts'
import { encodeName, type Name, readName } from './name.ts'
import { importP256Spki, readP256Spki } from './p256.ts'
import { ecdsaWithSha256, encodeSigned, readSigned } from './signed.ts'

/** Largest certification request that is read, in bytes: some 25 times what a device sends. */
export const MAX_CSR_BYTES = 8_192

/** What a certification request asks for, its signature verified. */
export interface CertificationRequest {
  /** Who the requester says it is. The authority decides what goes into the certificate. */
  readonly subject: Name
  /** The key to be certified, as SubjectPublicKeyInfo DER; the requester has proved that it holds the private half. */
  readonly publicKeySpki: Uint8Array
}

const version0 = unsignedInteger(Uint8Array.of(0))
const attributesTag = contextTag(0, 'constructed')

/**
 * Device side: a PKCS#10 certification request (RFC 2986 §4) as DER, signed with ecdsa-with-SHA256. `imported`: the key as
 * `importDeviceKey` gives it, where it is there already.
 * @throws CodedError `pki/unsupported-key`, `pki/invalid-name`
 */
export function createCsr({
  key,
  imported = importDeviceKey(key),
  subject,
}: {
  key: DeviceKey
  imported?: KeyObject
  subject: Name
}): Uint8Array {
  // RFC 2986 §4.1: version, subject, subjectPKInfo, attributes (IMPLICIT SET, here empty, not left out).
  const info = sequence(version0, encodeName(subject), publicKeyOf(key), constructed(attributesTag, []))
  return encodeSigned(info, imported)
}

/**
 * Authority side: reads a request and verifies its signature, which proves that the requester holds the private key
 * (RFC 2986 §3). P-256 keys with ecdsa-with-SHA256 only. Attributes are taken and not acted upon.
 *
 * Refusals: `pki/too-large`, `pki/malformed`, `pki/invalid-name`, `pki/unsupported-key`, `pki/unsupported-algorithm`,
 * `pki/bad-signature`.
 */
export const readCsr = (der: Uint8Array): Result<CertificationRequest> => attempt(() => readVerified(der))

function readVerified(der: Uint8Array): CertificationRequest {
  const { body, algorithm, signature } = readSigned(DerReader.open(der, MAX_CSR_BYTES), 'the request')
  const request = readInfo(DerReader.open(body, MAX_CSR_BYTES))
  if (Buffer.compare(algorithm, ecdsaWithSha256) !== 0) {
    throw new CodedError('pki/unsupported-algorithm', 'requests must be signed with ecdsa-with-SHA256')
  }
  if (!verify('sha256', body, importP256Spki(request.publicKeySpki), signature)) {
    throw new CodedError('pki/bad-signature', 'the request is not signed with the key that it asks a certificate for')
  }
  return request
}

function readInfo(document: DerReader): CertificationRequest {
  const info = document.sequence('certificationRequestInfo')
  if (info.smallInteger('version') !== 0) info.fail('the version is not 0 (v1)')
  const subject = readName(info, 'subject')
  const publicKeySpki = readP256Spki(info)
  readAttributes(info.enter(attributesTag, 'attributes'))
  info.end('certificationRequestInfo')
  return { subject, publicKeySpki: publicKeySpki.slice() }
}

/** Checks the form of the attributes: each has a type and a set of at least one value. */
function readAttributes(attributes: DerReader): void {
  while (!attributes.atEnd) {
    const attribute = attributes.sequence('an attribute')
    attribute.oid('an attribute type')
    if (attribute.content(Tag.set, 'attribute values').length === 0) attribute.fail('an attribute has no value')
    attribute.end('an attribute')
  }
}

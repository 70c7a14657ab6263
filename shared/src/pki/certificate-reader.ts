import { hash } from 'node:crypto'
import type { Result } from '../core/result.ts'
import { type ReadAlternativeName, readAlternativeNames } from './alternative-name.ts'
import { attempt } from './attempt.ts'
import { contextTag, Tag } from './der.ts'
import { DerReader } from './der-reader.ts'
import { type BasicConstraints, extendedKeyUsages, type KeyUsage, keyUsages } from './extension.ts'
import { toHex } from './hex.ts'
import { type Name, readName } from './name.ts'
import { Oid } from './oid.ts'
import { readSigned } from './signed.ts'
import { readValidity, type Validity } from './validity.ts'

/** Largest certificate that is read, in bytes. */
export const MAX_CERTIFICATE_BYTES = 16_384

/** What a certificate says. Numbers and digests are lower-case hexadecimal digits, as in the contracts. */
export interface CertificateInfo extends Validity {
  readonly serialNumber: string
  readonly subject: Name
  readonly issuer: Name
  /** The subject as it is encoded: the issuer field of whatever this certificate's key signs. */
  readonly subjectDer: Uint8Array
  readonly publicKeySpki: Uint8Array
  readonly basicConstraints: BasicConstraints
  /** Empty when the certificate does not restrict the use of its key. */
  readonly keyUsage: readonly KeyUsage[]
  /** Short names where there is one, OIDs elsewhere. Empty when any purpose will do. */
  readonly extendedKeyUsage: readonly string[]
  readonly alternativeNames: readonly ReadAlternativeName[]
  readonly subjectKeyId: string | undefined
  readonly authorityKeyId: string | undefined
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
}

/**
 * Reads an X.509 certificate (RFC 5280 §4), whatever its key and signature algorithm. It is taken apart, not judged:
 * signature, issuer and validity are the caller's to check.
 *
 * Refusals: `pki/too-large`, `pki/malformed`, `pki/invalid-name`.
 */
export const readCertificate = (der: Uint8Array): Result<CertificateInfo> => attempt(() => readWhole(der))

function readWhole(der: Uint8Array): CertificateInfo {
  const { body, algorithm } = readSigned(DerReader.open(der, MAX_CERTIFICATE_BYTES), 'the certificate')
  const tbs = DerReader.open(body, MAX_CERTIFICATE_BYTES).sequence('tbsCertificate')
  const version = readVersion(tbs)
  const serialNumber = tbs.unsignedInteger('serialNumber')
  if (serialNumber.length > 20 || serialNumber.every((octet) => octet === 0)) {
    tbs.fail('serialNumber is no positive number of up to 20 octets')
  }
  // RFC 5280 §4.1.2.3: the same as outside.
  if (Buffer.compare(tbs.encoding(Tag.sequence, 'signature'), algorithm) !== 0) tbs.fail('two signature algorithms')
  const issuer = readName(tbs, 'issuer')
  const validity = readValidity(tbs)
  const subjectDer = tbs.encoding(Tag.sequence, 'subject')
  const publicKeySpki = tbs.encoding(Tag.sequence, 'subjectPublicKeyInfo')
  const extensions = version === 3 ? readExtensions(tbs) : new Map<string, Uint8Array>()
  tbs.end('tbsCertificate')
  return {
    serialNumber: toHex(serialNumber),
    subject: readName(DerReader.open(subjectDer, MAX_CERTIFICATE_BYTES), 'subject'),
    issuer,
    ...validity,
    subjectDer: subjectDer.slice(),
    publicKeySpki: publicKeySpki.slice(),
    ...readKnown(extensions),
    thumbprintSha1: hash('sha1', der),
    thumbprintSha256: hash('sha256', der),
  }
}

/** RFC 5280 §4.1.2.1: [0] EXPLICIT, left out for version 1. Version 2 was never in use. */
function readVersion(tbs: DerReader): 1 | 3 {
  const tag = contextTag(0, 'constructed')
  if (!tbs.nextIs(tag)) return 1
  const wrapper = tbs.enter(tag, 'version')
  if (wrapper.smallInteger('version') !== 2) wrapper.fail('only versions 1 and 3 are read')
  wrapper.end('version')
  return 3
}

/** The extensions by OID, each with its value; none twice (RFC 5280 §4.2). */
function readExtensions(tbs: DerReader): Map<string, Uint8Array> {
  const found = new Map<string, Uint8Array>()
  const tag = contextTag(3, 'constructed')
  if (!tbs.nextIs(tag)) return found
  const wrapper = tbs.enter(tag, 'extensions')
  const list = wrapper.sequence('extensions')
  wrapper.end('extensions')
  do {
    const extension = list.sequence('an extension')
    const id = extension.oid('an extension id')
    // X.690 §11.5: critical is FALSE by default, and then left out.
    if (extension.nextIs(Tag.boolean) && !extension.boolean('critical')) extension.fail('critical FALSE is written out')
    if (found.has(id)) extension.fail(`extension ${id} is there twice`)
    found.set(id, extension.octetString('an extension value'))
    extension.end('an extension')
  } while (!list.atEnd)
  return found
}

type KnownExtensions = Pick<
  CertificateInfo,
  'basicConstraints' | 'keyUsage' | 'extendedKeyUsage' | 'alternativeNames' | 'subjectKeyId' | 'authorityKeyId'
>

function readKnown(extensions: ReadonlyMap<string, Uint8Array>): KnownExtensions {
  const known = <T>(id: string, read: (value: DerReader) => T): T | undefined => {
    const value = extensions.get(id)
    if (value === undefined) return undefined
    const document = DerReader.open(value, MAX_CERTIFICATE_BYTES)
    const result = read(document)
    document.end(`extension ${id}`)
    return result
  }
  return {
    basicConstraints: known(Oid.basicConstraints, readBasicConstraints) ?? { isAuthority: false },
    keyUsage: known(Oid.keyUsage, readKeyUsage) ?? [],
    extendedKeyUsage: known(Oid.extendedKeyUsage, readExtendedKeyUsage) ?? [],
    alternativeNames: known(Oid.subjectAltName, readAlternativeNames) ?? [],
    subjectKeyId: known(Oid.subjectKeyIdentifier, (value) => toHex(value.octetString('subjectKeyIdentifier'))),
    authorityKeyId: known(Oid.authorityKeyIdentifier, readAuthorityKeyId),
  }
}

function readBasicConstraints(value: DerReader): BasicConstraints {
  const fields = value.sequence('basicConstraints')
  const isAuthority = fields.nextIs(Tag.boolean)
  if (isAuthority && !fields.boolean('cA')) fields.fail('cA FALSE is written out')
  const pathLength = fields.nextIs(Tag.integer) ? fields.smallInteger('pathLenConstraint') : undefined
  fields.end('basicConstraints')
  // RFC 5280 §4.2.1.9: a path length is for authorities only.
  if (!isAuthority) return pathLength === undefined ? { isAuthority } : fields.fail('a path length without cA')
  return pathLength === undefined ? { isAuthority } : { isAuthority, pathLength }
}

function readKeyUsage(value: DerReader): readonly KeyUsage[] {
  return value.namedBits('keyUsage').map((bit) => keyUsages[bit] ?? value.fail(`keyUsage has an unknown bit ${bit}`))
}

const purposeNames = new Map<string, string>(Object.entries(extendedKeyUsages).map(([name, id]) => [id, name]))

function readExtendedKeyUsage(value: DerReader): readonly string[] {
  const list = value.sequence('extKeyUsage')
  const purposes: string[] = []
  do {
    const id = list.oid('a purpose')
    purposes.push(purposeNames.get(id) ?? id)
  } while (!list.atEnd)
  return purposes
}

/** RFC 5280 §4.2.1.1: keyIdentifier [0]; the issuer's name and serial number, which may follow, are not used. */
function readAuthorityKeyId(value: DerReader): string | undefined {
  const fields = value.sequence('authorityKeyIdentifier')
  const tag = contextTag(0, 'primitive')
  const keyId = fields.nextIs(tag) ? toHex(fields.content(tag, 'keyIdentifier')) : undefined
  while (!fields.atEnd) {
    const next = fields.nextTag('authorityKeyIdentifier')
    fields.content(next, 'authorityKeyIdentifier')
  }
  return keyId
}

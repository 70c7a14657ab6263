import type { KeyObject } from 'node:crypto'
import { type DerPart, encodeDer, explicit, sequence, unsignedInteger } from './der.ts'
import { type Extensions, encodeExtensions, keyIdentifier } from './extension.ts'
import { encodeName, type Name } from './name.ts'
import { ecdsaWithSha256, encodeSigned } from './signed.ts'
import { encodeValidity, type Validity } from './validity.ts'

/** Who signs. A self-signed certificate is its own issuer. */
export interface CertificateIssuer {
  /**
   * The issuer's subject, encoded: copied byte for byte, so that names chain even where an issuer of another make chose
   * other string types (RFC 5280 §6.1.3 (a)(4)).
   */
  readonly nameDer: Uint8Array
  readonly keyId: Uint8Array
  /** P-256. */
  readonly key: KeyObject
}

/** What goes into a certificate. */
export interface CertificateContent extends Extensions {
  /** 1 to 20 octets, most significant first, not all zero: see `createSerialNumber`. */
  readonly serialNumber: Uint8Array
  readonly issuer: CertificateIssuer
  readonly validity: Validity
  readonly subject: Name
  /** P-256 SubjectPublicKeyInfo DER. */
  readonly publicKeySpki: Uint8Array
}

/** A source of random octets: `crypto.randomBytes`, or a seeded one in a world that replays itself. */
export type RandomBytes = (size: number) => Uint8Array

// RFC 5280 §4.1.2.1: v3, because there are extensions.
const version3 = explicit(0, unsignedInteger(Uint8Array.of(2)))

/**
 * An X.509 v3 certificate as DER (RFC 5280 §4), signed with ecdsa-with-SHA256.
 * @throws CodedError `pki/invalid-name`
 */
export function issueCertificate(request: CertificateContent): Uint8Array {
  const { serialNumber, issuer, validity, subject, publicKeySpki } = request
  const fields: DerPart[] = [
    version3,
    unsignedInteger(serialNumber),
    ecdsaWithSha256,
    issuer.nameDer,
    encodeValidity(validity),
    encodeName(subject),
    publicKeySpki,
    explicit(3, encodeExtensions(request, { subject: keyIdentifier(publicKeySpki), authority: issuer.keyId })),
  ]
  return encodeSigned(sequence(...fields), issuer.key)
}

/** The exact bytes of a name, for `CertificateIssuer.nameDer`. */
export const nameDer = (name: Name): Uint8Array => encodeDer(encodeName(name))

/**
 * A serial number of 16 octets with 126 random bits: positive, below the 20 octets of RFC 5280 §4.1.2.2, and always of
 * one length. Two alike are not to be expected before some 10^18 certificates.
 */
export function createSerialNumber(randomBytes: RandomBytes): Uint8Array {
  const octets = Uint8Array.from(randomBytes(16))
  octets[0] = ((octets[0] as number) & 0x3f) | 0x40
  return octets
}

import { hash } from 'node:crypto'
import { type AlternativeName, encodeAlternativeNames } from './alternative-name.ts'
import {
  boolean,
  contextTag,
  type DerValue,
  encodeDer,
  namedBits,
  octetString,
  primitive,
  sequence,
  unsignedInteger,
} from './der.ts'
import { Oid, oidDer } from './oid.ts'

/** What a key may be used for: the named bits of RFC 5280 §4.2.1.3, in their order. */
export const keyUsages = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof keyUsages)[number]

/** What a certificate may be presented for (RFC 5280 §4.2.1.12). */
export const extendedKeyUsages = { serverAuth: Oid.serverAuth, clientAuth: Oid.clientAuth } as const
export type ExtendedKeyUsage = keyof typeof extendedKeyUsages

/** RFC 5280 §4.2.1.9. An authority of `pathLength` 0 signs end-entity certificates only. */
export type BasicConstraints =
  | { readonly isAuthority: false }
  | { readonly isAuthority: true; readonly pathLength?: number }

/** The extension fields of a certificate to be issued. */
export interface Extensions {
  readonly basicConstraints: BasicConstraints
  readonly keyUsage: readonly KeyUsage[]
  readonly extendedKeyUsage?: readonly ExtendedKeyUsage[]
  readonly alternativeNames?: readonly AlternativeName[]
}

/**
 * The identifier of a key: the leftmost 160 bits of the SHA-256 of the public key's bits (RFC 7093 §2, method 1).
 * @param spki a P-256 SubjectPublicKeyInfo, whose last 65 octets are those bits
 */
export const keyIdentifier = (spki: Uint8Array): Uint8Array =>
  hash('sha256', spki.subarray(-65), 'buffer').subarray(0, 20)

/**
 * The list of extensions.
 * @throws CodedError `pki/invalid-name`
 */
export function encodeExtensions(
  extensions: Extensions,
  keyIds: { readonly subject: Uint8Array; readonly authority: Uint8Array },
): DerValue {
  const { basicConstraints, keyUsage, extendedKeyUsage = [], alternativeNames = [] } = extensions
  const list = [
    critical(oidDer.basicConstraints, encodeBasicConstraints(basicConstraints)),
    critical(oidDer.keyUsage, namedBits(keyUsage.map((usage) => keyUsages.indexOf(usage)))),
    plain(oidDer.subjectKeyIdentifier, octetString(keyIds.subject)),
    // RFC 5280 §4.2.1.1: keyIdentifier is [0] IMPLICIT OCTET STRING.
    plain(oidDer.authorityKeyIdentifier, sequence(primitive(contextTag(0, 'primitive'), keyIds.authority))),
  ]
  if (extendedKeyUsage.length > 0) {
    list.push(plain(oidDer.extendedKeyUsage, sequence(...extendedKeyUsage.map((usage) => oidDer[usage]))))
  }
  if (alternativeNames.length > 0) list.push(plain(oidDer.subjectAltName, encodeAlternativeNames(alternativeNames)))
  return sequence(...list)
}

// X.690 §11.5: a value that is the default (cA FALSE) is not written.
function encodeBasicConstraints(constraints: BasicConstraints): DerValue {
  if (!constraints.isAuthority) return sequence()
  const { pathLength } = constraints
  if (pathLength === undefined) return sequence(boolean(true))
  return sequence(boolean(true), unsignedInteger(Uint8Array.of(pathLength)))
}

const critical = (id: Uint8Array, value: DerValue): DerValue =>
  sequence(id, boolean(true), octetString(encodeDer(value)))

const plain = (id: Uint8Array, value: DerValue): DerValue => sequence(id, octetString(encodeDer(value)))

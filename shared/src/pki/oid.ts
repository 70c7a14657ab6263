import { encodeDer, oid } from './der.ts'

/** Object identifiers, each with the document that assigns it. */
export const Oid = {
  // RFC 5480 §2.1.1, §2.1.1.1
  ecPublicKey: '1.2.840.10045.2.1',
  prime256v1: '1.2.840.10045.3.1.7',
  // RFC 5758 §3.2
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  // RFC 5280 §4.2.1
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  // RFC 5280 §4.2.1.12
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** The same, encoded once for all. */
export const oidDer = Object.fromEntries(
  Object.entries(Oid).map(([name, dotted]) => [name, encodeDer(oid(dotted))]),
) as Readonly<Record<keyof typeof Oid, Uint8Array>>

/**
 * The door of the PKI layer: keys and requests on the device's side, the tenant's authority on the service's side, and
 * reading what either has written. X.509 (RFC 5280) and PKCS#10 (RFC 2986) with P-256 keys, in DER of our own and
 * `node:crypto`. Keys and serial numbers need true chance, so this layer is impure; time is always a parameter.
 */

export type {
  AlternativeName,
  ReadAlternativeName,
} from './alternative-name.ts'
export {
  type CertificateAuthority,
  type DeviceCertificateRequest,
  type IssuedCertificate,
  loadAuthority,
  type ServerCertificate,
  type ServerCertificateRequest,
} from './authority.ts'
export {
  type AuthorityFiles,
  type AuthorityRequest,
  createAuthority,
} from './authority-creation.ts'
export {
  type CertificateContent,
  type CertificateIssuer,
  createSerialNumber,
  issueCertificate,
  nameDer,
  type RandomBytes,
} from './certificate.ts'
export { type CertificateInfo, readCertificate } from './certificate-reader.ts'
export { type CertificationRequest, createCsr, readCsr } from './csr.ts'
export {
  type DeviceKey,
  generateDeviceKey,
  generateDeviceKeySync,
  importDeviceKey,
  publicKeyOf,
  signWithDeviceKey,
  verifyWithSpki,
} from './device-key.ts'
export type {
  BasicConstraints,
  ExtendedKeyUsage,
  Extensions,
  KeyUsage,
} from './extension.ts'
export { keyIdentifier } from './extension.ts'
export { formatName, type Name, type NameAttribute } from './name.ts'
export { fromPem, type PemLabel, toPem } from './pem.ts'
export { openSession, type SessionContext, type SessionKey, sameMac, sessionMac } from './session.ts'
export type { Validity } from './validity.ts'
export { validityFrom } from './validity.ts'

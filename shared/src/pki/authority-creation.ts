import { randomBytes as systemRandomBytes } from 'node:crypto'
import { DAY_MS, type EpochMs } from '../core/clock.ts'
import { CodedError, type Result } from '../core/result.ts'
import { attempt } from './attempt.ts'
import {
  type CertificateIssuer,
  createSerialNumber,
  issueCertificate,
  nameDer,
  type RandomBytes,
} from './certificate.ts'
import { type DeviceKey, generateDeviceKeySync, importDeviceKey, publicKeyOf } from './device-key.ts'
import { keyIdentifier } from './extension.ts'
import type { Name } from './name.ts'
import { toPem } from './pem.ts'
import { type Validity, validityFrom } from './validity.ts'

/** The tenant's two authorities as text, to be stored. The keys are PKCS#8: keep them where only the service reads. */
export interface AuthorityFiles {
  readonly rootCertificatePem: string
  /** Signs issuing authorities only; not needed to run the authority, and best kept away from it. */
  readonly rootKeyPem: string
  readonly issuingCertificatePem: string
  readonly issuingKeyPem: string
}

export interface AuthorityRequest {
  /** The organisation, 1 to 53 characters: `Contoso` gives `Contoso Root CA` and `Contoso Issuing CA`. */
  readonly name: string
  readonly nowMs: EpochMs
  /** @default ten years */
  readonly rootValidityMs?: number
  /** Not longer than the root's. @default six years */
  readonly issuingValidityMs?: number
  /** Where serial numbers come from. @default `crypto.randomBytes` */
  readonly randomBytes?: RandomBytes
}

const YEAR_MS = 365 * DAY_MS

/**
 * Makes a root authority and one issuing authority under it (two tiers, as Cloud PKI has them), with fresh P-256 keys.
 *
 * Refusals: `pki/invalid-name`; `pki/invalid-validity`, also when the issuing authority would outlive its root.
 */
export const createAuthority = (request: AuthorityRequest): Result<AuthorityFiles> => attempt(() => create(request))

function create({ name, nowMs, randomBytes = systemRandomBytes, ...durations }: AuthorityRequest): AuthorityFiles {
  const { rootValidityMs = 10 * YEAR_MS, issuingValidityMs = 6 * YEAR_MS } = durations
  if (issuingValidityMs > rootValidityMs) {
    throw new CodedError('pki/invalid-validity', 'the issuing authority must not outlive its root', {
      at: 'issuingValidityMs',
    })
  }
  const rootKey = generateDeviceKeySync()
  const rootName: Name = authorityName(name, 'Root CA')
  const root = issuerOf(rootName, rootKey)
  const rootCertificate = issueAuthorityCertificate({
    issuer: root,
    subject: rootName,
    key: rootKey,
    pathLength: 1,
    validity: validityFrom(nowMs, rootValidityMs),
    randomBytes,
  })
  const issuingKey = generateDeviceKeySync()
  const issuingCertificate = issueAuthorityCertificate({
    issuer: root,
    subject: authorityName(name, 'Issuing CA'),
    key: issuingKey,
    pathLength: 0,
    validity: validityFrom(nowMs, issuingValidityMs),
    randomBytes,
  })
  return {
    rootCertificatePem: toPem('CERTIFICATE', rootCertificate),
    rootKeyPem: toPem('PRIVATE KEY', rootKey),
    issuingCertificatePem: toPem('CERTIFICATE', issuingCertificate),
    issuingKeyPem: toPem('PRIVATE KEY', issuingKey),
  }
}

const authorityName = (name: string, role: string): Name => [
  { type: 'O', value: name },
  { type: 'CN', value: `${name} ${role}` },
]

const issuerOf = (name: Name, key: DeviceKey): CertificateIssuer => ({
  nameDer: nameDer(name),
  keyId: keyIdentifier(publicKeyOf(key)),
  key: importDeviceKey(key),
})

function issueAuthorityCertificate(content: {
  issuer: CertificateIssuer
  subject: Name
  key: DeviceKey
  pathLength: number
  validity: Validity
  randomBytes: RandomBytes
}): Uint8Array {
  const { issuer, subject, validity } = content
  return issueCertificate({
    issuer,
    subject,
    validity,
    publicKeySpki: publicKeyOf(content.key),
    serialNumber: createSerialNumber(content.randomBytes),
    basicConstraints: { isAuthority: true, pathLength: content.pathLength },
    keyUsage: ['keyCertSign', 'cRLSign'],
  })
}

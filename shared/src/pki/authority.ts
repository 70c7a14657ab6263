import { hash, randomBytes as systemRandomBytes } from 'node:crypto'
import type { EpochMs } from '../core/clock.ts'
import { CodedError, type Result, unwrap } from '../core/result.ts'
import type { AlternativeName } from './alternative-name.ts'
import { attempt } from './attempt.ts'
import type { AuthorityFiles } from './authority-creation.ts'
import { type AuthorityParts, readAuthorityFiles } from './authority-files.ts'
import { type CertificateContent, createSerialNumber, issueCertificate, type RandomBytes } from './certificate.ts'
import type { CertificateInfo } from './certificate-reader.ts'
import { type CertificationRequest, readCsr } from './csr.ts'
import { generateDeviceKeySync, publicKeyOf } from './device-key.ts'
import { keyIdentifier } from './extension.ts'
import { toHex } from './hex.ts'
import { ipOctets } from './ip-address.ts'
import { toPem } from './pem.ts'
import { type Validity, validityFrom } from './validity.ts'

/** The tenant's certificate authority at work: the issuing authority and the root that it chains to. */
export interface CertificateAuthority {
  readonly root: CertificateInfo
  readonly issuing: CertificateInfo
  /** What a client has to trust. */
  readonly rootPem: string
  /** What is sent along with a certificate, as DER and as PEM: the issuing authority, then the root. */
  readonly chain: readonly Uint8Array[]
  readonly chainPem: string

  /**
   * Certifies the key of a request for a device, for client authentication. The subject is `O=<tenant>, CN=<deviceId>`,
   * whatever the request says. Lasts `validityMs` from now, but never longer than the issuing authority. The request comes
   * as DER, or as `readCsr` has read it: its signature need not be verified twice.
   *
   * Refusals: those of `readCsr`; `pki/invalid-name`, `pki/invalid-validity`, `pki/authority-not-valid`.
   */
  issueDeviceCertificate(
    csr: Uint8Array | CertificationRequest,
    request: DeviceCertificateRequest,
  ): Result<IssuedCertificate>

  /**
   * A key and certificate for an HTTPS server on this machine: `localhost`, `127.0.0.1`, `::1` and the names given. The
   * time must be that of the clients, which is not the simulated one.
   *
   * Refusals: `pki/invalid-name`, `pki/invalid-validity`, `pki/authority-not-valid`.
   */
  issueServerCertificate(request: ServerCertificateRequest): Result<ServerCertificate>
}

export interface DeviceCertificateRequest {
  /** Letters, digits, `.`, `_` and `-`, at most 64, as for `tenant`. */
  readonly deviceId: string
  readonly tenant: string
  readonly nowMs: EpochMs
  readonly validityMs: number
}

export interface ServerCertificateRequest {
  /** More DNS names and IP addresses at which the server is reached. */
  readonly names?: readonly string[]
  readonly nowMs: EpochMs
  readonly validityMs: number
}

/** A certificate and what the store keeps of it. Numbers and digests are lower-case hexadecimal digits. */
export interface IssuedCertificate extends Validity {
  readonly der: Uint8Array
  readonly serialNumber: string
  readonly publicKeySpki: Uint8Array
  readonly thumbprintSha1: string
  readonly thumbprintSha256: string
}

export interface ServerCertificate extends IssuedCertificate {
  /** PKCS#8. */
  readonly keyPem: string
  /** The certificate and the issuing authority's, ready for `https.createServer({ cert })`. */
  readonly certificateChainPem: string
}

/**
 * The authority from its files, for every start after `createAuthority`. The root's key is not needed.
 *
 * Refusals: `pki/too-large`, `pki/malformed`, `pki/unsupported-key`, and `pki/authority-mismatch` when the files do not
 * belong together.
 */
export function loadAuthority(
  files: Omit<AuthorityFiles, 'rootKeyPem'>,
  { randomBytes = systemRandomBytes }: { readonly randomBytes?: RandomBytes } = {},
): Result<CertificateAuthority> {
  return attempt(() => authorityOf(readAuthorityFiles(files), randomBytes))
}

function authorityOf(parts: AuthorityParts, randomBytes: RandomBytes): CertificateAuthority {
  const { root, issuing } = parts
  const [rootPem, issuingPem] = [toPem('CERTIFICATE', root.der), toPem('CERTIFICATE', issuing.der)]
  const issue = issuerFor(parts, randomBytes)
  return {
    root: root.info,
    issuing: issuing.info,
    rootPem,
    chain: [issuing.der, root.der],
    chainPem: issuingPem + rootPem,
    issueDeviceCertificate: (csr, request) =>
      attempt(() => {
        const { publicKeySpki } = csr instanceof Uint8Array ? unwrap(readCsr(csr)) : csr
        return issue({ ...deviceContent(request), publicKeySpki }, request)
      }),
    issueServerCertificate: (request) =>
      attempt(() => {
        const key = generateDeviceKeySync()
        const issued = issue({ ...serverContent(request.names ?? []), publicKeySpki: publicKeyOf(key) }, request)
        const certificateChainPem = toPem('CERTIFICATE', issued.der) + issuingPem
        return { ...issued, keyPem: toPem('PRIVATE KEY', key), certificateChainPem }
      }),
  }
}

type LeafContent = Omit<CertificateContent, 'issuer' | 'serialNumber' | 'validity' | 'basicConstraints' | 'keyUsage'>
type Period = Pick<DeviceCertificateRequest, 'nowMs' | 'validityMs'>

/** Signs certificates of end entities with the issuing key. */
function issuerFor(
  { issuing, issuingKey }: AuthorityParts,
  randomBytes: RandomBytes,
): (content: LeafContent, period: Period) => IssuedCertificate {
  const { info } = issuing
  const issuer = {
    nameDer: info.subjectDer,
    // RFC 5280 §4.2.1.1: what the issuer calls its key.
    keyId: info.subjectKeyId === undefined ? keyIdentifier(info.publicKeySpki) : Buffer.from(info.subjectKeyId, 'hex'),
    key: issuingKey,
  }
  return (content, period) => {
    const validity = validityUnder(info, period)
    const serialNumber = createSerialNumber(randomBytes)
    const der = issueCertificate({
      ...content,
      issuer,
      serialNumber,
      validity,
      basicConstraints: { isAuthority: false },
      keyUsage: ['digitalSignature'],
    })
    return {
      der,
      serialNumber: toHex(serialNumber),
      publicKeySpki: content.publicKeySpki,
      ...validity,
      thumbprintSha1: hash('sha1', der),
      thumbprintSha256: hash('sha256', der),
    }
  }
}

/** The period asked for, cut at the end of the authority's own: nobody could verify the rest of it. */
function validityUnder(authority: Validity, { nowMs, validityMs }: Period): Validity {
  const validity = validityFrom(nowMs, validityMs)
  if (validity.notBeforeMs < authority.notBeforeMs || validity.notBeforeMs >= authority.notAfterMs) {
    throw new CodedError('pki/authority-not-valid', 'the issuing authority is not valid at this time')
  }
  return { ...validity, notAfterMs: Math.min(validity.notAfterMs, authority.notAfterMs) }
}

const identifier = /^[A-Za-z0-9._-]{1,64}$/

function deviceContent({ deviceId, tenant }: DeviceCertificateRequest): Omit<LeafContent, 'publicKeySpki'> {
  for (const [at, value] of Object.entries({ deviceId, tenant })) {
    if (!identifier.test(value)) throw new CodedError('pki/invalid-name', `'${value}' is no identifier`, { at })
  }
  return {
    subject: [
      { type: 'O', value: tenant },
      { type: 'CN', value: deviceId },
    ],
    extendedKeyUsage: ['clientAuth'],
    alternativeNames: [{ kind: 'uri', value: `urn:muster:${tenant}:device:${deviceId}` }],
  }
}

function serverContent(extraNames: readonly string[]): Omit<LeafContent, 'publicKeySpki'> {
  const names = new Set(['localhost', '127.0.0.1', '::1', ...extraNames])
  return {
    subject: [{ type: 'CN', value: 'localhost' }],
    extendedKeyUsage: ['serverAuth'],
    alternativeNames: [...names].map(
      (value): AlternativeName => ({ kind: ipOctets(value) === undefined ? 'dns' : 'ip', value }),
    ),
  }
}

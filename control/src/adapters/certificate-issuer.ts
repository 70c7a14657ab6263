import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ok, type Result, refuse, unwrap } from '@muster/shared/core'
import {
  type AuthorityFiles,
  type CertificateAuthority,
  type CertificationRequest,
  createAuthority,
  loadAuthority,
  readCertificate,
  readCsr,
  verifyWithSpki,
} from '@muster/shared/pki'
import type { CertificateIssuer } from '../app/ports.ts'

/** File name of each part of the authority; keys are for their owner only. */
const FILES = {
  rootCertificatePem: 'root-ca.pem',
  rootKeyPem: 'root-ca.key',
  issuingCertificatePem: 'issuing-ca.pem',
  issuingKeyPem: 'issuing-ca.key',
} as const satisfies Record<keyof AuthorityFiles, string>

/**
 * The tenant's certificate authority, kept in `dir`; made at the first start. `nowMs` dates a new one: the earlier of
 * simulated and real time, so that clients in real time accept the service's own certificate.
 */
export function openAuthority(dir: string, name: string, nowMs: number): CertificateAuthority {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  const files = readFiles(dir) ?? makeFiles(dir, name, nowMs)
  return unwrap(loadAuthority(files))
}

function readFiles(dir: string): AuthorityFiles | undefined {
  try {
    const entries = Object.entries(FILES).map(([part, file]) => [part, readFileSync(join(dir, file), 'utf8')])
    return Object.fromEntries(entries) as AuthorityFiles
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

function makeFiles(dir: string, name: string, nowMs: number): AuthorityFiles {
  const files = unwrap(createAuthority({ name, nowMs }))
  // The issuing certificate last: a start that was cut off begins anew.
  for (const part of ['rootKeyPem', 'rootCertificatePem', 'issuingKeyPem', 'issuingCertificatePem'] as const) {
    writeFileSync(join(dir, FILES[part]), files[part], { mode: part.endsWith('KeyPem') ? 0o600 : 0o644 })
  }
  return files
}

/** The port over the authority. */
export function certificateIssuer(authority: CertificateAuthority, tenant: string): CertificateIssuer {
  /** Requests that have been read, by their bytes: one enrolment asks for its own up to three times. */
  const requests = new WeakMap<Uint8Array, Result<CertificationRequest>>()
  const requestIn = (csrDer: Uint8Array): Result<CertificationRequest> => {
    const known = requests.get(csrDer)
    if (known) return known
    const read = readCsr(csrDer)
    requests.set(csrDer, read)
    return read
  }
  return {
    chain: authority.chain.map((der) => Buffer.from(der).toString('base64')),
    issue: ({ csrDer, deviceId, nowMs, validityMs }) => {
      const request = requestIn(csrDer)
      if (!request.ok) return request
      const issued = authority.issueDeviceCertificate(request.value, { deviceId, tenant, nowMs, validityMs })
      if (!issued.ok) return issued
      const { der, serialNumber, thumbprintSha256, notBeforeMs, notAfterMs } = issued.value
      return { ok: true, value: { certificateDer: der, serialNumber, thumbprintSha256, notBeforeMs, notAfterMs } }
    },
    checkProof: (csrDer, text, signature) => {
      const request = requestIn(csrDer)
      if (!request.ok) return request
      return verifyWithSpki(request.value.publicKeySpki, Buffer.from(text), signature)
        ? ok(undefined)
        : refuse('enrolment/bad-proof', 'the request is not signed with the key that its CSR is for')
    },
    isFor: (certificateDer, csrDer) => {
      const [certificate, request] = [readCertificate(certificateDer), requestIn(csrDer)]
      if (!certificate.ok || !request.ok) return false
      return Buffer.compare(certificate.value.publicKeySpki, request.value.publicKeySpki) === 0
    },
  }
}

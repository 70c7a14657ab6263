import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { CodedError, unwrap } from '../core/result.ts'
import type { AuthorityFiles } from './authority-creation.ts'
import { type CertificateInfo, readCertificate } from './certificate-reader.ts'
import { importP256Spki } from './p256.ts'
import { fromPem } from './pem.ts'

/** The authorities as they are needed for issuing, known to belong together. */
export interface AuthorityParts {
  readonly root: StoredCertificate
  readonly issuing: StoredCertificate
  readonly issuingKey: KeyObject
}

export interface StoredCertificate {
  readonly der: Uint8Array
  readonly info: CertificateInfo
}

/**
 * Reads stored authorities and checks that they belong together.
 * @throws CodedError `pki/malformed`, `pki/unsupported-key`, `pki/authority-mismatch`
 */
export function readAuthorityFiles(files: Omit<AuthorityFiles, 'rootKeyPem'>): AuthorityParts {
  const root = readStored(files.rootCertificatePem)
  const issuing = readStored(files.issuingCertificatePem)
  for (const { info } of [root, issuing]) {
    if (!maySign(info)) throw mismatch('a certificate is not that of an authority')
  }
  requireSigned(root, root, 'the root certificate is not signed with its own key')
  requireSigned(issuing, root, 'the issuing certificate is not signed by the root')
  importP256Spki(issuing.info.publicKeySpki)
  const issuingKey = readKey(files.issuingKeyPem)
  const spki = createPublicKey(issuingKey).export({ type: 'spki', format: 'der' })
  if (Buffer.compare(spki, issuing.info.publicKeySpki) !== 0) {
    throw mismatch('the issuing key does not belong to the issuing certificate')
  }
  return { root, issuing, issuingKey }
}

// RFC 5280 §4.2.1.3, §4.2.1.9: both extensions have to allow it; without the first, any use is allowed.
const maySign = ({ basicConstraints, keyUsage }: CertificateInfo): boolean =>
  basicConstraints.isAuthority && (keyUsage.length === 0 || keyUsage.includes('keyCertSign'))

function readStored(pem: string): StoredCertificate {
  const [der] = unwrap(fromPem('CERTIFICATE', pem))
  return { der, info: unwrap(readCertificate(der)) }
}

function requireSigned(certificate: StoredCertificate, by: StoredCertificate, otherwise: string): void {
  if (!isSigned(certificate.der, by.der)) throw mismatch(otherwise)
}

function isSigned(certificate: Uint8Array, by: Uint8Array): boolean {
  try {
    const [signed, signer] = [new X509Certificate(certificate), new X509Certificate(by)]
    return signed.checkIssued(signer) && signed.verify(signer.publicKey)
  } catch (cause) {
    // OpenSSL looks deeper than `readCertificate`: into keys and signatures of every kind.
    throw new CodedError('pki/malformed', 'a certificate holds a key or signature that is none', { cause })
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw new CodedError('pki/malformed', 'the issuing key is no private key in PEM', { cause })
  }
}

const mismatch = (message: string): CodedError => new CodedError('pki/authority-mismatch', message)

import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DAY_MS } from '../core/clock.ts'
import { unwrap } from '../core/result.ts'
import { loadAuthority } from './authority.ts'
import { createAuthority } from './authority-creation.ts'
import { issueCertificate } from './certificate.ts'
import { readCertificate } from './certificate-reader.ts'
import { createCsr } from './csr.ts'
import { generateDeviceKeySync, importDeviceKey, publicKeyOf } from './device-key.ts'
import type { KeyUsage } from './extension.ts'
import { fromPem, toPem } from './pem.ts'
import { validityFrom } from './validity.ts'

const nowMs = Date.UTC(2026, 0, 1)
const files = unwrap(createAuthority({ name: 'Contoso', nowMs }))
const authority = unwrap(loadAuthority(files))
const key = generateDeviceKeySync()
const csr = createCsr({ key, subject: [{ type: 'CN', value: 'whoever I like to be' }] })
const request = { deviceId: 'd-1', tenant: 'contoso', nowMs, validityMs: 365 * DAY_MS }

describe('the authority', () => {
  test('is a root and an issuing authority under it', () => {
    const { root, issuing } = authority
    expect(root.subject).toEqual([
      { type: 'O', value: 'Contoso' },
      { type: 'CN', value: 'Contoso Root CA' },
    ])
    expect(root.issuer).toEqual(root.subject)
    expect(issuing.issuer).toEqual(root.subject)
    expect(issuing.authorityKeyId).toBe(root.subjectKeyId)
    expect(root.basicConstraints).toEqual({ isAuthority: true, pathLength: 1 })
    expect(issuing.basicConstraints).toEqual({ isAuthority: true, pathLength: 0 })
    expect([root.notBeforeMs, issuing.notBeforeMs]).toEqual([nowMs, nowMs])
    expect(issuing.notAfterMs).toBeLessThan(root.notAfterMs)
    expect(root.serialNumber).not.toBe(issuing.serialNumber)
    expect(authority.chainPem.endsWith(authority.rootPem)).toBe(true)
  })

  test('keeps its keys as PKCS#8, the root key for later', () => {
    const root = new X509Certificate(files.rootCertificatePem)
    expect(root.checkPrivateKey(createPrivateKey(files.rootKeyPem))).toBe(true)
    expect(files.issuingKeyPem).toMatch(/^-----BEGIN PRIVATE KEY-----\n/)
  })

  test.each([
    ['a name that is too long', { name: 'x'.repeat(54) }, 'pki/invalid-name'],
    ['no name', { name: '' }, 'pki/invalid-name'],
    [
      'an issuing authority that outlives its root',
      { rootValidityMs: DAY_MS, issuingValidityMs: 2 * DAY_MS },
      'pki/invalid-validity',
    ],
    ['no validity', { issuingValidityMs: 0 }, 'pki/invalid-validity'],
  ])('is not created with %s', (_, change, code) => {
    expect(createAuthority({ name: 'Contoso', nowMs, ...change })).toMatchObject({ refusal: { code } })
  })
})

describe('loading refuses', () => {
  const other = unwrap(createAuthority({ name: 'Contoso', nowMs }))
  const device = unwrap(authority.issueDeviceCertificate(csr, request))
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })

  test.each([
    ['another root of the same name', { rootCertificatePem: other.rootCertificatePem }, 'pki/authority-mismatch'],
    ['another issuing key', { issuingKeyPem: other.issuingKeyPem }, 'pki/authority-mismatch'],
    [
      'an RSA key',
      { issuingKeyPem: rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string },
      'pki/authority-mismatch',
    ],
    ['a root that another has signed', { rootCertificatePem: files.issuingCertificatePem }, 'pki/authority-mismatch'],
    [
      'the certificate of a device',
      { issuingCertificatePem: toPem('CERTIFICATE', device.der) },
      'pki/authority-mismatch',
    ],
    ['no key', { issuingKeyPem: '' }, 'pki/malformed'],
    ['a certificate in place of the key', { issuingKeyPem: files.issuingCertificatePem }, 'pki/malformed'],
    ['no certificate', { issuingCertificatePem: '' }, 'pki/malformed'],
    [
      'a certificate that is cut off',
      { rootCertificatePem: toPem('CERTIFICATE', Uint8Array.of(0x30, 5, 1)) },
      'pki/malformed',
    ],
  ])('%s', (_, change, code) => {
    expect(loadAuthority({ ...files, ...change })).toMatchObject({ ok: false, refusal: { code } })
  })

  /** The issuing authority's certificate again, by the same root, wrong in one place. */
  const reissue = (change: { issuerName?: Uint8Array; keyUsage?: KeyUsage[] }): string => {
    const rootKey = unwrap(fromPem('PRIVATE KEY', files.rootKeyPem))[0]
    const der = issueCertificate({
      issuer: {
        nameDer: change.issuerName ?? authority.root.subjectDer,
        keyId: Buffer.from(authority.root.subjectKeyId as string, 'hex'),
        key: importDeviceKey(rootKey),
      },
      subject: authority.issuing.subject,
      publicKeySpki: authority.issuing.publicKeySpki,
      serialNumber: Uint8Array.of(7),
      validity: validityFrom(nowMs, DAY_MS),
      basicConstraints: { isAuthority: true },
      keyUsage: change.keyUsage ?? ['keyCertSign'],
    })
    return toPem('CERTIFICATE', der)
  }

  test('nothing that the root has issued in order', () => {
    expect(loadAuthority({ ...files, issuingCertificatePem: reissue({}) })).toMatchObject({ ok: true })
  })

  test.each([
    ['an issuing authority that may not sign certificates', { keyUsage: ['cRLSign'] }],
    ['an issuing certificate that names another issuer than the root', { issuerName: authority.issuing.subjectDer }],
  ] satisfies [string, Parameters<typeof reissue>[0]][])('%s', (_, change) => {
    const result = loadAuthority({ ...files, issuingCertificatePem: reissue(change) })
    expect(result).toMatchObject({ refusal: { code: 'pki/authority-mismatch' } })
  })

  test('without telling the key', () => {
    const broken = files.issuingKeyPem.replace('MIGH', 'MIGG')
    expect(JSON.stringify(loadAuthority({ ...files, issuingKeyPem: broken }))).not.toContain(broken.slice(40, 80))
  })
})

describe('a device certificate', () => {
  const issued = unwrap(authority.issueDeviceCertificate(csr, request))
  const info = unwrap(readCertificate(issued.der))

  test('names the device as the service knows it, not as the request says', () => {
    expect(info.subject).toEqual([
      { type: 'O', value: 'contoso' },
      { type: 'CN', value: 'd-1' },
    ])
    expect(info.alternativeNames).toEqual([{ kind: 'uri', value: 'urn:muster:contoso:device:d-1' }])
  })

  test('is for client authentication with the key of the request', () => {
    expect(info.keyUsage).toEqual(['digitalSignature'])
    expect(info.extendedKeyUsage).toEqual(['clientAuth'])
    expect(info.basicConstraints).toEqual({ isAuthority: false })
    expect(info.publicKeySpki).toEqual(publicKeyOf(key))
    expect(info.authorityKeyId).toBe(authority.issuing.subjectKeyId)
  })

  test('is described as it is', () => {
    const { der, ...described } = issued
    expect(info).toMatchObject(described)
    expect(info).toMatchObject({ notBeforeMs: nowMs, notAfterMs: nowMs + request.validityMs })
  })

  test('has a serial number of its own, each time', () => {
    const serials = Array.from(
      { length: 20 },
      () => unwrap(authority.issueDeviceCertificate(csr, request)).serialNumber,
    )
    expect(new Set(serials).size).toBe(20)
  })

  test('does not outlive the authority', () => {
    const lateMs = authority.issuing.notAfterMs - DAY_MS
    const late = unwrap(authority.issueDeviceCertificate(csr, { ...request, nowMs: lateMs }))
    expect(late.notAfterMs).toBe(authority.issuing.notAfterMs)
  })

  test.each([
    ['before the authority begins', { nowMs: nowMs - 1_000 }, 'pki/authority-not-valid'],
    ['when the authority has ended', { nowMs: authority.issuing.notAfterMs }, 'pki/authority-not-valid'],
    ['for no time', { validityMs: 0 }, 'pki/invalid-validity'],
    ['for a device id with a comma', { deviceId: 'd,1' }, 'pki/invalid-name'],
    ['for a tenant with a slash', { tenant: '../x' }, 'pki/invalid-name'],
    ['for a device without id', { deviceId: '' }, 'pki/invalid-name'],
  ])('is not issued %s', (_, change, code) => {
    expect(authority.issueDeviceCertificate(csr, { ...request, ...change })).toMatchObject({ refusal: { code } })
  })

  test('is not issued for a request that is not signed with its key', () => {
    const forged = Uint8Array.from(csr)
    forged[forged.length - 1] = (forged[forged.length - 1] as number) ^ 1
    expect(authority.issueDeviceCertificate(forged, request)).toMatchObject({ refusal: { code: 'pki/bad-signature' } })
  })
})

test('serial numbers can be seeded', () => {
  const counting = () => {
    let next = 0
    return (size: number) => new Uint8Array(size).fill(next++)
  }
  const serialOf = () => {
    const seeded = unwrap(loadAuthority(files, { randomBytes: counting() }))
    return unwrap(seeded.issueDeviceCertificate(csr, request)).serialNumber
  }
  expect(serialOf()).toBe(serialOf())
})

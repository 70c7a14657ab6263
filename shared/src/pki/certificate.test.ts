import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { unwrap } from '../core/result.ts'
import { type CertificateContent, createSerialNumber, issueCertificate, nameDer } from './certificate.ts'
import { MAX_CERTIFICATE_BYTES, readCertificate } from './certificate-reader.ts'
import {
  bitString,
  type DerPart,
  encodeDer,
  explicit,
  octetString,
  oid,
  sequence,
  Tag,
  text,
  unsignedInteger,
} from './der.ts'
import { generateDeviceKeySync, importDeviceKey, publicKeyOf } from './device-key.ts'
import { keyIdentifier } from './extension.ts'
import { encodeName } from './name.ts'
import { ecdsaWithSha256 } from './signed.ts'
import { encodeValidity, validityFrom } from './validity.ts'

const key = generateDeviceKeySync()
const spki = publicKeyOf(key)
const issuerName = [{ type: 'CN', value: 'Test CA' }]
const validity = validityFrom(Date.UTC(2049, 6, 1), 366 * 86_400_000)
const content: CertificateContent = {
  serialNumber: Uint8Array.of(0x80, 1, 2, 3),
  issuer: { nameDer: nameDer(issuerName), keyId: keyIdentifier(spki), key: importDeviceKey(key) },
  validity,
  subject: [
    { type: 'O', value: 'Contoso' },
    { type: 'OU', value: 'Größe' },
    { type: 'CN', value: 'device-1' },
    { type: 'serialNumber', value: 'SN 1' },
  ],
  publicKeySpki: spki,
  basicConstraints: { isAuthority: false },
  keyUsage: ['digitalSignature', 'keyAgreement'],
  extendedKeyUsage: ['clientAuth', 'serverAuth'],
  alternativeNames: [
    { kind: 'uri', value: 'urn:muster:contoso:device:1' },
    { kind: 'dns', value: '*.example.com' },
    { kind: 'email', value: 'a@example.com' },
    { kind: 'ip', value: '192.0.2.1' },
    { kind: 'ip', value: '2001:db8::1' },
  ],
}
const der = issueCertificate(content)

test('what was written is what is read', () => {
  const id = Buffer.from(keyIdentifier(spki)).toString('hex')
  expect(unwrap(readCertificate(der))).toEqual({
    serialNumber: '80010203',
    subject: content.subject,
    subjectDer: nameDer(content.subject),
    issuer: issuerName,
    ...validity,
    publicKeySpki: spki,
    basicConstraints: content.basicConstraints,
    keyUsage: content.keyUsage,
    extendedKeyUsage: content.extendedKeyUsage,
    alternativeNames: content.alternativeNames,
    subjectKeyId: id,
    authorityKeyId: id,
    thumbprintSha1: expect.stringMatching(/^[0-9a-f]{40}$/),
    thumbprintSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
  })
})

test('node:crypto reads the same', () => {
  const theirs = new X509Certificate(der)
  const ours = unwrap(readCertificate(der))
  expect(theirs.serialNumber.toLowerCase()).toBe(ours.serialNumber)
  expect(theirs.subject).toBe('O=Contoso\nOU=Größe\nCN=device-1\nserialNumber=SN 1')
  expect(theirs.issuer).toBe('CN=Test CA')
  expect(theirs.validFromDate.getTime()).toBe(ours.notBeforeMs)
  expect(theirs.validToDate.getTime()).toBe(ours.notAfterMs)
  expect(theirs.fingerprint.replaceAll(':', '').toLowerCase()).toBe(ours.thumbprintSha1)
  expect(theirs.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(ours.thumbprintSha256)
  expect(theirs.publicKey.export({ type: 'spki', format: 'der' }).equals(ours.publicKeySpki)).toBe(true)
  expect(theirs.subjectAltName?.split(', ')).toEqual([
    'URI:urn:muster:contoso:device:1',
    'DNS:*.example.com',
    'email:a@example.com',
    'IP Address:192.0.2.1',
    'IP Address:2001:DB8:0:0:0:0:0:1',
  ])
  expect(theirs.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'])
  expect(theirs.ca).toBe(false)
  expect(theirs.verify(createPublicKey(content.issuer.key))).toBe(true)
})

test('an authority with and without a path length', () => {
  for (const basicConstraints of [{ isAuthority: true }, { isAuthority: true, pathLength: 0 }] as const) {
    const authority = issueCertificate({ ...content, basicConstraints, keyUsage: ['keyCertSign'] })
    expect(unwrap(readCertificate(authority)).basicConstraints).toEqual(basicConstraints)
    expect(new X509Certificate(authority).ca).toBe(true)
  }
})

test.each([
  ['dns', 'a..b'],
  ['dns', '-a.example'],
  ['dns', 'a.*.example'],
  ['dns', 'a'.repeat(64)],
  ['dns', ''],
  ['ip', '1.2.3.4.5'],
  ['uri', 'urn:with space'],
  ['email', 'é@example.com'],
] as const)('%s name %j is refused', (kind, value) => {
  const issue = () => issueCertificate({ ...content, alternativeNames: [{ kind, value }] })
  expect(issue).toThrow(expect.objectContaining({ code: 'pki/invalid-name' }))
})

test('10,000 serial numbers are positive, of one length, and all different', () => {
  const serials = Array.from({ length: 10_000 }, () => Buffer.from(createSerialNumber(randomBytes)).toString('hex'))
  expect(new Set(serials).size).toBe(10_000)
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/)
})

test('serial numbers follow the source of chance that is given', () => {
  const zeros = createSerialNumber((size) => new Uint8Array(size))
  expect(Buffer.from(zeros).toString('hex')).toBe(`40${'00'.repeat(15)}`)
  expect(createSerialNumber((size) => new Uint8Array(size).fill(0xff))[0]).toBe(0x7f)
})

describe('reading refuses', () => {
  /** A certificate put together by hand, wrong in one place; its signature is of no interest to the reader. */
  const assemble = (change: {
    version?: number
    serial?: DerPart
    inner?: DerPart
    extensions?: DerPart[]
    more?: DerPart[]
  }): string => {
    const tbs = sequence(
      explicit(0, unsignedInteger(Uint8Array.of(change.version ?? 2))),
      change.serial ?? unsignedInteger(Uint8Array.of(1)),
      change.inner ?? ecdsaWithSha256,
      ...[encodeName(issuerName), encodeValidity(validity), encodeName(issuerName), spki],
      ...(change.extensions === undefined ? [] : [explicit(3, sequence(...change.extensions))]),
      ...(change.more ?? []),
    )
    const result = readCertificate(encodeDer(sequence(tbs, ecdsaWithSha256, bitString(Uint8Array.of(1)))))
    return result.ok ? 'ok' : result.refusal.code
  }
  const extension = (id: string, value: DerPart) =>
    sequence(oid(id), octetString(value instanceof Uint8Array ? value : encodeDer(value)))
  const san = '2.5.29.17'

  test('nothing that is right', () => {
    expect(assemble({})).toBe('ok')
    expect(assemble({ extensions: [extension('1.2.3', Uint8Array.of(1))] })).toBe('ok')
    expect(assemble({ extensions: [extension(san, sequence(text(0x88, 'x')))] })).toBe('ok')
  })

  test.each([
    ['version 2', { version: 1 }],
    ['version 4', { version: 3 }],
    ['serial number zero', { serial: unsignedInteger(Uint8Array.of(0)) }],
    ['a negative serial number', { serial: Uint8Array.of(2, 1, 0xff) }],
    ['a serial number of 21 octets', { serial: unsignedInteger(new Uint8Array(21).fill(1)) }],
    [
      'something after the extensions',
      { extensions: [extension('1.2.3', Uint8Array.of(1))], more: [Uint8Array.of(5, 0)] },
    ],
    ['two algorithms', { inner: sequence(oid('1.2.3')) }],
    ['an empty list of extensions', { extensions: [] }],
    [
      'an extension that is there twice',
      { extensions: [extension('1.2.3', Uint8Array.of(1)), extension('1.2.3', Uint8Array.of(2))] },
    ],
    ['critical FALSE', { extensions: [sequence(oid('1.2.3'), Uint8Array.of(1, 1, 0), octetString(Uint8Array.of(1)))] }],
    ['an alternative name extension without names', { extensions: [extension(san, sequence())] }],
    ['something after the names', { extensions: [extension(san, Uint8Array.of(0x30, 3, 0x82, 1, 0x61, 0))] }],
    ['an IP address of five octets', { extensions: [extension(san, sequence(text(0x87, '12345')))] }],
    ['a DNS name with a zero character', { extensions: [extension(san, sequence(text(0x82, 'good.example\0.evil')))] }],
    ['a path length without cA', { extensions: [extension('2.5.29.19', sequence(unsignedInteger(Uint8Array.of(1))))] }],
    ['cA FALSE', { extensions: [extension('2.5.29.19', sequence(Uint8Array.of(1, 1, 0)))] }],
    ['an unknown key usage', { extensions: [extension('2.5.29.15', Uint8Array.of(3, 3, 6, 0, 0x40))] }],
    ['a purpose that is no OID', { extensions: [extension('2.5.29.37', sequence(text(Tag.utf8String, 'x')))] }],
  ])('%s', (_, change) => {
    expect(assemble(change)).toBe('pki/malformed')
  })

  test('more bytes than are read', () => {
    expect(readCertificate(new Uint8Array(MAX_CERTIFICATE_BYTES + 1))).toMatchObject({
      refusal: { code: 'pki/too-large' },
    })
  })
})

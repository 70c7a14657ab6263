import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { DAY_MS } from '../core/clock.ts'
import { unwrap } from '../core/result.ts'
import { loadAuthority } from './authority.ts'
import { createAuthority } from './authority-creation.ts'
import { readCertificate } from './certificate-reader.ts'
import { createCsr, readCsr } from './csr.ts'
import { generateDeviceKeySync, publicKeyOf } from './device-key.ts'
import { formatName } from './name.ts'
import { fromPem, toPem } from './pem.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
let folder = ''

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'muster-openssl-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach((context) => {
  if (!hasOpenssl) context.skip('there is no openssl on this machine')
})

const nowMs = Date.now()
const validityMs = 30 * DAY_MS
const files = unwrap(createAuthority({ name: 'Contoso, Größe & Co', nowMs }))
const authority = unwrap(loadAuthority(files))
const key = generateDeviceKeySync()
const subject = [
  { type: 'O', value: 'Contoso, Inc.' },
  { type: 'OU', value: 'Größe' },
  { type: 'CN', value: 'device 1' },
  { type: 'serialNumber', value: 'C02-1' },
]
const csr = createCsr({ key, subject })

/** Puts texts into files and runs openssl among them; gives back what it prints, either way. */
function openssl(args: string[], inputs: Record<string, string> = {}): { ok: boolean; output: string } {
  for (const [name, text] of Object.entries(inputs)) writeFileSync(join(folder, name), text)
  const { status, stdout, stderr } = spawnSync('openssl', args, { cwd: folder, encoding: 'utf8' })
  return { ok: status === 0, output: stdout + stderr }
}
const make = (...args: string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: 'pipe' })
const kept = (name: string): string => readFileSync(join(folder, name), 'utf8')

/** Path validation as strict as openssl has it (RFC 5280 conformance of each certificate included). */
const verify = (purpose: string, leaf: string, intermediate: string, root: string, ...more: string[]) =>
  openssl(
    ['verify', '-x509_strict', '-purpose', purpose, ...more, '-CAfile', 'root.pem', '-untrusted', 'ca.pem', 'leaf.pem'],
    { 'leaf.pem': leaf, 'ca.pem': intermediate, 'root.pem': root },
  )

const deviceRequest = { deviceId: 'd1', tenant: 'contoso', nowMs, validityMs }
const devicePem = () => toPem('CERTIFICATE', unwrap(authority.issueDeviceCertificate(csr, deviceRequest)).der)

test('openssl verifies root → issuing → device, for client authentication only', () => {
  const { issuingCertificatePem, rootCertificatePem } = files
  expect(verify('sslclient', devicePem(), issuingCertificatePem, rootCertificatePem)).toMatchObject({ ok: true })
  expect(verify('sslserver', devicePem(), issuingCertificatePem, rootCertificatePem)).toMatchObject({ ok: false })
})

test('openssl verifies a device against no other root, nor after its time', () => {
  const other = unwrap(createAuthority({ name: 'Contoso, Größe & Co', nowMs })).rootCertificatePem
  expect(verify('sslclient', devicePem(), files.issuingCertificatePem, other)).toMatchObject({ ok: false })
  const later = Math.floor((nowMs + validityMs) / 1_000) + 2
  const expired = verify(
    'sslclient',
    devicePem(),
    files.issuingCertificatePem,
    files.rootCertificatePem,
    '-attime',
    `${later}`,
  )
  expect(expired.output).toContain('certificate has expired')
})

test('openssl verifies the server certificate for its names', () => {
  const server = unwrap(authority.issueServerCertificate({ names: ['muster.test', '192.0.2.7'], nowMs, validityMs }))
  const accepts = (...name: string[]) =>
    verify('sslserver', server.certificateChainPem, files.issuingCertificatePem, files.rootCertificatePem, ...name).ok
  expect(accepts('-verify_hostname', 'localhost')).toBe(true)
  expect(accepts('-verify_hostname', 'muster.test')).toBe(true)
  expect(accepts('-verify_ip', '192.0.2.7')).toBe(true)
  expect(accepts('-verify_ip', '::1')).toBe(true)
  expect(accepts('-verify_hostname', 'other.test')).toBe(false)
})

test('a certificate of a device cannot act as an authority', () => {
  const rogue = unwrap(authority.issueDeviceCertificate(csr, deviceRequest))
  const asIssuer = {
    ...files,
    issuingCertificatePem: toPem('CERTIFICATE', rogue.der),
    issuingKeyPem: toPem('PRIVATE KEY', key),
  }
  expect(loadAuthority(asIssuer)).toMatchObject({ refusal: { code: 'pki/authority-mismatch' } })
})

test('openssl verifies our request, and prints its subject as we do', () => {
  const request = { 'ours.csr': toPem('CERTIFICATE REQUEST', csr) }
  expect(openssl(['req', '-in', 'ours.csr', '-noout', '-verify'], request)).toMatchObject({ ok: true })
  const printed = openssl(
    ['req', '-in', 'ours.csr', '-noout', '-subject', '-nameopt', 'RFC2253,-esc_msb,utf8'],
    request,
  )
  expect(printed.output.trim()).toBe(`subject=${formatName(subject)}`)
})

test('our request converts to DER and back without a change', () => {
  expect(openssl(['req', '-in', 'o.csr', '-out', 'o2.csr'], { 'o.csr': toPem('CERTIFICATE REQUEST', csr) }).ok).toBe(
    true,
  )
  expect(unwrap(fromPem('CERTIFICATE REQUEST', kept('o2.csr')))).toEqual([csr])
})

test('a request that openssl made, with extensions asked for, is accepted', () => {
  make('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', 'k.pem')
  make(
    'req',
    '-new',
    '-key',
    'k.pem',
    '-subj',
    '/C=DE/O=Contoso/CN=made by openssl',
    '-addext',
    'subjectAltName=DNS:a.test',
    '-out',
    'k.csr',
  )
  const [der] = unwrap(fromPem('CERTIFICATE REQUEST', kept('k.csr')))
  const request = unwrap(readCsr(der))
  expect(formatName(request.subject)).toBe('CN=made by openssl,O=Contoso,C=DE')
  make('ec', '-in', 'k.pem', '-pubout', '-out', 'k.pub')
  expect(unwrap(fromPem('PUBLIC KEY', kept('k.pub')))).toEqual([request.publicKeySpki])
})

test.each([
  ['RSA', ['-newkey', 'rsa:2048'], 'pki/unsupported-key'],
  ['P-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], 'pki/unsupported-key'],
  [
    'a curve spelt out',
    ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
    'pki/unsupported-key',
  ],
  ['SHA-384', ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-sha384'], 'pki/unsupported-algorithm'],
])('a request of openssl with %s is refused', (_, options, code) => {
  make('req', '-new', '-nodes', ...options, '-keyout', 'x.pem', '-subj', '/CN=x', '-out', 'x.csr')
  const [der] = unwrap(fromPem('CERTIFICATE REQUEST', kept('x.csr')))
  expect(readCsr(der)).toMatchObject({ ok: false, refusal: { code } })
})

test('authorities that openssl made, named with other string types, issue certificates that chain', () => {
  const p256 = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  // The default string mask writes UTF8String; this one prefers PrintableString.
  writeFileSync(
    join(folder, 'c.cnf'),
    '[req]\nprompt=no\nstring_mask=default\ndistinguished_name=dn\n[dn]\nO=Fabrikam\nCN=Fabrikam CA\n',
  )
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  make(
    'req',
    '-x509',
    ...p256,
    '-keyout',
    'fr.key',
    '-subj',
    '/CN=Fabrikam Root',
    '-days',
    '90',
    ...ca,
    '-out',
    'fr.pem',
  )
  make(
    'req',
    '-x509',
    ...p256,
    '-keyout',
    'fi.key',
    '-config',
    'c.cnf',
    '-days',
    '60',
    ...ca,
    '-CA',
    'fr.pem',
    '-CAkey',
    'fr.key',
    '-out',
    'fi.pem',
  )
  const fabrikam = unwrap(
    loadAuthority({
      rootCertificatePem: kept('fr.pem'),
      issuingCertificatePem: kept('fi.pem'),
      issuingKeyPem: kept('fi.key'),
    }),
  )
  // The time of those certificates begins with the second in which they were made.
  const issued = unwrap(fabrikam.issueDeviceCertificate(csr, { ...deviceRequest, nowMs: fabrikam.issuing.notBeforeMs }))
  const { der } = issued
  expect(verify('sslclient', toPem('CERTIFICATE', der), kept('fi.pem'), kept('fr.pem'))).toMatchObject({ ok: true })
  const printable = Buffer.concat([Buffer.of(0x13, 0x0b), Buffer.from('Fabrikam CA')])
  expect(Buffer.from(der).includes(printable)).toBe(true)
})

test('an issuing authority with an RSA key is refused', () => {
  const ca = ['-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign']
  make(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'r.key',
    '-subj',
    '/CN=RSA CA',
    ...ca,
    '-out',
    'r.pem',
  )
  const rsa = { rootCertificatePem: kept('r.pem'), issuingCertificatePem: kept('r.pem'), issuingKeyPem: kept('r.key') }
  expect(loadAuthority(rsa)).toMatchObject({ refusal: { code: 'pki/unsupported-key' } })
})

test('certificates of openssl are read, RSA keys and all', () => {
  const names = 'subjectAltName=DNS:a.test,IP:192.0.2.9,otherName:1.3.6.1.4.1.311.20.2.3;UTF8:user@a.test'
  make(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-keyout',
    'y.key',
    '-subj',
    '/CN=y',
    '-addext',
    names,
    '-set_serial',
    '0x80',
    '-out',
    'y.pem',
  )
  const info = unwrap(readCertificate(unwrap(fromPem('CERTIFICATE', kept('y.pem')))[0]))
  expect(info.serialNumber).toBe('80')
  expect(info.alternativeNames.map(({ kind }) => kind)).toEqual(['dns', 'ip', 'other'])
  expect(info.basicConstraints).toEqual({ isAuthority: true })
  expect(make('x509', '-in', 'y.pem', '-noout', '-fingerprint', '-sha256').replaceAll(':', '').toLowerCase()).toContain(
    info.thumbprintSha256,
  )
})

test('an authority key identifier with the issuer beside it is read', () => {
  const ca = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=z', '-out', 'z.pem']
  make('req', '-x509', ...ca, '-keyout', 'z.key', '-addext', 'authorityKeyIdentifier=keyid:always,issuer:always')
  const info = unwrap(readCertificate(unwrap(fromPem('CERTIFICATE', kept('z.pem')))[0]))
  expect(make('x509', '-in', 'z.pem', '-noout', '-ext', 'authorityKeyIdentifier')).toContain('DirName')
  expect(info.authorityKeyId).toBe(info.subjectKeyId)
})

test('the public half that we cut out of a key is the one that openssl computes', () => {
  writeFileSync(join(folder, 'd.key'), toPem('PRIVATE KEY', key))
  make('pkey', '-in', 'd.key', '-pubout', '-out', 'd.pub')
  expect(unwrap(fromPem('PUBLIC KEY', kept('d.pub')))).toEqual([publicKeyOf(key)])
})

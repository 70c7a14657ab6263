import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { errorCatalogue } from '../contracts/errors.ts'
import { type Result, unwrap } from '../core/result.ts'
import { loadAuthority } from './authority.ts'
import { createAuthority } from './authority-creation.ts'
import { readCertificate } from './certificate-reader.ts'
import { createCsr, readCsr } from './csr.ts'
import { generateDeviceKeySync } from './device-key.ts'
import { fromPem, toPem } from './pem.ts'

const nowMs = Date.UTC(2026, 0, 1)
const files = unwrap(createAuthority({ name: 'Contoso', nowMs }))
const authority = unwrap(loadAuthority(files))
const csr = createCsr({ key: generateDeviceKeySync(), subject: [{ type: 'CN', value: 'device' }] })
const device = unwrap(
  authority.issueDeviceCertificate(csr, { deviceId: 'd1', tenant: 'contoso', nowMs, validityMs: 10 ** 9 }),
).der
const server = unwrap(authority.issueServerCertificate({ nowMs, validityMs: 10 ** 9 })).der

/** Readers, each with documents that it reads, to be damaged. */
const readers: [name: string, read: (bytes: Uint8Array) => Result<unknown>, seeds: Uint8Array[]][] = [
  ['readCsr', readCsr, [csr]],
  ['readCertificate', readCertificate, [device, server, ...authority.chain]],
  [
    'fromPem',
    (bytes) => fromPem('CERTIFICATE', Buffer.from(bytes).toString('latin1')),
    [Buffer.from(authority.chainPem)],
  ],
  [
    'loadAuthority',
    (bytes) => loadAuthority({ ...files, issuingCertificatePem: toPem('CERTIFICATE', bytes) }),
    [authority.chain[0] as Uint8Array],
  ],
  [
    'loadAuthority, its root',
    (bytes) => loadAuthority({ ...files, rootCertificatePem: toPem('CERTIFICATE', bytes) }),
    [authority.chain[1] as Uint8Array],
  ],
]

type Damage = { kind: 'set' | 'insert' | 'remove' | 'repeat'; at: number; length: number; octet: number }
const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.constantFrom('set', 'insert', 'remove', 'repeat'),
  at: fc.nat(),
  length: fc.integer({ min: 1, max: 40 }),
  // Octets that mean something to a reader of DER, more often than others.
  octet: fc.oneof(fc.constantFrom(0x00, 0x30, 0x31, 0x7f, 0x80, 0x81, 0x82, 0x84, 0xa0, 0xff), fc.nat(255)),
})

function apply(bytes: Uint8Array, { kind, at, length, octet }: Damage): Uint8Array {
  const place = at % (bytes.length + 1)
  const [head, tail] = [bytes.subarray(0, place), bytes.subarray(place)]
  if (kind === 'set') return Buffer.concat([head, tail.length > 0 ? Buffer.of(octet) : tail, tail.subarray(1)])
  if (kind === 'insert') return Buffer.concat([head, Buffer.alloc(length, octet), tail])
  if (kind === 'remove') return Buffer.concat([head, tail.subarray(length)])
  return Buffer.concat([head, tail.subarray(0, length), tail])
}

describe.each(readers)('%s', (_, read, seeds) => {
  /** Either read or refused with a code of this layer; whatever is thrown fails the property. */
  const expectJudged = (bytes: Uint8Array): void => {
    const result = read(bytes)
    if (result.ok) return
    expect(Object.keys(errorCatalogue)).toContain(result.refusal.code)
    expect(result.refusal.code).toMatch(/^pki\//)
  }

  test('reads what is not damaged', () => {
    for (const seed of seeds) expect(read(seed)).toMatchObject({ ok: true })
  })

  test('judges any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 600, size: 'max' }), expectJudged), { numRuns: 500 })
  })

  test('judges documents with damage', () => {
    const damaged = fc
      .tuple(fc.constantFrom(...seeds), fc.array(damage, { minLength: 1, maxLength: 6 }))
      .map(([seed, damages]) => damages.reduce(apply, seed))
    fc.assert(fc.property(damaged, expectJudged), { numRuns: 1_000 })
  })
})

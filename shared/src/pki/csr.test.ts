import { generateKeyPairSync, sign } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createCsr, MAX_CSR_BYTES, readCsr } from './csr.ts'
import {
  bitString,
  constructed,
  contextTag,
  type DerPart,
  encodeDer,
  oid,
  sequence,
  setOf,
  Tag,
  text,
  unsignedInteger,
} from './der.ts'
import { generateDeviceKeySync, publicKeyOf, signWithDeviceKey } from './device-key.ts'
import { encodeName, type Name } from './name.ts'
import { ecdsaWithSha256 } from './signed.ts'

const key = generateDeviceKeySync()
const subject: Name = [
  { type: 'O', value: 'contoso' },
  { type: 'CN', value: 'laptop 7' },
  { type: 'serialNumber', value: 'C02-7' },
]
const csr = createCsr({ key, subject })
const codeOf = (der: Uint8Array): string => {
  const result = readCsr(der)
  return result.ok ? 'ok' : result.refusal.code
}

/** A request put together by hand, so that it can be wrong in one place and rightly signed all the same. */
function assemble(change: {
  version?: number
  spki?: DerPart
  attributes?: DerPart[]
  algorithm?: DerPart
  sign?: (body: Uint8Array) => Uint8Array
}): Uint8Array {
  const info = sequence(
    unsignedInteger(Uint8Array.of(change.version ?? 0)),
    encodeName(subject),
    change.spki ?? publicKeyOf(key),
    constructed(contextTag(0, 'constructed'), change.attributes ?? []),
  )
  const body = encodeDer(info)
  const signature = (change.sign ?? ((bytes) => signWithDeviceKey(key, bytes)))(body)
  return encodeDer(sequence(body, change.algorithm ?? ecdsaWithSha256, bitString(signature)))
}

test('a request is read as it was made', () => {
  expect(readCsr(csr)).toEqual({ ok: true, value: { subject, publicKeySpki: publicKeyOf(key) } })
})

test('what is handed out does not hang on the bytes handed in', () => {
  const bytes = Buffer.from(csr)
  const result = readCsr(bytes)
  bytes.fill(0)
  expect(result).toMatchObject({ value: { publicKeySpki: publicKeyOf(key) } })
})

test('attributes are taken and not acted upon', () => {
  const challenge = sequence(oid('1.2.840.113549.1.9.7'), setOf([text(Tag.utf8String, 'secret')]))
  expect(codeOf(assemble({ attributes: [challenge] }))).toBe('ok')
})

describe('refused', () => {
  const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' })
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 })
  const spkiOf = (publicKey: typeof rsa.publicKey) => publicKey.export({ type: 'spki', format: 'der' })
  const offCurve = Uint8Array.from(publicKeyOf(key))
  offCurve[90] = (offCurve[90] as number) ^ 1
  // SEC 1 and X9.62 know other forms of the same point: hybrid (6 or 7 by the parity of y), compressed.
  const hybrid = Uint8Array.from(publicKeyOf(key))
  hybrid[26] = 6 | ((hybrid[90] as number) & 1)
  const otherKey = generateDeviceKeySync()

  test.each([
    ['another version', { version: 1 }, 'pki/malformed'],
    ['an RSA key', { spki: spkiOf(rsa.publicKey) }, 'pki/unsupported-key'],
    ['a P-384 key', { spki: spkiOf(p384.publicKey) }, 'pki/unsupported-key'],
    ['a point that is not on the curve', { spki: offCurve }, 'pki/unsupported-key'],
    ['a point in hybrid form', { spki: hybrid }, 'pki/unsupported-key'],
    ['the key of somebody else', { spki: publicKeyOf(otherKey) }, 'pki/bad-signature'],
    ['an empty signature', { sign: () => new Uint8Array(0) }, 'pki/bad-signature'],
    ['SHA-1', { algorithm: sequence(oid('1.2.840.10045.4.1')) }, 'pki/unsupported-algorithm'],
    [
      'parameters of the algorithm',
      { algorithm: sequence(oid('1.2.840.10045.4.3.2'), Uint8Array.of(5, 0)) },
      'pki/unsupported-algorithm',
    ],
    ['an attribute without values', { attributes: [sequence(oid('1.2.3'), setOf([]))] }, 'pki/malformed'],
    ['an attribute that is none', { attributes: [text(Tag.utf8String, 'x')] }, 'pki/malformed'],
  ])('%s', (_, change, code) => {
    expect(codeOf(assemble(change))).toBe(code)
  })

  test('a signature over the same with SHA-384', () => {
    const privateKey = { key: Buffer.from(key), format: 'der', type: 'pkcs8' } as const
    expect(codeOf(assemble({ sign: (body) => sign('sha384', body, privateKey) }))).toBe('pki/bad-signature')
  })

  test('more bytes than are read', () => {
    expect(codeOf(new Uint8Array(MAX_CSR_BYTES + 1))).toBe('pki/too-large')
  })

  test('anything after the signature', () => {
    // Behind the tag and a length of two octets, 0x81 and 128 or more.
    const rest = csr.subarray(3)
    expect(codeOf(encodeDer(sequence(rest, Uint8Array.of(5, 0))))).toBe('pki/malformed')
    expect(codeOf(encodeDer(sequence(rest)))).toBe('ok')
  })

  test('anything after the request, and any part of it alone', () => {
    expect(codeOf(Buffer.concat([csr, Buffer.of(0)]))).toBe('pki/malformed')
    for (let length = 0; length < csr.length; length++) expect(codeOf(csr.subarray(0, length))).toBe('pki/malformed')
  })

  test('every request with one bit changed', () => {
    const codes = new Set<string>()
    for (let bit = 0; bit < csr.length * 8; bit++) {
      const changed = Uint8Array.from(csr)
      changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7))
      codes.add(codeOf(changed))
    }
    expect(codes).not.toContain('ok')
    expect(codes).toContain('pki/bad-signature')
    expect(codes).toContain('pki/malformed')
  })

  test('every request with one byte changed', () => {
    fc.assert(
      fc.property(fc.nat(csr.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const changed = Uint8Array.from(csr)
        changed[at] = (changed[at] as number) ^ difference
        expect(codeOf(changed)).not.toBe('ok')
      }),
      { numRuns: 1_000 },
    )
  })
})

test.each([
  ['a key of another kind', { key: new Uint8Array(138), subject }, 'pki/unsupported-key'],
  ['a subject that cannot be', { key, subject: [{ type: 'CN', value: '' }] }, 'pki/invalid-name'],
])('no request is made of %s', (_, input, code) => {
  expect(() => createCsr(input)).toThrow(expect.objectContaining({ code }))
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attempt } from './attempt.ts'
import { encodeDer, oid, sequence, setOf, Tag, text } from './der.ts'
import { DerReader } from './der-reader.ts'
import { encodeName, formatName, type Name, readName } from './name.ts'

const decode = (der: Uint8Array): Name => readName(DerReader.open(der, 10_000), 'name')
const codeOf = (work: () => unknown): string => {
  const result = attempt(work)
  return result.ok ? 'ok' : result.refusal.code
}
const cn = (value: string): Name => [{ type: 'CN', value }]

const visible = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((s) => /^\P{C}{1,64}$/u.test(s))
const attribute = fc.oneof(
  fc.record({ type: fc.constantFrom('CN', 'O', 'OU', 'L', 'ST', '1.3.6.1.4.1.311.20', '2.25.9'), value: visible }),
  fc.record({ type: fc.constant('serialNumber'), value: fc.stringMatching(/^[A-Za-z0-9 .:/-]{1,64}$/) }),
)

test('a name is read as it was written', () => {
  fc.assert(
    fc.property(fc.array(attribute, { maxLength: 5 }), (name) => {
      expect(decode(encodeDer(encodeName(name)))).toEqual(name)
    }),
  )
})

describe('writing refuses', () => {
  test.each([
    ['an empty value', cn('')],
    ['65 characters of CN', cn('x'.repeat(65))],
    ['a control character', cn('a\nb')],
    ['a zero character', cn('good\0evil')],
    ['half of a surrogate pair', cn('\ud800')],
    ['a serial number that is not printable', [{ type: 'serialNumber', value: 'a*b' }]],
    ['a country of three letters', [{ type: 'C', value: 'DEU' }]],
    ['mail in more than ASCII', [{ type: 'emailAddress', value: 'é@example.com' }]],
    ['an unknown type', [{ type: 'nickname', value: 'x' }]],
    ['the name of something on Object.prototype', [{ type: 'constructor', value: 'x' }]],
    ['an OID that cannot be', [{ type: '1.40.1', value: 'x' }]],
  ] satisfies [string, Name][])('%s', (_, name) => {
    expect(codeOf(() => encodeName(name))).toBe('pki/invalid-name')
  })

  test('but takes 64 characters outside the basic plane', () => {
    expect(decode(encodeDer(encodeName(cn('𝔘'.repeat(64)))))).toEqual(cn('𝔘'.repeat(64)))
  })
})

describe('reading refuses', () => {
  const commonName = (tag: number, value: string) => sequence(oid('2.5.4.3'), text(tag, value))
  test.each([
    [
      'several attributes in one relative name',
      [setOf([commonName(Tag.utf8String, 'a'), commonName(Tag.utf8String, 'b')])],
      'pki/invalid-name',
    ],
    ['string types out of use', [setOf([commonName(0x14, 'teletex')])], 'pki/invalid-name'],
    ['an empty relative name', [setOf([])], 'pki/malformed'],
    ['an empty value', [setOf([commonName(Tag.utf8String, '')])], 'pki/malformed'],
    ['a zero character', [setOf([commonName(Tag.utf8String, 'good\0evil')])], 'pki/malformed'],
    ['a printable string that is not', [setOf([commonName(Tag.printableString, 'a*b')])], 'pki/malformed'],
  ] as const)('%s', (_, parts, code) => {
    expect(codeOf(() => decode(encodeDer(sequence(...parts))))).toBe(code)
  })

  test('bytes that are not UTF-8', () => {
    const der = encodeDer(encodeName(cn('ab')))
    der[der.length - 1] = 0xff
    expect(codeOf(() => decode(der))).toBe('pki/malformed')
  })
})

test('text form follows RFC 4514', () => {
  const name = [
    { type: 'O', value: 'Contoso, Inc.' },
    { type: 'OU', value: '#1 <team>' },
    { type: 'CN', value: ' a+b\\ ' },
  ]
  expect(formatName(name)).toBe('CN=\\ a\\+b\\\\\\ ,OU=\\#1 \\<team\\>,O=Contoso\\, Inc.')
})

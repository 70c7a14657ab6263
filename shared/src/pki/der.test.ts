import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CodedError } from '../core/result.ts'
import { attempt } from './attempt.ts'
import {
  boolean,
  constructed,
  contextTag,
  encodeDer,
  explicit,
  namedBits,
  octetString,
  oid,
  sequence,
  setOf,
  Tag,
  text,
  unsignedInteger,
} from './der.ts'
import { DerReader } from './der-reader.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const read = (digits: string): DerReader => DerReader.open(Buffer.from(digits, 'hex'), 100_000)
const codeOf = (work: () => unknown): string => {
  const result = attempt(work)
  return result.ok ? 'ok' : result.refusal.code
}

describe('writing', () => {
  // Encodings as X.690 and RFC 5280 give them.
  test.each([
    [unsignedInteger(Uint8Array.of(0)), '020100'],
    [unsignedInteger(Uint8Array.of(0x7f)), '02017f'],
    [unsignedInteger(Uint8Array.of(0x80)), '02020080'],
    [unsignedInteger(Uint8Array.of(0, 0, 1, 0)), '02020100'],
    [unsignedInteger(new Uint8Array(0)), '020100'],
    [boolean(true), '0101ff'],
    [oid('1.2.840.113549'), '06062a864886f70d'],
    [oid('2.999.3'), '0603883703'],
    [namedBits([]), '030100'],
    [namedBits([0]), '03020780'],
    [namedBits([5, 6]), '03020106'],
    [namedBits([8]), '0303070080'],
    [explicit(3, octetString(Uint8Array.of(1))), 'a303040101'],
    [setOf([text(Tag.utf8String, 'b'), text(Tag.utf8String, 'a')]), '31060c01610c0162'],
    [sequence(), '3000'],
  ])('gives the one encoding of %j', (value, expected) => {
    expect(hex(encodeDer(value))).toBe(expected)
  })

  test.each([
    [127, '047f'],
    [128, '048180'],
    [255, '0481ff'],
    [256, '04820100'],
    [65_536, '0483010000'],
  ])('writes a length of %i in the fewest octets', (length, expected) => {
    expect(hex(encodeDer(octetString(new Uint8Array(length))).subarray(0, expected.length / 2))).toBe(expected)
  })
})

describe('reading what was written', () => {
  test('gives integers back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 1n << 300n }), (number) => {
        const digits = number.toString(16)
        const magnitude = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex')
        const reader = DerReader.open(encodeDer(unsignedInteger(magnitude)), 100)
        expect(BigInt(`0x${hex(reader.unsignedInteger('n'))}`)).toBe(number)
        reader.end('n')
      }),
    )
  })

  test('gives object identifiers back', () => {
    const arc = fc.bigInt({ min: 0n, max: 1n << 128n })
    const roots = fc.oneof(
      fc.tuple(fc.constantFrom(0n, 1n), fc.bigInt({ min: 0n, max: 39n })),
      fc.tuple(fc.constant(2n), arc),
    )
    fc.assert(
      fc.property(roots, fc.array(arc, { maxLength: 2 }), (root, rest) => {
        const dotted = [...root, ...rest].join('.')
        expect(DerReader.open(encodeDer(oid(dotted)), 100).oid('id')).toBe(dotted)
      }),
    )
  })

  test('gives named bits back', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(40)), (bits) => {
        const sorted = bits.toSorted((a, b) => a - b)
        expect(DerReader.open(encodeDer(namedBits(bits)), 100).namedBits('bits')).toEqual(sorted)
      }),
    )
  })

  test('gives octets of any length back, and nothing after them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70_000, size: 'max' }), (octets) => {
        const reader = DerReader.open(encodeDer(sequence(octetString(octets))), 100_000).sequence('list')
        expect(Buffer.compare(reader.octetString('octets'), octets)).toBe(0)
        expect(reader.atEnd).toBe(true)
      }),
      { numRuns: 30 },
    )
  })
})

describe('refusing what is not DER', () => {
  test.each([
    ['an indefinite length', '30800000', (r: DerReader) => r.sequence('x')],
    ['a length in more octets than needed', '048101aa', (r: DerReader) => r.octetString('x')],
    ['a length with a leading zero', `04820080${'00'.repeat(128)}`, (r: DerReader) => r.octetString('x')],
    ['a length of five octets', '04850000000001aa', (r: DerReader) => r.octetString('x')],
    ['the reserved length octet', '04ff', (r: DerReader) => r.octetString('x')],
    ['a length that is cut off', '048201', (r: DerReader) => r.octetString('x')],
    ['more than the document holds', '0403aabb', (r: DerReader) => r.octetString('x')],
    ['four gigabytes announced', '0484ffffffff00', (r: DerReader) => r.octetString('x')],
    ['another type', '0500', (r: DerReader) => r.octetString('x')],
    ['a tag number in several octets', '3f1f00', (r: DerReader) => r.sequence('x')],
    ['a negative number', '0201ff', (r: DerReader) => r.unsignedInteger('x')],
    ['a number with a needless zero', '0202007f', (r: DerReader) => r.unsignedInteger('x')],
    ['a number without octets', '0200', (r: DerReader) => r.unsignedInteger('x')],
    ['a small number that is not small', '02020080', (r: DerReader) => r.smallInteger('x')],
    ['a truth value other than 00 and ff', '010101', (r: DerReader) => r.boolean('x')],
    ['unused bits where octets are due', '030207ff', (r: DerReader) => r.octetAlignedBits('x')],
    ['a bit string without its first octet', '0300', (r: DerReader) => r.octetAlignedBits('x')],
    ['a bit list with trailing zeros', '03020680', (r: DerReader) => r.namedBits('x')],
    ['a bit list whose last octet is zero', '03020700', (r: DerReader) => r.namedBits('x')],
    ['a bit list with set bits among the unused', '03020781', (r: DerReader) => r.namedBits('x')],
    ['an OID that breaks off in an arc', '060188', (r: DerReader) => r.oid('x')],
    ['an OID with a padded arc', '06032a8001', (r: DerReader) => r.oid('x')],
    ['an OID without arcs', '0600', (r: DerReader) => r.oid('x')],
    ['an OID of excessive length', `0641${'2a'.repeat(65)}`, (r: DerReader) => r.oid('x')],
    ['something after the end', '0500', (r: DerReader) => r.end('x')],
    ['nothing at all', '', (r: DerReader) => r.nextTag('x')],
  ])('refuses %s', (_, digits, reading) => {
    expect(codeOf(() => reading(read(digits)))).toBe('pki/malformed')
  })

  test('refuses a document above the limit before looking at it', () => {
    expect(codeOf(() => DerReader.open(new Uint8Array(101), 100))).toBe('pki/too-large')
  })

  test('refuses nesting beyond sixteen levels', () => {
    const nested = (levels: number): Uint8Array => {
      let bytes: Uint8Array = new Uint8Array(0)
      for (let i = 0; i < levels; i++) bytes = encodeDer(sequence(bytes))
      return bytes
    }
    const descend = (levels: number) => () => {
      let reader = DerReader.open(nested(levels), 1_000)
      for (let i = 0; i < levels; i++) reader = reader.sequence('level')
    }
    expect(codeOf(descend(16))).toBe('ok')
    expect(codeOf(descend(17))).toBe('pki/too-large')
  })

  test('says where', () => {
    const bytes = encodeDer(constructed(contextTag(0, 'constructed'), [boolean(true), boolean(true)]))
    const reader = DerReader.open(bytes, 100).enter(0xa0, 'pair')
    reader.boolean('first')
    const result = attempt(() => reader.octetString('second'))
    expect(result).toMatchObject({ ok: false, refusal: { at: 'byte 5', message: expect.stringContaining('second') } })
  })

  test('lets broken invariants through as they are', () => {
    expect(() =>
      attempt(() => {
        throw new TypeError('ours')
      }),
    ).toThrow(TypeError)
    expect(() => DerReader.open(Uint8Array.of(5, 0), 9).octetString('x')).toThrow(CodedError)
  })
})

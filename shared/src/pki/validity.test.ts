import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { attempt } from './attempt.ts'
import { encodeDer, sequence, Tag, text } from './der.ts'
import { DerReader } from './der-reader.ts'
import { encodeValidity, readValidity, validityFrom } from './validity.ts'

const read = (der: Uint8Array) => attempt(() => readValidity(DerReader.open(der, 100)))

test('times are read as they were written, to the second', () => {
  const from = fc.integer({ min: Date.UTC(1950, 0, 1), max: Date.UTC(9000, 0, 1) })
  fc.assert(
    fc.property(from, fc.integer({ min: 1_000, max: 10 ** 13 }), (fromMs, durationMs) => {
      const validity = validityFrom(fromMs, durationMs)
      expect(fromMs - validity.notBeforeMs).toBeLessThan(1_000)
      expect(read(encodeDer(encodeValidity(validity)))).toEqual({ ok: true, value: validity })
    }),
  )
})

test('UTCTime ends with 2049, as RFC 5280 §4.1.2.5 has it', () => {
  const lastSecond = Date.UTC(2049, 11, 31, 23, 59, 59)
  const der = Buffer.from(encodeDer(encodeValidity(validityFrom(lastSecond, 1_000)))).toString('latin1')
  expect(der).toContain('\x17\x0d491231235959Z\x18\x0f20500101000000Z')
})

test.each([
  ['no time at all', 0, 0],
  ['less than a second', 0, 900],
  ['a negative duration', 0, -5_000],
  ['no number', Number.NaN, 1_000],
  ['a time before 1950', Date.UTC(1949, 0, 1), 1_000],
  ['a time after 9999', Date.UTC(9999, 11, 31), 10 ** 10],
  ['infinity', 0, Number.POSITIVE_INFINITY],
])('%s makes no validity', (_, fromMs, durationMs) => {
  expect(attempt(() => validityFrom(fromMs, durationMs))).toMatchObject({ refusal: { code: 'pki/invalid-validity' } })
})

describe('reading refuses', () => {
  test.each([
    [Tag.utcTime, '2602301200Z'],
    [Tag.utcTime, '260230120000Z'],
    [Tag.utcTime, '261301120000Z'],
    [Tag.utcTime, '260101240000Z'],
    [Tag.utcTime, '260101120060Z'],
    [Tag.utcTime, '260101120000+0100'],
    [Tag.utcTime, '26010112000aZ'],
    [Tag.generalizedTime, '20260101120000Z'],
    [Tag.generalizedTime, '20600101120000.5Z'],
    [Tag.generalizedTime, '20600101120000'],
    [Tag.utf8String, '260101120000Z'],
  ])('tag %i %s', (tag, written) => {
    const der = encodeDer(sequence(text(tag, written), text(Tag.utcTime, '270101000000Z')))
    expect(read(der)).toMatchObject({ refusal: { code: 'pki/malformed' } })
  })
})

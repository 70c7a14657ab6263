import { expect, it } from 'vitest'
import { enumValue } from './enum-values.ts'
import { isOfPrimitive } from './primitive-values.ts'

const of = (edm: string, value: unknown) => isOfPrimitive({ kind: 'primitive', name: 'string', edm }, value)

it.each([
  ['Edm.Int32', [0, -2147483648, 2147483647], [2147483648, 1.5, '1', true]],
  ['Edm.Int64', [9007199254740991], ['9007199254740991', 1.5]],
  ['Edm.Byte', [0, 255], [-1, 256]],
  ['Edm.Double', [1.5, 'INF', 'NaN'], ['1.5', Number.POSITIVE_INFINITY]],
  [
    'Edm.DateTimeOffset',
    ['0001-01-01T00:00:00Z', '9999-12-31T23:59:59.9999999Z', '2026-02-28T10:00:00+01:00', '2026-02-28T10:00:00'],
    ['2026-02-30T00:00:00Z', '2026-02-28', '0000-01-01T00:00:00Z', '2026-02-28T25:00:00Z', '', 0],
  ],
  ['Edm.Date', ['2024-02-29'], ['2023-02-29', '2023-2-1', '2023-02-01T00:00:00Z']],
  ['Edm.TimeOfDay', ['08:00', '23:59:59.0000000'], ['24:00:00', '8:00']],
  ['Edm.Duration', ['PT0S', 'P30D', 'P1DT2H', '-PT1.5S'], ['P', 'PT', 'P1', '30', 'P1DT']],
  ['Edm.Guid', ['00000000-0000-0000-0000-000000000000'], ['{00000000-0000-0000-0000-000000000000}', '']],
  ['Edm.Binary', ['', 'QUJD', 'QQ=='], ['a b', '====', 5]],
])('%s', (edm, good, bad) => {
  for (const value of good) expect.soft(of(edm, value), String(value)).toBe(true)
  for (const value of bad) expect.soft(of(edm, value), String(value)).toBe(false)
})

it('a member is found without regard to case, and several where they are flags', () => {
  const platforms = { name: 'platforms', members: ['none', 'iOS', 'macOS'], flags: true }
  expect(enumValue(platforms, 'IOS, macos,ios')).toBe('iOS,macOS')
  expect(enumValue(platforms, 'iOS,')).toBeUndefined()
  expect(enumValue({ ...platforms, flags: false }, 'iOS,macOS')).toBeUndefined()
  expect(enumValue(platforms, 1)).toBeUndefined()
})

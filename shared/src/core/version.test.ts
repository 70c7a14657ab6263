import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareVersions } from './version.ts'

describe('compareVersions', () => {
  it.each([
    ['26.1', '26.0.1', 1],
    ['9.3.2', '10.0', -1],
    ['26', '26.0.0', 0],
    ['10.0.26100.4351', '10.0.22631.5335', 1],
    ['', '0', 0],
    ['unknown', '1', -1],
  ])('%s against %s', (a, b, expected) => {
    expect(compareVersions(a, b)).toBe(expected)
  })

  const version = fc.array(fc.nat(30_000), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.join('.'))

  it('is an order: antisymmetric and transitive', () => {
    fc.assert(
      fc.property(version, version, version, (a, b, c) => {
        expect(compareVersions(a, b)).toBe(-compareVersions(b, a) || 0)
        if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0)
          expect(compareVersions(a, c)).toBeLessThanOrEqual(0)
      }),
    )
  })
})

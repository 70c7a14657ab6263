import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { settingsOf } from './addresses.ts'
import { PASSCODE } from './declaration-catalogue.ts'
import { combinedRequirement, meets, passcodeFor } from './passcode.ts'
import type { Dictionary } from './payload.ts'

const payload: fc.Arbitrary<Dictionary> = fc.record(
  {
    RequirePasscode: fc.boolean(),
    RequireAlphanumericPasscode: fc.boolean(),
    RequireComplexPasscode: fc.boolean(),
    MinimumLength: fc.nat(16),
    MinimumComplexCharacters: fc.nat(4),
    MaximumInactivityInMinutes: fc.nat(15),
    MaximumFailedAttempts: fc.integer({ min: 2, max: 11 }),
  },
  { requiredKeys: [] },
)
const passcode = fc.record({ passcodeSet: fc.boolean(), passcodeLength: fc.nat(20), passcodeComplex: fc.boolean() })
const inForce = (...payloads: readonly Dictionary[]) =>
  Object.assign({}, ...payloads.map((each, i) => settingsOf(PASSCODE, `policy.${i}`, each)))

describe('passcode requirements', () => {
  it('combine as the schema says: requirements by OR, minimums by the highest, maximums by the lowest', () => {
    const settings = inForce(
      { RequireComplexPasscode: true, MinimumLength: 6, MaximumInactivityInMinutes: 10 },
      { RequireComplexPasscode: false, MinimumLength: 8, MaximumInactivityInMinutes: 5, MaximumFailedAttempts: 10 },
    )
    expect(combinedRequirement(settings)).toEqual({
      RequireComplexPasscode: true,
      MinimumLength: 8,
      MaximumInactivityInMinutes: 5,
      MaximumFailedAttempts: 10,
    })
  })

  it('combine alike in any order, and whoever meets the combination meets each', () => {
    fc.assert(
      fc.property(payload, payload, passcode, (one, other, found) => {
        const both = combinedRequirement(inForce(one, other))
        expect(combinedRequirement(inForce(other, one))).toEqual(both)
        expect(combinedRequirement(inForce(one), other)).toEqual(both)
        if (meets(found, both)) {
          expect(meets(found, combinedRequirement({}, one))).toBe(true)
          expect(meets(found, combinedRequirement({}, other))).toBe(true)
        }
      }),
    )
  })

  it('are met by the passcode that the user sets for them', () => {
    fc.assert(
      fc.property(payload, passcode, (asked, found) => {
        const requirement = combinedRequirement({}, asked)
        expect(meets(passcodeFor(found, requirement), requirement)).toBe(true)
      }),
    )
  })

  it('ask for a passcode by any key but their own refusal to', () => {
    const none = { passcodeSet: false, passcodeLength: 0, passcodeComplex: false }
    expect(meets(none, {})).toBe(true)
    expect(meets(none, { RequirePasscode: false })).toBe(true)
    expect(meets(none, { RequirePasscode: false, MaximumInactivityInMinutes: 5 })).toBe(false)
  })
})

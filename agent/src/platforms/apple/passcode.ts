import type { Posture, SettingValue } from '@muster/shared/contracts'
import { valuesAt } from './addresses.ts'
import { declarationTypes, PASSCODE } from './declaration-catalogue.ts'
import type { Combine, Dictionary } from './payload.ts'

type Passcode = Pick<Posture, 'passcodeSet' | 'passcodeLength' | 'passcodeComplex'>
/** What all passcode declarations of a device come to, by key. */
type PasscodeRequirement = Readonly<Record<string, boolean | number>>

const combine: Readonly<Partial<Record<Combine, (values: readonly number[]) => number>>> = {
  or: (values) => Math.max(...values),
  and: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
  min: (values) => Math.min(...values),
}

/**
 * The passcode settings in force together with those of one more declaration, combined key by key as the schema says:
 * requirements by OR, minimums by the highest, maximums by the lowest.
 */
export function combinedRequirement(
  settings: Readonly<Record<string, SettingValue>>,
  payload: Dictionary = {},
): PasscodeRequirement {
  const requirement: Record<string, boolean | number> = {}
  for (const [key, rule] of Object.entries(declarationTypes[PASSCODE]?.keys ?? {})) {
    const values = [...valuesAt(settings, PASSCODE, key), payload[key]].filter((value) => value !== undefined)
    const combined = rule.combine && values.length > 0 ? combine[rule.combine]?.(values.map(Number)) : undefined
    if (combined !== undefined) requirement[key] = rule.type === 'boolean' ? combined === 1 : combined
  }
  return requirement
}

/** Any key but `RequirePasscode` asks for a passcode by being there, whatever `RequirePasscode` says. */
const requiresPasscode = (requirement: PasscodeRequirement): boolean =>
  requirement['RequirePasscode'] === true || Object.keys(requirement).some((key) => key !== 'RequirePasscode')

const asksForMore = (requirement: PasscodeRequirement): boolean =>
  requirement['RequireAlphanumericPasscode'] === true ||
  requirement['RequireComplexPasscode'] === true ||
  Number(requirement['MinimumComplexCharacters'] ?? 0) > 0

/** Whether a passcode meets a requirement. */
export function meets(passcode: Passcode, requirement: PasscodeRequirement): boolean {
  if (!requiresPasscode(requirement)) return true
  if (passcode.passcodeSet !== true) return false
  if ((passcode.passcodeLength ?? 0) < Number(requirement['MinimumLength'] ?? 0)) return false
  return passcode.passcodeComplex === true || !asksForMore(requirement)
}

/** The passcode that a user sets when told to: no longer and no harder than it must be. */
export const passcodeFor = (passcode: Passcode, requirement: PasscodeRequirement): Required<Passcode> => ({
  passcodeSet: true,
  passcodeLength: Math.max(
    passcode.passcodeSet ? (passcode.passcodeLength ?? 0) : 6,
    Number(requirement['MinimumLength'] ?? 0),
  ),
  passcodeComplex: passcode.passcodeComplex === true || asksForMore(requirement),
})

import type { PolicyKind, SettingValue } from '@muster/shared/contracts'
import type { SettingDefinition } from '../management.ts'
import { inForce, statusItem } from './reading.ts'
import type { ApplePlatform, AppleResult, AppleSetting, Carriage, Dictionary, Reading } from './setting.ts'

const PASSCODE = 'com.apple.configuration.passcode.settings'

/** What a device tells of a passcode key: whether there is a passcode, whether it is good enough, or that the OS enforces it. */
type Told = 'presence' | 'quality' | 'enforced'

interface PasscodeSetting {
  /** Names in Graph for the mobile systems and for the Mac. */
  readonly names: readonly [mobile: string, mac: string]
  /** Key of the declaration. */
  readonly key: string
  readonly displayName: string
  readonly value: SettingDefinition['value']
  readonly told: Told
  /** Absent: not in compliance policies. */
  readonly compliance?: { readonly stricter: NonNullable<SettingDefinition['stricter']>; readonly remedy: string }
  readonly payload?: (value: SettingValue) => Dictionary
}

const boolean = { type: 'boolean' } as const
const integer = (min: number, max: number) => ({ type: 'integer', min, max }) as const

const settings: readonly PasscodeSetting[] = [
  {
    names: ['passcodeRequired', 'passwordRequired'],
    key: 'RequirePasscode',
    displayName: 'Require a passcode',
    value: boolean,
    told: 'presence',
    compliance: { stricter: 'true', remedy: 'Set a passcode in Settings.' },
  },
  {
    names: ['passcodeBlockSimple', 'passwordBlockSimple'],
    key: 'RequireComplexPasscode',
    displayName: 'Block simple passcodes',
    value: boolean,
    told: 'quality',
    compliance: { stricter: 'true', remedy: 'Choose a passcode without repeated or consecutive characters.' },
  },
  {
    names: ['passcodeMinimumLength', 'passwordMinimumLength'],
    key: 'MinimumLength',
    displayName: 'Minimum passcode length',
    value: integer(4, 16),
    told: 'quality',
    compliance: { stricter: 'higher', remedy: 'Choose a longer passcode.' },
  },
  {
    names: ['passcodeRequiredType', 'passwordRequiredType'],
    key: 'RequireAlphanumericPasscode',
    displayName: 'Required passcode type',
    // In order of strictness.
    value: { type: 'choice', choices: ['deviceDefault', 'numeric', 'alphanumeric'] },
    told: 'quality',
    compliance: { stricter: 'higher', remedy: 'Choose a passcode with letters and digits.' },
    payload: (value) => (value === 'numeric' ? { RequirePasscode: true } : { RequireAlphanumericPasscode: true }),
  },
  {
    names: ['passcodeMinimumCharacterSetCount', 'passwordMinimumCharacterSetCount'],
    key: 'MinimumComplexCharacters',
    displayName: 'Minimum number of characters that are neither letters nor digits',
    value: integer(0, 4),
    told: 'quality',
    compliance: { stricter: 'higher', remedy: 'Choose a passcode with special characters.' },
  },
  {
    names: ['passcodeMinutesOfInactivityBeforeLock', 'passwordMinutesOfInactivityBeforeLock'],
    key: 'MaximumGracePeriodInMinutes',
    displayName: 'Minutes after the screen locks before a passcode is asked for',
    value: integer(0, 240),
    told: 'enforced',
    compliance: { stricter: 'lower', remedy: 'Choose a shorter time before the passcode is asked for.' },
  },
  {
    names: ['passcodeMinutesOfInactivityBeforeScreenTimeout', 'passwordMinutesOfInactivityBeforeScreenTimeout'],
    key: 'MaximumInactivityInMinutes',
    displayName: 'Minutes of inactivity until the screen locks',
    value: integer(0, 15),
    told: 'enforced',
  },
  {
    names: ['passcodeExpirationDays', 'passwordExpirationDays'],
    key: 'MaximumPasscodeAgeInDays',
    displayName: 'Days until the passcode expires',
    value: integer(1, 730),
    told: 'enforced',
    compliance: { stricter: 'lower', remedy: 'Change the passcode.' },
  },
  {
    names: ['passcodePreviousPasscodeBlockCount', 'passwordPreviousPasswordBlockCount'],
    key: 'PasscodeReuseLimit',
    displayName: 'Number of previous passcodes that may not be used again',
    value: integer(1, 24),
    told: 'enforced',
    compliance: { stricter: 'higher', remedy: 'Choose a passcode that was not used before.' },
  },
  {
    names: ['passcodeSignInFailureCountBeforeWipe', 'passwordMaximumAttemptCount'],
    key: 'MaximumFailedAttempts',
    displayName: 'Failed attempts before the device is erased or locked',
    value: integer(2, 11),
    told: 'enforced',
  },
]

/** Values that ask for nothing: whatever the device has is good. */
const asksNothing = (value: unknown): boolean => value === false || value === 'deviceDefault' || value === 0

/** On the device a key asks for a passcode by being there, whatever its value: so what asks for nothing is left out. */
function payloadOf({ key, told, payload }: PasscodeSetting, value: SettingValue): Dictionary {
  if (told === 'quality' && asksNothing(value)) return {}
  return payload?.(value) ?? { [key]: value }
}

function judgeCompliance(told: Told, result: AppleResult, value: SettingValue): Reading {
  if (told === 'enforced' || asksNothing(value)) return { state: 'compliant' }
  const present = told === 'presence' || value === 'numeric'
  const fact = statusItem(result, present ? 'passcode.is-present' : 'passcode.is-compliant')
  // A Mac tells neither: there the declaration is active once the password meets it.
  const met = typeof fact === 'boolean' ? fact : result.protocol === 'apple-ddm' && result.active
  return { state: met ? 'compliant' : 'nonCompliant', ...(told === 'presence' ? { actual: met } : {}) }
}

const carriage = (setting: PasscodeSetting, kind: PolicyKind): Carriage => ({
  carrier: { itemId: 'passcode', via: 'declaration', type: PASSCODE },
  payload: (value) => payloadOf(setting, value),
  judge: kind === 'compliance' ? (result, value) => judgeCompliance(setting.told, result, value) : inForce,
})

function define(
  setting: PasscodeSetting,
  kind: PolicyKind,
  platforms: readonly ApplePlatform[],
  name: string,
): AppleSetting {
  const carriages = [carriage(setting, kind)]
  return {
    name,
    kind,
    definitionId: `${kind === 'compliance' ? 'com.apple.compliance.passcode' : PASSCODE}_${setting.key.toLowerCase()}`,
    displayName: setting.displayName,
    value: setting.value,
    platforms,
    ...(kind === 'compliance' ? setting.compliance : {}),
    carriages: () => carriages,
  }
}

/** Passcode settings of a kind. An Apple TV has no passcode. */
export const passcodeSettings = (kind: PolicyKind): readonly AppleSetting[] =>
  settings
    .filter((setting) => kind === 'configuration' || setting.compliance)
    .flatMap((setting) => [
      define(setting, kind, ['iOS', 'iPadOS', 'visionOS'], setting.names[0]),
      define(setting, kind, ['macOS'], setting.names[1]),
    ])

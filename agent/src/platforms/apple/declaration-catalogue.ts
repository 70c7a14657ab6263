import type { KeyRule, KeyRules } from './payload.ts'
import { anyEnrolment, notShared, type Support, supervised, wholeDevice } from './support.ts'

/** A declaration type as the devices know it. Source: Apple, device-management schemas, declarative/declarations. */
interface DeclarationType {
  readonly support: Support
  readonly keys: KeyRules
  /** Configurations take effect only when an activation names them. */
  readonly needsActivation: boolean
}

export const ACTIVATION = 'com.apple.activation.simple'
export const PASSCODE = 'com.apple.configuration.passcode.settings'
export const STATUS_SUBSCRIPTIONS = 'com.apple.configuration.management.status-subscriptions'
export const UPDATE_ENFORCEMENT = 'com.apple.configuration.softwareupdate.enforcement.specific'
export const UPDATE_SETTINGS = 'com.apple.configuration.softwareupdate.settings'
export const DISK_MANAGEMENT = 'com.apple.configuration.diskmanagement.settings'

const integer = (min: number, max: number, combine: 'max' | 'min', on?: Support): KeyRule => ({
  type: 'integer',
  min,
  max,
  combine,
  ...(on ? { on } : {}),
})
const flag = (combine: 'or' | 'and', on?: Support): KeyRule => ({ type: 'boolean', combine, ...(on ? { on } : {}) })
const choice = (choices: readonly string[], on?: Support): KeyRule => ({
  type: 'string',
  choices,
  combine: 'last',
  ...(on ? { on } : {}),
})

const iosAndMac = (iOS: string, macOS: string): Support => ({
  iOS: anyEnrolment(iOS),
  macOS: supervised(macOS),
  visionOS: anyEnrolment('2.0'),
})

const passcodeKeys: KeyRules = {
  RequirePasscode: flag('or'),
  RequireAlphanumericPasscode: flag('or', iosAndMac('16.2', '13.1')),
  RequireComplexPasscode: flag('or'),
  MinimumLength: integer(0, 16, 'max'),
  MinimumComplexCharacters: integer(0, 4, 'max', iosAndMac('16.2', '13.1')),
  MaximumFailedAttempts: integer(2, 11, 'min'),
  MaximumGracePeriodInMinutes: { type: 'integer', combine: 'min' },
  MaximumInactivityInMinutes: integer(0, 15, 'min'),
  MaximumPasscodeAgeInDays: integer(0, 730, 'min', iosAndMac('16.2', '13.1')),
  PasscodeReuseLimit: integer(1, 50, 'min'),
}

const onMac: Support = { macOS: supervised('15.0') }
const onPhone: Support = { iOS: wholeDevice('18.0') }
const supervisedOnly: Support = { iOS: supervised('18.0'), macOS: supervised('15.0') }
const control = ['Allowed', 'AlwaysOn', 'AlwaysOff']

const updateKeys: KeyRules = {
  Notifications: flag('and'),
  Deferrals: {
    type: 'dictionary',
    on: supervisedOnly,
    keys: {
      CombinedPeriodInDays: integer(1, 90, 'max', { iOS: supervised('18.0') }),
      MajorPeriodInDays: integer(1, 90, 'max', onMac),
      MinorPeriodInDays: integer(1, 90, 'max', onMac),
      SystemPeriodInDays: integer(1, 90, 'max', onMac),
    },
  },
  RecommendedCadence: choice(['All', 'Oldest', 'Newest'], onPhone),
  AutomaticActions: {
    type: 'dictionary',
    on: supervisedOnly,
    keys: {
      Download: choice(control),
      InstallOSUpdates: choice(control),
      InstallSecurityUpdate: choice(control, onMac),
    },
  },
  RapidSecurityResponse: {
    type: 'dictionary',
    on: supervisedOnly,
    keys: { Enable: flag('and'), EnableRollback: flag('and') },
  },
  AllowStandardUserOSUpdates: flag('and', onMac),
}

const diskKeys: KeyRules = {
  Restrictions: {
    type: 'dictionary',
    keys: {
      ExternalStorage: choice(['Allowed', 'ReadOnly', 'Disallowed']),
      NetworkStorage: choice(['Allowed', 'ReadOnly', 'Disallowed']),
    },
  },
}

const everywhere: Support = {
  iOS: anyEnrolment('15.0'),
  macOS: anyEnrolment('13.0'),
  tvOS: anyEnrolment('16.0'),
  visionOS: anyEnrolment('1.1'),
}

export const declarationTypes: Readonly<Record<string, DeclarationType>> = {
  [ACTIVATION]: {
    support: everywhere,
    needsActivation: false,
    keys: {
      StandardConfigurations: { type: 'array', required: true, items: { type: 'string' } },
      Predicate: { type: 'string' },
    },
  },
  [PASSCODE]: {
    support: { iOS: notShared(anyEnrolment('15.0')), macOS: supervised('13.0'), visionOS: anyEnrolment('2.0') },
    needsActivation: true,
    keys: passcodeKeys,
  },
  [UPDATE_SETTINGS]: {
    support: { iOS: wholeDevice('18.0'), macOS: supervised('15.0') },
    needsActivation: true,
    keys: updateKeys,
  },
  [UPDATE_ENFORCEMENT]: {
    support: { iOS: wholeDevice('17.0'), macOS: supervised('14.0') },
    needsActivation: true,
    keys: {
      TargetOSVersion: { type: 'string', required: true },
      TargetBuildVersion: { type: 'string' },
      TargetLocalDateTime: { type: 'string', required: true },
      DetailsURL: { type: 'string' },
    },
  },
  [DISK_MANAGEMENT]: { support: onMac, needsActivation: true, keys: diskKeys },
  [STATUS_SUBSCRIPTIONS]: {
    support: {
      iOS: anyEnrolment('15.0'),
      macOS: { since: '13.0', enrolments: ['supervised', 'user'] },
      tvOS: wholeDevice('16.0'),
      visionOS: anyEnrolment('1.1'),
    },
    needsActivation: true,
    keys: {
      StatusItems: {
        type: 'array',
        required: true,
        items: { type: 'dictionary', keys: { Name: { type: 'string', required: true } } },
      },
    },
  },
}

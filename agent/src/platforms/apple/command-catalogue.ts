import type { KeyRules } from './payload.ts'
import { anyEnrolment, notShared, onlyShared, type Support, supervised, wholeDevice } from './support.ts'

/** An MDM command as the devices know it. Source: Apple, device-management schemas, mdm/commands. */
export interface Command {
  readonly support: Support
  readonly keys: KeyRules
  /** `query` only reads, `policy` may stand in a configuration policy, `action` is done once, on request. */
  readonly kind: 'query' | 'policy' | 'action'
}

const onIPhone = (availability: Support['iOS'] & {}): Support => ({ iOS: availability })

const everywhere: Support = {
  iOS: anyEnrolment('4.0'),
  macOS: anyEnrolment('10.7'),
  tvOS: anyEnrolment('9.0'),
  visionOS: anyEnrolment('1.1'),
}

const text = { type: 'string' } as const
const flag = { type: 'boolean' } as const
const onMac = (since: string): Support => ({ macOS: anyEnrolment(since) })

const queries = {
  DeviceInformation: {
    kind: 'query',
    support: everywhere,
    keys: { Queries: { type: 'array', required: true, items: text } },
  },
  SecurityInfo: { kind: 'query', support: everywhere, keys: {} },
  ProfileList: { kind: 'query', support: everywhere, keys: { ManagedOnly: flag } },
  ManagedApplicationFeedback: {
    kind: 'query',
    support: {
      iOS: anyEnrolment('7.0'),
      macOS: wholeDevice('11.0'),
      tvOS: anyEnrolment('10.2'),
      visionOS: anyEnrolment('1.1'),
    },
    keys: { Identifiers: { type: 'array', required: true, items: text }, DeleteFeedback: flag },
  },
} as const satisfies Record<string, Command>

const policies = {
  InstallProfile: {
    kind: 'policy',
    support: everywhere,
    // A property list in the schema; here it travels as the dictionary that it encodes.
    keys: { Payload: { type: 'dictionary', required: true } },
  },
  Settings: {
    kind: 'policy',
    support: { ...everywhere, iOS: anyEnrolment('5.0'), macOS: anyEnrolment('10.9') },
    keys: {
      Settings: {
        type: 'array',
        required: true,
        items: {
          type: 'dictionary',
          keys: { Item: { ...text, required: true }, Enabled: flag, DeviceName: text, TimeZone: text },
        },
      },
    },
  },
} as const satisfies Record<string, Command>

const actions = {
  RemoveProfile: { kind: 'action', support: everywhere, keys: { Identifier: { ...text, required: true } } },
  DeclarativeManagement: {
    kind: 'action',
    support: {
      iOS: anyEnrolment('15.0'),
      macOS: anyEnrolment('13.0'),
      tvOS: anyEnrolment('16.0'),
      visionOS: anyEnrolment('1.1'),
    },
    keys: { Data: { type: 'data' } },
  },
  EraseDevice: {
    kind: 'action',
    support: {
      iOS: wholeDevice('4.0'),
      macOS: wholeDevice('10.7'),
      tvOS: anyEnrolment('10.2'),
      visionOS: wholeDevice('1.1'),
    },
    keys: {
      PreserveDataPlan: { ...flag, on: onIPhone(anyEnrolment('11.0')) },
      PIN: { ...text, on: onMac('10.8') },
      ObliterationBehavior: {
        ...text,
        choices: ['Default', 'DoNotObliterate', 'ObliterateWithWarning', 'Always'],
        on: onMac('12.0'),
      },
    },
  },
  DeviceLock: {
    kind: 'action',
    support: { iOS: anyEnrolment('4.0'), macOS: wholeDevice('10.7'), visionOS: anyEnrolment('2.0') },
    keys: {
      Message: { ...text, on: { iOS: anyEnrolment('7.0'), macOS: anyEnrolment('10.14') } },
      PhoneNumber: { ...text, on: { iOS: anyEnrolment('7.0'), macOS: anyEnrolment('11.5') } },
      PIN: { ...text, on: onMac('10.8') },
    },
  },
  ClearPasscode: {
    kind: 'action',
    support: { iOS: notShared(wholeDevice('4.0')), visionOS: wholeDevice('1.1') },
    keys: { UnlockToken: { type: 'data', required: true } },
  },
  RestartDevice: {
    kind: 'action',
    support: { iOS: supervised('10.3'), macOS: wholeDevice('10.13'), tvOS: supervised('10.2') },
    keys: { NotifyUser: { ...flag, on: onMac('11.4') } },
  },
  ShutDownDevice: { kind: 'action', support: { iOS: supervised('10.3'), macOS: wholeDevice('10.13') }, keys: {} },
  EnableLostMode: {
    kind: 'action',
    support: onIPhone(supervised('9.3')),
    keys: { Message: text, PhoneNumber: text, Footnote: text },
  },
  DisableLostMode: { kind: 'action', support: onIPhone(supervised('9.3')), keys: {} },
  PlayLostModeSound: { kind: 'action', support: onIPhone(supervised('10.3')), keys: {} },
  DeviceLocation: { kind: 'action', support: onIPhone(supervised('9.3')), keys: {} },
  ActivationLockBypassCode: {
    kind: 'action',
    support: { iOS: notShared(supervised('7.1')), macOS: supervised('10.15'), visionOS: supervised('2.0') },
    keys: {},
  },
  LogOutUser: { kind: 'action', support: onIPhone(onlyShared(wholeDevice('9.3'))), keys: {} },
  RotateFileVaultKey: {
    kind: 'action',
    support: { macOS: wholeDevice('10.9') },
    keys: {
      KeyType: { ...text, required: true, choices: ['personal', 'institutional'] },
      FileVaultUnlock: { type: 'dictionary', required: true, keys: { Password: text } },
    },
  },
} as const satisfies Record<string, Command>

export const commands = { ...queries, ...policies, ...actions }
export type CommandName = keyof typeof commands

export const isCommand = (requestType: string): requestType is CommandName => Object.hasOwn(commands, requestType)

import type { CommandResult, EnrolmentMode, NativeCommand, RemoteActionName } from '@muster/shared/contracts'
import { meansUnsupported } from './reading.ts'
import type { ApplePlatform, Dictionary } from './setting.ts'

interface ActionDevice {
  readonly platform: ApplePlatform
  readonly mode: EnrolmentMode
}

type Parameters = Readonly<Record<string, unknown>>

interface Action {
  readonly platforms: readonly ApplePlatform[]
  /** Which enrolments have it; `managed`: all but user enrolment, which manages a part of a personal device only. */
  readonly demand: 'any' | 'managed' | 'supervised' | 'shared-ipad'
  /** True for what Shared iPad does not have. */
  readonly notShared?: true
  readonly requestType: string
  readonly payload?: (parameters: Parameters, device: ActionDevice) => Dictionary
}

/** The identifier of the profile that holds the enrolment. */
const MDM_PROFILE = 'Microsoft.Profiles.MDM'

const all: readonly ApplePlatform[] = ['macOS', 'iOS', 'iPadOS', 'tvOS', 'visionOS']
const mobile: readonly ApplePlatform[] = ['iOS', 'iPadOS']

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
const given = (payload: Readonly<Record<string, string | boolean | undefined>>): Dictionary =>
  Object.fromEntries(
    Object.entries(payload).filter((entry): entry is [string, string | boolean] => entry[1] !== undefined),
  )

const leave = {
  platforms: all,
  demand: 'any',
  requestType: 'RemoveProfile',
  payload: () => ({ Identifier: MDM_PROFILE }),
} as const

/** Which action each platform and enrolment has. Source: Intune, remote actions, support by platform (2026). */
const actions: Readonly<Partial<Record<RemoteActionName, Action>>> = {
  syncDevice: { platforms: all, demand: 'any', requestType: 'DeclarativeManagement' },
  retire: leave,
  delete: leave,
  wipe: { platforms: all, demand: 'managed', requestType: 'EraseDevice', payload: erasePayload },
  rebootNow: { platforms: ['macOS', 'iOS', 'iPadOS', 'tvOS'], demand: 'supervised', requestType: 'RestartDevice' },
  shutDown: { platforms: mobile, demand: 'supervised', requestType: 'ShutDownDevice' },
  remoteLock: {
    platforms: ['macOS', 'iOS', 'iPadOS', 'visionOS'],
    demand: 'any',
    requestType: 'DeviceLock',
    payload: ({ unlockPin }, { platform }) => given({ PIN: platform === 'macOS' ? text(unlockPin) : undefined }),
  },
  resetPasscode: {
    platforms: ['iOS', 'iPadOS', 'visionOS'],
    demand: 'managed',
    notShared: true,
    requestType: 'ClearPasscode',
    // A device hands its token over when it enrols; simulated devices take any.
    payload: () => ({ UnlockToken: 'ZXNjcm93ZWQ=' }),
  },
  setDeviceName: {
    platforms: ['macOS', 'iOS', 'iPadOS', 'tvOS'],
    demand: 'supervised',
    requestType: 'Settings',
    payload: ({ deviceName }) => ({ Settings: [{ Item: 'DeviceName', DeviceName: text(deviceName) ?? '' }] }),
  },
  locateDevice: { platforms: mobile, demand: 'supervised', requestType: 'DeviceLocation' },
  enableLostMode: {
    platforms: mobile,
    demand: 'supervised',
    requestType: 'EnableLostMode',
    payload: ({ message, phoneNumber, footer }) =>
      given({ Message: text(message), PhoneNumber: text(phoneNumber), Footnote: text(footer) }),
  },
  disableLostMode: { platforms: mobile, demand: 'supervised', requestType: 'DisableLostMode' },
  playLostModeSound: { platforms: mobile, demand: 'supervised', requestType: 'PlayLostModeSound' },
  bypassActivationLock: {
    platforms: ['macOS', 'iOS', 'iPadOS'],
    demand: 'supervised',
    notShared: true,
    requestType: 'ActivationLockBypassCode',
  },
  logoutSharedAppleDeviceActiveUser: { platforms: ['iPadOS'], demand: 'shared-ipad', requestType: 'LogOutUser' },
  rotateFileVaultKey: {
    platforms: ['macOS'],
    demand: 'managed',
    requestType: 'RotateFileVaultKey',
    payload: () => ({ KeyType: 'personal', FileVaultUnlock: {} }),
  },
}

const obliteration: Readonly<Record<string, string>> = {
  default: 'Default',
  doNotObliterate: 'DoNotObliterate',
  obliterateWithWarning: 'ObliterateWithWarning',
  always: 'Always',
}

function erasePayload(
  { macOsUnlockCode, persistEsimDataPlan, obliterationBehavior }: Parameters,
  device: ActionDevice,
): Dictionary {
  if (mobile.includes(device.platform))
    return given({ PreserveDataPlan: persistEsimDataPlan === true ? true : undefined })
  if (device.platform !== 'macOS') return {}
  return given({ PIN: text(macOsUnlockCode), ObliterationBehavior: obliteration[String(obliterationBehavior)] })
}

/** A Mac whose user has approved the enrolment counts as supervised (macOS 11 and later). */
const isSupervised = ({ platform, mode }: ActionDevice): boolean => mode.supervised || platform === 'macOS'

function has({ platforms, demand, notShared }: Action, device: ActionDevice): boolean {
  const shared = device.mode.id === 'shared-ipad'
  if (!platforms.includes(device.platform) || (notShared && shared)) return false
  if (demand === 'shared-ipad') return shared
  if (demand === 'supervised') return isSupervised(device)
  return demand === 'any' || device.mode.deviceEnrollmentType !== 'appleUserEnrollment'
}

/** The MDM command of a remote action, or `undefined` where the platform or the enrolment has no such action. */
export function renderAction(
  action: RemoteActionName,
  parameters: Parameters,
  device: ActionDevice,
): NativeCommand | undefined {
  const known = actions[action]
  if (!known || !has(known, device)) return undefined
  const payload = known.payload?.(parameters, device) ?? {}
  return {
    protocol: 'apple-mdm',
    requestType: known.requestType,
    ...(Object.keys(payload).length > 0 ? { payload: { ...payload } } : {}),
  }
}

/** NotNow keeps an action open; an error that says the device does not have it is no failure. */
export function interpretAction({ result }: CommandResult): 'done' | 'failed' | 'notSupported' | 'retry' {
  if (result.protocol !== 'apple-mdm') return 'failed'
  if (result.status === 'Acknowledged') return 'done'
  if (result.status === 'NotNow') return 'retry'
  return result.status === 'Error' && meansUnsupported(result) ? 'notSupported' : 'failed'
}

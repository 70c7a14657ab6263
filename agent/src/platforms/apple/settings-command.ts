import type { SettingsPatch } from './addresses.ts'
import { valuesAt } from './addresses.ts'
import { type Answer, acknowledged, type Call } from './answer.ts'
import type { AppleError } from './error-chain.ts'
import { errorChain } from './error-chain.ts'
import { type Dictionary, isDictionary } from './payload.ts'
import { RESTRICTIONS } from './profile-payloads.ts'
import { anyEnrolment, obstacle, type Support, supervised, wholeDevice } from './support.ts'
import { targetOf } from './system.ts'

/** One setting that the Settings command changes once; the user may change it back. */
interface Setting {
  readonly support: Support
  /** The key that holds the value beside `Item`. */
  readonly key: 'Enabled' | 'DeviceName' | 'TimeZone'
  /** Absent on hardware without a modem. */
  readonly cellular?: true
}

export const settingItems: Readonly<Record<string, Setting>> = {
  Bluetooth: { support: { iOS: supervised('11.3'), macOS: wholeDevice('10.13.4') }, key: 'Enabled' },
  DataRoaming: { support: { iOS: wholeDevice('5.0') }, key: 'Enabled', cellular: true },
  DeviceName: {
    support: {
      iOS: supervised('5.0'),
      macOS: wholeDevice('10.10'),
      tvOS: anyEnrolment('9.0'),
      visionOS: supervised('2.0'),
    },
    key: 'DeviceName',
  },
  PersonalHotspot: { support: { iOS: wholeDevice('5.0') }, key: 'Enabled', cellular: true },
  TimeZone: {
    support: { iOS: supervised('14.0'), tvOS: supervised('14.0'), visionOS: supervised('2.0') },
    key: 'TimeZone',
  },
}

/** Carries out all settings of the command; the first that fails decides the answer, the others stay carried out. */
export function changeSettings(call: Call): Answer {
  const wanted = Array.isArray(call.payload['Settings']) ? call.payload['Settings'].filter(isDictionary) : []
  const results = wanted.map((setting) => ({ setting, error: settingError(setting, call) }))
  const done = results.filter(({ error }) => !error).map(({ setting }) => setting)
  const name = done.findLast((setting) => setting['Item'] === 'DeviceName')?.['DeviceName']
  const refused = results.find(({ error }) => error)?.error
  return {
    ...(refused ? { status: 'Error' as const, errorChain: errorChain(refused) } : acknowledged()),
    response: {
      Settings: results.map(({ error }) =>
        error ? { Status: 'Error', ErrorChain: errorChain(error) } : { Status: 'Acknowledged' },
      ),
    },
    settings: Object.assign({}, ...done.map(settingPatch)),
    ...(typeof name === 'string' && name.length > 0 ? { deviceName: name.slice(0, 80) } : {}),
  }
}

function settingPatch(setting: Dictionary): SettingsPatch {
  const item = String(setting['Item'])
  const value = setting[settingItems[item]?.key ?? 'Enabled']
  return typeof value === 'boolean' || typeof value === 'string' ? { [`Settings/${item}`]: value } : {}
}

function settingError(setting: Dictionary, { system, device, attempt }: Call): AppleError | undefined {
  const item = String(setting['Item'])
  const known = Object.hasOwn(settingItems, item) ? settingItems[item] : undefined
  if (!known || setting[known.key] === undefined) return 'unknownSetting'
  const hindered = obstacle(known.support, targetOf(system, device))
  if (hindered) return hindered === 'supervision' ? 'notSupervised' : 'unknownSetting'
  if (known.cellular && device.inventory.hardware.imei === undefined) return 'unknownSetting'
  // The time zone cannot be set where the profile forces it to follow the place.
  const followsPlace = valuesAt(device.settings, RESTRICTIONS, 'forceAutomaticDateAndTime').includes(true)
  if (item === 'TimeZone' && followsPlace) return 'inconsistent'
  return attempt?.chance.chance(attempt.failure) ? 'inconsistent' : undefined
}

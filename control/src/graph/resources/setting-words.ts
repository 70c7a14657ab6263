import type { SettingValue } from '@muster/shared/contracts'

/** Settings whose values are words in Graph and something else on the platform: word → value. */
const words: Readonly<Record<string, Readonly<Record<string, SettingValue>>>> = {
  defenderCloudBlockLevel: { notConfigured: 0, high: 2, highPlus: 4, zeroTolerance: 6 },
  defenderPotentiallyUnwantedAppAction: { deviceDefault: 0, block: 1, audit: 2 },
  systemUpdateInstallType: { automatic: 'AUTOMATIC', windowed: 'WINDOWED', postpone: 'POSTPONE' },
}

/** The platform's value for what a client wrote; the platform's own values are taken as well. */
export const platformValue = (setting: string, written: unknown): unknown =>
  typeof written === 'string' ? (words[setting]?.[written] ?? written) : written

/** Graph's word for the platform's value, where it has one. */
export const graphValue = (setting: string, value: SettingValue): SettingValue =>
  Object.entries(words[setting] ?? {}).find(([, each]) => each === value)?.[0] ?? value

import type { LinuxItem, Posture } from '@muster/shared/contracts'
import type { Attempt, DeviceView, ItemOutcome, Wait } from '../../domain/platform.ts'
import { errorCode, result } from './result.ts'

/** A setting that the client, or Defender for it, carries out. Source: Intune settings catalogue, Linux. */
export interface LinuxSetting {
  readonly accepts: (value: unknown) => boolean
  /** Distributions that have it; all when absent. */
  readonly distributions?: readonly string[]
  readonly waitsFor?: (device: DeviceView) => Wait | undefined
  readonly script?: true
  readonly enforces?: (value: unknown) => Posture
  /** What a script has done stays done. */
  readonly tattooed?: true
}

const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const oneOf =
  (...choices: readonly unknown[]) =>
  (value: unknown) =>
    choices.includes(value)
const within = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max

const CONTEXT = 'linux_customconfig_executioncontext'
const RETRIES = 'linux_customconfig_executionretries'
const DEFENDER = 'linux_mdatp_managed_antivirusengine'

export const linuxSettings: Readonly<Record<string, LinuxSetting>> = {
  [CONTEXT]: { accepts: oneOf('user', 'root') },
  linux_customconfig_executionfrequency: {
    accepts: oneOf('15minutes', '30minutes', '1hour', '2hours', '3hours', '6hours', '12hours', '1day', '1week'),
  },
  [RETRIES]: { accepts: within(0, 3) },
  linux_customconfig_script: {
    accepts: (value) => typeof value === 'string' && value.startsWith('#!'),
    // As the user it runs when the user has signed in.
    waitsFor: ({ settings }) => (settings[CONTEXT] === 'user' ? 'user' : undefined),
    script: true,
    tattooed: true,
  },
  [`${DEFENDER}_enforcementlevel`]: {
    accepts: oneOf('real_time', 'on_demand', 'passive'),
    enforces: (value) => (value === 'real_time' ? { antivirusOn: true } : {}),
  },
  [`${DEFENDER}_scanarchives`]: { accepts: isBoolean },
  [`${DEFENDER}_scanafterdefinitionupdate`]: { accepts: isBoolean },
  [`${DEFENDER}_maximumondemandscanthreads`]: { accepts: within(1, 64) },
  [`${DEFENDER}_exclusionsmergepolicy`]: { accepts: oneOf('merge', 'admin_only') },
  [`${DEFENDER}_enablefilehashcomputation`]: { accepts: isBoolean },
  linux_mdatp_managed_cloudservice_enabled: { accepts: isBoolean },
  linux_mdatp_managed_cloudservice_automaticdefinitionupdateenabled: { accepts: isBoolean },
  // The sensor in the kernel comes with the next start, and for some kernels there is none.
  linux_mdatp_managed_networkprotection_enforcementlevel: {
    accepts: oneOf('disabled', 'audit', 'block'),
    distributions: ['ubuntu'],
    waitsFor: () => 'restart',
  },
}

export const settingOf = (id: string): LinuxSetting | undefined =>
  Object.hasOwn(linuxSettings, id) ? linuxSettings[id] : undefined

/** Carry one setting out. */
export function configure(item: LinuxItem, device: DeviceView, { chance, failure, after }: Attempt): ItemOutcome {
  const id = item.settingDefinitionItemId
  const setting = settingOf(id)
  const { edition = '' } = device.inventory.os
  if (!setting || setting.distributions?.includes(edition) === false)
    return { result: result(item, 'Unknown', { errorCode: errorCode.unknownSetting }) }
  if (!setting.accepts(item.value)) return { result: result(item, 'Error', { errorCode: errorCode.badValue }) }
  const waitsFor = device.settings[id] === item.value ? undefined : setting.waitsFor?.(device)
  if (waitsFor && after !== waitsFor) return { result: result(item, 'NonCompliant'), waitsFor }
  // Each retry is another chance.
  const tries = 1 + Number(device.settings[RETRIES] ?? 0)
  if (setting.script && Array.from({ length: tries }, () => chance.chance(failure)).every(Boolean))
    return { result: result(item, 'Error', { errorCode: errorCode.scriptFailed }) }
  return {
    result: result(item, 'Compliant'),
    settings: { [id]: item.value },
    ...(setting.enforces ? { posture: setting.enforces(item.value) } : {}),
  }
}

import type { AmapiResult, Inventory, NativeCommand, PolicyItem, SettingValue } from '@muster/shared/contracts'
import { compareVersions, HOUR_MS, MINUTE_MS, type Rng } from '@muster/shared/core'
import type { Attempt, CommandOutcome, DeviceView, ItemOutcome, Platform } from '../../domain/platform.ts'
import { modelFor } from '../model-for.ts'
import { fields, type PolicyField } from './fields.ts'

const GB = 1_000_000_000

const models = [
  { weight: 30, manufacturer: 'samsung', model: 'SM-S928B', storageGb: 256, memoryGb: 12 },
  { weight: 30, manufacturer: 'samsung', model: 'SM-A556B', storageGb: 128, memoryGb: 8 },
  { weight: 10, manufacturer: 'samsung', model: 'SM-X706B', storageGb: 128, memoryGb: 8 },
  { weight: 20, manufacturer: 'Google', model: 'Pixel 9', storageGb: 128, memoryGb: 12 },
  { weight: 10, manufacturer: 'Zebra Technologies', model: 'TC58', storageGb: 64, memoryGb: 6 },
] as const

/** Releases in a fleet with their API levels. */
const releases = [
  { weight: 40, version: '16', api: 36 },
  { weight: 25, version: '15', api: 35 },
  { weight: 18, version: '14', api: 34 },
  { weight: 9, version: '13', api: 33 },
  { weight: 8, version: '12', api: 31 },
] as const

const patches = ['2026-11-01', '2026-10-01', '2026-09-01', '2026-06-01'] as const

const result = (
  item: { readonly itemId: string },
  more: Omit<AmapiResult, 'itemId' | 'protocol'> = {},
): AmapiResult => ({
  itemId: item.itemId,
  protocol: 'amapi',
  ...more,
})

const apiLevel = ({ inventory }: DeviceView): number => {
  const major = Number(inventory.os.version.split('.')[0])
  return major <= 12 ? 31 : major + 20
}

/** Why a policy field is not in force here; `undefined` when it can be. */
function objection(
  field: PolicyField | undefined,
  value: unknown,
  device: DeviceView,
): AmapiResult['nonComplianceReason'] {
  if (!field) return 'UNSUPPORTED'
  if (field.apiLevel !== undefined && apiLevel(device) < field.apiLevel) return 'API_LEVEL'
  if (field.ownerOnly && !device.mode.supervised) return 'MANAGEMENT_MODE'
  return field.accepts(value) ? undefined : 'INVALID_VALUE'
}

function apply(item: PolicyItem, device: DeviceView, { chance, failure, after }: Attempt): ItemOutcome {
  if (item.protocol !== 'amapi') return { result: result(item, { nonComplianceReason: 'UNSUPPORTED' }) }
  const field = fields.get(item.settingName)
  const reason = objection(field, item.value, device)
  if (!field || reason) return { result: result(item, { nonComplianceReason: reason ?? 'UNSUPPORTED' }) }
  if (field.canFail && chance.chance(failure)) {
    return {
      result: result(item, { nonComplianceReason: 'APP_NOT_INSTALLED', specificNonComplianceReason: 'NETWORK_ERROR' }),
    }
  }
  if (field.userActs?.(item.value, device) && after !== 'user') {
    return { result: result(item, { nonComplianceReason: 'USER_ACTION' }), waitsFor: 'user' }
  }
  const posture = field.enforces?.(item.value)
  return {
    result: result(item),
    settings: { [item.settingName]: item.value as SettingValue },
    ...(posture ? { posture } : {}),
  }
}

function evaluate(item: PolicyItem, device: DeviceView): AmapiResult {
  if (item.protocol !== 'amapi') return result(item, { nonComplianceReason: 'UNSUPPORTED' })
  const { posture, os } = device.inventory
  const facts: Readonly<Record<string, unknown>> = {
    'softwareInfo.androidVersion': os.version,
    'softwareInfo.securityPatchLevel': os.securityPatch,
    'deviceSettings.encryptionStatus': posture.encrypted,
    'deviceSettings.isDeviceSecure': posture.passcodeSet,
    'deviceSettings.passwordLength': posture.passcodeSet ? posture.passcodeLength : 0,
    'deviceSettings.unknownSourcesEnabled': posture.unknownSourcesAllowed,
    'deviceSettings.adbEnabled': posture.usbDebugging,
    'securityPosture.rooted': posture.rooted,
    'securityPosture.verdict': posture.integrityVerdict,
  }
  const value = facts[item.settingName]
  return value === undefined
    ? result(item, { nonComplianceReason: 'UNSUPPORTED' })
    : result(item, { currentValue: value as NonNullable<AmapiResult['currentValue']> })
}

function perform(command: NativeCommand, device: DeviceView): CommandOutcome {
  const answer = (more: Omit<AmapiResult, 'itemId' | 'protocol'> = {}): CommandOutcome['result'] =>
    result({ itemId: 'command' }, more)
  if (command.protocol !== 'amapi') return { result: answer({ nonComplianceReason: 'UNSUPPORTED' }) }
  const needsOwner = command.type === 'WIPE' || command.type === 'REBOOT'
  if (needsOwner && !device.mode.supervised) return { result: answer({ nonComplianceReason: 'MANAGEMENT_MODE' }) }
  switch (command.type) {
    case 'WIPE':
      return { result: answer(), effect: 'wipe' }
    case 'RELINQUISH_OWNERSHIP':
      return { result: answer(), effect: 'unenrol' }
    case 'REBOOT':
      return { result: answer(), effect: 'restart' }
    case 'LOCK':
      return { result: answer(), effect: 'lock' }
    case 'RESET_PASSWORD':
      return { result: answer(), posture: { passcodeSet: true, passcodeLength: 8 } }
    case 'REQUEST_DEVICE_INFO':
      return { result: answer(), effect: 'sync' }
    case 'LOCATE':
      return { result: answer(), detail: { latitude: 59.91, longitude: 10.75 } }
    case 'SET_NAME':
      return { result: answer(), deviceName: String(command.parameters?.['name'] ?? '').slice(0, 60) }
    default:
      return { result: answer({ nonComplianceReason: 'UNSUPPORTED' }) }
  }
}

function describe(
  mode: Parameters<Platform['describe']>[0],
  chance: Rng,
  wanted?: Readonly<Record<string, number>>,
): Inventory {
  const hardware = modelFor(models, chance.fork('model'), wanted)
  const release = chance.fork('release').weighted(releases)
  const facts = chance.fork('facts')
  const rooted = facts.chance(0.003)
  return {
    deviceName: `${hardware.model}_${chance.fork('name').hex(6)}`,
    os: { name: 'Android', version: release.version, securityPatch: facts.pick(patches), edition: mode.id },
    hardware: {
      manufacturer: hardware.manufacturer,
      model: hardware.model,
      serialNumber: `R${chance.fork('serial').hex(10).toUpperCase()}`,
      imei: `35${String(chance.fork('imei').int(0, 9_999_999_999_999)).padStart(13, '0')}`,
      totalStorageBytes: hardware.storageGb * GB,
      physicalMemoryBytes: hardware.memoryGb * 1_073_741_824,
    },
    posture: {
      encrypted: true,
      passcodeSet: facts.chance(0.95),
      passcodeLength: facts.int(4, 8),
      rooted,
      integrityVerdict: rooted ? 'failed' : 'device',
      unknownSourcesAllowed: facts.chance(0.03),
      usbDebugging: facts.chance(0.02),
      secureHardware: true,
      freeStorageBytes: Math.round(hardware.storageGb * GB * (0.1 + 0.7 * facts.unit())),
    },
  }
}

/** Android, by Android Management API policy. */
export const android: Platform = {
  name: 'android',
  cadence: {
    afterEnrolment: [
      { everyMs: 3 * MINUTE_MS, forMs: 15 * MINUTE_MS },
      { everyMs: 15 * MINUTE_MS, forMs: 2 * HOUR_MS },
    ],
    steadyMs: 8 * HOUR_MS,
  },
  drifts: [
    { fact: 'unknownSourcesAllowed', to: true, perDay: 0.004, heals: true },
    { fact: 'usbDebugging', to: true, perDay: 0.003, heals: true },
    { fact: 'passcodeSet', to: false, perDay: 0.001, heals: true },
    { fact: 'rooted', to: true, perDay: 0.00005, heals: false },
  ],
  describe,
  apply,
  evaluate,
  perform,
  remove: (item, device) =>
    item.protocol === 'amapi' && device.settings[item.settingName] !== undefined
      ? { settings: { [item.settingName]: null } }
      : {},
  updater: {
    perDay: 1 / 45,
    next: (os) =>
      compareVersions(os.securityPatch?.replaceAll('-', '.') ?? '0', '2026.11.01') < 0
        ? { ...os, securityPatch: '2026-11-01' }
        : undefined,
  },
}

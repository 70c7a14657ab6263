import type { AmapiItem, AmapiResult, PolicyItem, SettingValue } from '@muster/shared/contracts'
import type { Attempt, DeviceView, ItemOutcome } from '../../domain/platform.ts'
import { addressesOf, install } from './applications.ts'
import { apiLevelOf } from './catalogue.ts'
import { fields, type PolicyField } from './fields.ts'
import { notInForce, result } from './result.ts'

/** Where a field is kept: its path without positions, `passwordPolicies.passwordMinimumLength`. */
const addressOf = ({ settingName, fieldPath }: AmapiItem): string =>
  (fieldPath ?? settingName).replaceAll(/\[\d+\]/g, '')

/** Why a policy field is not in force here; `undefined` when it can be. */
function objection(
  field: PolicyField | undefined,
  value: unknown,
  device: DeviceView,
): AmapiResult['nonComplianceReason'] {
  if (!field) return 'UNSUPPORTED'
  if (field.apiLevel !== undefined && apiLevelOf(device.inventory.os.version) < field.apiLevel) return 'API_LEVEL'
  if (field.ownerOnly && !device.mode.supervised) return 'MANAGEMENT_MODE'
  if (field.needs && !field.needs.has(device)) return field.needs.reason
  return field.accepts(value) ? undefined : 'INVALID_VALUE'
}

/** Bring one field of a policy into force, or say in a detail of noncompliance why not. */
export function applyField(item: AmapiItem, device: DeviceView, attempt: Attempt): ItemOutcome {
  if (item.settingName === 'applications') return install(item, device, attempt)
  const address = addressOf(item)
  const field = fields.get(address)
  const reason = objection(field, item.value, device)
  if (!field || reason) return { result: notInForce(item, reason ?? 'UNSUPPORTED') }
  const waits = field.userActs?.(item.value, device)
  if (waits && attempt.after !== 'user') return { result: notInForce(item, 'USER_ACTION'), waitsFor: 'user' }
  return {
    result: result(item),
    settings: { [address]: item.value as SettingValue },
    // What is better than it has to be stays so.
    ...(field.enforces && waits !== false ? { posture: field.enforces(item.value) } : {}),
  }
}

/** Networks and apps go with their policy; the rest stays as the policy left it. */
export function removeField(item: PolicyItem, device: DeviceView): Pick<ItemOutcome, 'settings'> {
  if (item.protocol !== 'amapi') return {}
  const own = item.settingName === 'applications' ? addressesOf(item) : fieldAddresses(item)
  const held = own.filter((address) => device.settings[address] !== undefined)
  return held.length === 0 ? {} : { settings: Object.fromEntries(held.map((address) => [address, null])) }
}

const fieldAddresses = (item: AmapiItem): readonly string[] =>
  fields.get(addressOf(item))?.removed ? [addressOf(item)] : []

/** Answer one rule of a compliance policy from the device's report. */
export function answer(item: AmapiItem, { inventory: { posture, os } }: DeviceView): AmapiResult {
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
  const value = Object.hasOwn(facts, item.settingName) ? facts[item.settingName] : undefined
  return value === undefined
    ? notInForce(item, 'UNSUPPORTED')
    : result(item, { currentValue: value as NonNullable<AmapiResult['currentValue']> })
}

import type { AmapiItem, AmapiResult, ItemResult, SettingValue } from '@muster/shared/contracts'
import type { Management, SettingOutcome } from '../management.ts'
import { type AndroidSetting, androidSettings, settingOf } from './settings.ts'

/** Reasons that mean that the device cannot have the setting at all. */
const notHere: ReadonlySet<string> = new Set(['API_LEVEL', 'MANAGEMENT_MODE', 'UNSUPPORTED', 'DEVICE_INCOMPATIBLE'])

type Reading = Omit<SettingOutcome, 'setting'>

/** One detail of noncompliance, or word that the field is in force. */
function readingOf(setting: AndroidSetting, wanted: SettingValue, answer: ItemResult | undefined): Reading {
  if (!answer) return { state: 'pending' }
  if (answer.protocol !== 'amapi') return { state: 'error', errorCode: 'protocol' }
  const reason = answer.nonComplianceReason
  if (reason !== undefined) return notInForce(reason, answer)
  if (setting.kind === 'configuration') return { state: 'compliant' }
  const actual = answer.currentValue
  const shown =
    typeof actual === 'string' || typeof actual === 'number' || typeof actual === 'boolean' ? { actual } : {}
  return { state: setting.meets?.(wanted, actual) ? 'compliant' : 'nonCompliant', ...shown }
}

function notInForce(
  reason: NonNullable<AmapiResult['nonComplianceReason']>,
  { installationFailureReason, specificNonComplianceReason }: AmapiResult,
): Reading {
  if (notHere.has(reason)) return { state: 'notApplicable', errorCode: reason }
  if (reason === 'USER_ACTION' || reason === 'PENDING') return { state: 'pending', errorCode: reason }
  const errorCode = installationFailureReason ?? specificNonComplianceReason ?? reason
  return { state: installationFailureReason === 'IN_PROGRESS' ? 'pending' : 'error', errorCode }
}

/** Where several items carry a setting, what one of them says to its disadvantage counts. */
const weight: Readonly<Record<SettingOutcome['state'], number>> = {
  error: 6,
  notApplicable: 5,
  conflict: 4,
  pending: 3,
  nonCompliant: 2,
  remediated: 1,
  compliant: 0,
}

const worst = (readings: readonly Reading[]): Reading =>
  readings.reduce((a, b) => (weight[b.state] > weight[a.state] ? b : a))

/** Where an element of a list is meant, its path has the position. */
function itemsFor(setting: AndroidSetting, value: SettingValue): readonly AmapiItem[] {
  const { kind, name, field, installType } = setting
  const common = { covers: [name], protocol: 'amapi' as const }
  if (installType) return appItems(setting, value, installType)
  if (kind === 'compliance') return [{ ...common, itemId: name, settingName: field, value: null }]
  const [settingName = field] = field.split('.')
  const native = setting.native ? setting.native(value) : (value as AmapiItem['value'])
  const path = settingName === field ? {} : { fieldPath: field.replace(/^passwordPolicies\./, 'passwordPolicies[0].') }
  return [{ ...common, itemId: name, settingName, ...path, value: native }]
}

/** One item for each package. */
function appItems({ name }: AndroidSetting, value: SettingValue, installType: string): readonly AmapiItem[] {
  const packages = Array.isArray(value) ? [...new Set(value)] : []
  return packages.map((packageName, index) => ({
    itemId: `${name}/${index}`,
    covers: [name],
    protocol: 'amapi',
    settingName: 'applications',
    fieldPath: `applications[${index}].installType`,
    value: { packageName, installType },
  }))
}

const command = (type: string, parameters?: Record<string, string>) =>
  ({ protocol: 'amapi', type, ...(parameters ? { parameters } : {}) }) as const

/** How the control service speaks Android: policy fields and their reasons for not being in force. */
export const androidManagement: Management = {
  platforms: ['android'],
  settings: androidSettings,
  render: (kind, wanted) =>
    androidSettings.flatMap((setting) => {
      const value = wanted[setting.name]
      return setting.kind !== kind || value === undefined ? [] : itemsFor(setting, value)
    }),
  interpret: (kind, wanted, items, results) => {
    const byItem = new Map(results.map((result) => [result.itemId, result]))
    return Object.entries(wanted).flatMap(([name, value]): SettingOutcome[] => {
      const setting = settingOf(kind, name)
      if (!setting) return []
      const own = items.filter(({ covers }) => covers.includes(name))
      // An empty list asks for nothing.
      if (own.length === 0) return [{ setting: name, state: 'compliant' }]
      return [{ setting: name, ...worst(own.map(({ itemId }) => readingOf(setting, value, byItem.get(itemId)))) }]
    })
  },
  renderAction: (action, parameters, { mode }) => {
    const corporate = mode.ownership === 'company'
    switch (action) {
      case 'syncDevice':
        return command('REQUEST_DEVICE_INFO')
      case 'wipe':
        return corporate ? command('WIPE') : undefined
      case 'retire':
        return corporate ? undefined : command('RELINQUISH_OWNERSHIP')
      // Deleting a corporate device wipes it; a personal one keeps what is its owner's.
      case 'delete':
        return corporate ? command('WIPE') : command('RELINQUISH_OWNERSHIP')
      case 'rebootNow':
        return corporate ? command('REBOOT') : undefined
      case 'remoteLock':
        return command('LOCK')
      case 'resetPasscode':
        return command('RESET_PASSWORD')
      case 'setDeviceName':
        return command('SET_NAME', { name: String(parameters['deviceName'] ?? '') })
      case 'locateDevice':
        return corporate ? command('LOCATE') : undefined
      default:
        return undefined
    }
  },
  interpretAction: ({ result }) => {
    if (result.protocol !== 'amapi') return 'failed'
    if (result.nonComplianceReason === undefined) return 'done'
    return notHere.has(result.nonComplianceReason) ? 'notSupported' : 'failed'
  },
}

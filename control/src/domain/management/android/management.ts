import type { AmapiItem, ItemResult, PolicyKind, SettingValue } from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import type { Management, SettingDefinition, SettingOutcome } from '../management.ts'

interface AndroidSetting extends SettingDefinition {
  /** Policy field that carries it, or device field that answers it. */
  readonly field: string
  readonly native?: (value: SettingValue) => AmapiItem['value']
  readonly meets?: (wanted: SettingValue, actual: unknown) => boolean
}

const rule = (
  name: string,
  displayName: string,
  field: string,
  value: SettingDefinition['value'],
  stricter: NonNullable<SettingDefinition['stricter']>,
  meets: NonNullable<AndroidSetting['meets']>,
  remedy: string,
): AndroidSetting => ({
  name,
  kind: 'compliance',
  definitionId: `android_compliance_${name.toLowerCase()}`,
  displayName,
  value,
  stricter,
  field,
  meets,
  remedy,
})

const boolean = { type: 'boolean' } as const
const version = { type: 'version' } as const
const isTrue = (wanted: SettingValue, actual: unknown): boolean => wanted !== true || actual === true
const isFalse = (wanted: SettingValue, actual: unknown): boolean => wanted !== true || actual === false

const compliance: readonly AndroidSetting[] = [
  rule(
    'osMinimumVersion',
    'Minimum OS version',
    'softwareInfo.androidVersion',
    version,
    'higher',
    (w, a) => compareVersions(String(a), String(w)) >= 0,
    'Update Android.',
  ),
  rule(
    'osMaximumVersion',
    'Maximum OS version',
    'softwareInfo.androidVersion',
    version,
    'lower',
    (w, a) => compareVersions(String(a), String(w)) <= 0,
    'This version of Android is not allowed yet.',
  ),
  rule(
    'minAndroidSecurityPatchLevel',
    'Minimum security patch level',
    'softwareInfo.securityPatchLevel',
    { type: 'string', maxLength: 10, pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
    'higher',
    (w, a) => String(a) >= String(w),
    'Install the pending security update.',
  ),
  rule(
    'storageRequireEncryption',
    'Encryption of data storage',
    'deviceSettings.encryptionStatus',
    boolean,
    'true',
    isTrue,
    'Encrypt the device.',
  ),
  rule('passwordRequired', 'Password', 'deviceSettings.isDeviceSecure', boolean, 'true', isTrue, 'Set a screen lock.'),
  rule(
    'passwordMinimumLength',
    'Minimum password length',
    'deviceSettings.passwordLength',
    { type: 'integer', min: 4, max: 16 },
    'higher',
    (w, a) => Number(a) >= Number(w),
    'Choose a longer screen lock.',
  ),
  rule(
    'securityBlockJailbrokenDevices',
    'Rooted devices',
    'securityPosture.rooted',
    boolean,
    'true',
    isFalse,
    'Restore the original system.',
  ),
  rule(
    'securityRequireSafetyNetAttestationBasicIntegrity',
    'Basic integrity',
    'securityPosture.verdict',
    boolean,
    'true',
    (w, a) => w !== true || a !== 'failed',
    'Restore the original system.',
  ),
  rule(
    'securityRequireSafetyNetAttestationCertifiedDevice',
    'Certified device',
    'securityPosture.verdict',
    boolean,
    'true',
    (w, a) => w !== true || a === 'device',
    'Restore the original system.',
  ),
  rule(
    'securityPreventInstallAppsFromUnknownSources',
    'Apps from unknown sources',
    'deviceSettings.unknownSourcesEnabled',
    boolean,
    'true',
    isFalse,
    'Switch installation from unknown sources off.',
  ),
  rule(
    'securityDisableUsbDebugging',
    'USB debugging',
    'deviceSettings.adbEnabled',
    boolean,
    'true',
    isFalse,
    'Switch USB debugging off.',
  ),
]

const config = (
  name: string,
  displayName: string,
  field: string,
  value: SettingDefinition['value'],
  native?: AndroidSetting['native'],
): AndroidSetting => ({
  name,
  kind: 'configuration',
  definitionId: `android_${field.toLowerCase().replaceAll('.', '_')}`,
  displayName,
  value,
  field,
  ...(native ? { native } : {}),
})

const either = (yes: string, no: string) => (value: SettingValue) => (value === true ? yes : no)

const configuration: readonly AndroidSetting[] = [
  config('passwordMinimumLength', 'Minimum password length', 'passwordPolicies.passwordMinimumLength', {
    type: 'integer',
    min: 4,
    max: 16,
  }),
  config('passwordComplexity', 'Password complexity', 'passwordPolicies.passwordQuality', {
    type: 'choice',
    choices: ['COMPLEXITY_LOW', 'COMPLEXITY_MEDIUM', 'COMPLEXITY_HIGH'],
  }),
  config(
    'passwordSignInFailureCountBeforeFactoryReset',
    'Failed passwords before a wipe',
    'passwordPolicies.maximumFailedPasswordsForWipe',
    { type: 'integer', min: 4, max: 11 },
  ),
  config('passwordMinutesOfInactivityBeforeScreenTimeout', 'Minutes of inactivity before lock', 'maximumTimeToLock', {
    type: 'integer',
    min: 1,
    max: 1_440,
  }),
  config(
    'cameraBlocked',
    'Block the camera',
    'cameraAccess',
    boolean,
    either('CAMERA_ACCESS_DISABLED', 'CAMERA_ACCESS_USER_CHOICE'),
  ),
  config('screenCaptureBlocked', 'Block screen capture', 'screenCaptureDisabled', boolean),
  config('factoryResetBlocked', 'Block factory reset', 'factoryResetDisabled', boolean),
  config(
    'securityAllowDebuggingFeatures',
    'Allow developer settings',
    'advancedSecurityOverrides.developerSettings',
    boolean,
    either('DEVELOPER_SETTINGS_ALLOWED', 'DEVELOPER_SETTINGS_DISABLED'),
  ),
  config(
    'appsBlockInstallFromUnknownSources',
    'Block unknown sources',
    'advancedSecurityOverrides.untrustedAppsPolicy',
    boolean,
    either('DISALLOW_INSTALL', 'ALLOW_INSTALL_DEVICE_WIDE'),
  ),
  config(
    'storageBlockUsbFileTransfer',
    'Block USB file transfer',
    'deviceConnectivityManagement.usbDataAccess',
    boolean,
    either('DISALLOW_USB_FILE_TRANSFER', 'ALLOW_USB_DATA_TRANSFER'),
  ),
  config(
    'ultraWidebandBlocked',
    'Block ultra wideband',
    'deviceRadioState.ultraWidebandState',
    boolean,
    either('ULTRA_WIDEBAND_DISABLED', 'ULTRA_WIDEBAND_USER_CHOICE'),
  ),
  config('bluetoothBlocked', 'Block Bluetooth', 'bluetoothDisabled', boolean),
  config('systemUpdateInstallType', 'System updates', 'systemUpdate.type', {
    type: 'choice',
    choices: ['AUTOMATIC', 'WINDOWED', 'POSTPONE'],
  }),
  config('requiredApps', 'Required apps', 'applications.forceInstalled', { type: 'strings', maxItems: 50 }),
]

const settings: readonly AndroidSetting[] = [...compliance, ...configuration]

/** Reasons that mean that the device cannot have the setting at all. */
const notHere: ReadonlySet<string> = new Set(['API_LEVEL', 'MANAGEMENT_MODE', 'UNSUPPORTED', 'DEVICE_INCOMPATIBLE'])

function outcomeOf(setting: AndroidSetting, wanted: SettingValue, answer: ItemResult | undefined): SettingOutcome {
  const state = (value: SettingOutcome['state']): SettingOutcome => ({ setting: setting.name, state: value })
  if (!answer) return state('pending')
  if (answer.protocol !== 'amapi') return { ...state('error'), errorCode: 'protocol' }
  const reason = answer.nonComplianceReason
  if (reason !== undefined && notHere.has(reason)) return { ...state('notApplicable'), errorCode: reason }
  if (reason === 'USER_ACTION' || reason === 'PENDING') return { ...state('pending'), errorCode: reason }
  if (reason !== undefined) return { ...state('error'), errorCode: answer.specificNonComplianceReason ?? reason }
  if (setting.kind === 'configuration') return state('compliant')
  const actual = answer.currentValue
  const shown =
    typeof actual === 'string' || typeof actual === 'number' || typeof actual === 'boolean' ? { actual } : {}
  return { ...state(setting.meets?.(wanted, actual) ? 'compliant' : 'nonCompliant'), ...shown }
}

const settingOf = (kind: PolicyKind, name: string): AndroidSetting | undefined =>
  settings.find((setting) => setting.kind === kind && setting.name === name)

const command = (type: string, parameters?: Record<string, string>) =>
  ({ protocol: 'amapi', type, ...(parameters ? { parameters } : {}) }) as const

/** How the control service speaks Android: policy fields and their reasons for not being in force. */
export const androidManagement: Management = {
  platforms: ['android'],
  settings,
  render: (kind, wanted) =>
    settings.flatMap((setting): AmapiItem[] => {
      const value = wanted[setting.name]
      if (setting.kind !== kind || value === undefined) return []
      const native =
        kind === 'compliance' ? null : setting.native ? setting.native(value) : (value as AmapiItem['value'])
      return [
        { itemId: setting.name, covers: [setting.name], protocol: 'amapi', settingName: setting.field, value: native },
      ]
    }),
  interpret: (kind, wanted, _items, results) => {
    const byItem = new Map(results.map((result) => [result.itemId, result]))
    return Object.entries(wanted).flatMap(([name, value]) => {
      const setting = settingOf(kind, name)
      return setting ? [outcomeOf(setting, value, byItem.get(name))] : []
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

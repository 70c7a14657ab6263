import type { AmapiItem, PolicyKind, SettingValue } from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import type { SettingDefinition } from '../management.ts'

/** Where a setting lives in the policy or the device's report, and how its value is written there. */
export interface AndroidSetting extends SettingDefinition {
  /** Path of the policy field that carries it, or of the device field that answers it. */
  readonly field: string
  readonly native?: (value: SettingValue) => AmapiItem['value']
  /** A list of packages, each an element of `applications`. */
  readonly installType?: 'FORCE_INSTALLED' | 'BLOCKED'
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

const apps = { type: 'strings', maxItems: 50 } as const
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
  config(
    'googlePlayProtectEnforced',
    'Enforce Play Protect',
    'advancedSecurityOverrides.googlePlayProtectVerifyApps',
    boolean,
    either('VERIFY_APPS_ENFORCED', 'VERIFY_APPS_USER_CHOICE'),
  ),
  config(
    'locationEnforced',
    'Keep location on',
    'locationMode',
    boolean,
    either('LOCATION_ENFORCED', 'LOCATION_USER_CHOICE'),
  ),
  config('wiFiNetworkName', 'Wi-Fi network', 'openNetworkConfiguration', {
    type: 'string',
    maxLength: 32,
    pattern: '^.+$',
  }),
  { ...config('requiredApps', 'Required apps', 'applications', apps), installType: 'FORCE_INSTALLED' },
  {
    ...config('blockedApps', 'Blocked apps', 'applications', apps),
    definitionId: 'android_applications_blocked',
    installType: 'BLOCKED',
  },
]

export const androidSettings: readonly AndroidSetting[] = [...compliance, ...configuration]

export const settingOf = (kind: PolicyKind, name: string): AndroidSetting | undefined =>
  androidSettings.find((setting) => setting.kind === kind && setting.name === name)

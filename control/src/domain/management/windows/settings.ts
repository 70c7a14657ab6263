import type { SettingDefinition } from '../management.ts'

/** Where a setting lives in the CSP tree, and how its value is written there. */
export interface WindowsSetting extends SettingDefinition {
  readonly uri: string
  /** Native value that the wanted one becomes. Compliance: the value that a compliant device answers with. */
  readonly native?: (value: string | number | boolean) => string | number | boolean
  /** How an answer is held against what is wanted; equality when absent. */
  readonly compare?: 'at-least' | 'version-at-least' | 'version-at-most'
  /** The part in braces of the URI, where the server names the node: it is added before it is written. */
  readonly named?: (value: string) => string
}

const onOff = (on: number, off: number) => (value: string | number | boolean) => (value === true ? on : off)

const demand = (
  name: string,
  displayName: string,
  uri: string,
  answer: string | number | boolean,
  remedy: string,
): WindowsSetting => ({
  name,
  kind: 'compliance',
  definitionId: `device_vendor_msft_devicestatus_${name.toLowerCase()}`,
  displayName,
  value: { type: 'boolean' },
  stricter: 'true',
  uri,
  native: () => answer,
  remedy,
})

const STATUS = './Vendor/MSFT/DeviceStatus'

/** Rules of a compliance policy: names as in windows10CompliancePolicy. */
const compliance: readonly WindowsSetting[] = [
  demand(
    'bitLockerEnabled',
    'BitLocker',
    `${STATUS}/Compliance/EncryptionCompliance`,
    1,
    'Turn BitLocker on for the system drive.',
  ),
  demand(
    'storageRequireEncryption',
    'Encryption of data storage',
    `${STATUS}/Compliance/EncryptionCompliance`,
    1,
    'Encrypt the system drive.',
  ),
  demand(
    'secureBootEnabled',
    'Secure Boot',
    `${STATUS}/SecureBootState`,
    1,
    'Switch Secure Boot on in the firmware settings.',
  ),
  demand(
    'codeIntegrityEnabled',
    'Code integrity',
    `${STATUS}/DeviceGuard/HypervisorEnforcedCodeIntegrityStatus`,
    0,
    'Switch memory integrity on.',
  ),
  demand(
    'activeFirewallRequired',
    'Firewall',
    `${STATUS}/Firewall/Status`,
    0,
    'Switch the firewall on for every network.',
  ),
  demand('antivirusRequired', 'Antivirus', `${STATUS}/Antivirus/Status`, 0, 'Switch the antivirus on.'),
  demand(
    'signatureOutOfDate',
    'Antivirus signatures up to date',
    `${STATUS}/Antivirus/SignatureStatus`,
    1,
    'Update the antivirus signatures.',
  ),
  demand(
    'antiSpywareRequired',
    'Antispyware',
    `${STATUS}/Antispyware/Status`,
    0,
    'Switch the protection against spyware on.',
  ),
  demand(
    'rtpEnabled',
    'Real-time protection',
    './Device/Vendor/MSFT/Defender/Health/RtpEnabled',
    true,
    'Switch real-time protection on.',
  ),
  demand(
    'tpmRequired',
    'Trusted Platform Module',
    `${STATUS}/TPM/SpecificationVersion`,
    '2.0',
    'Switch the TPM on in the firmware settings.',
  ),
  demand(
    'passwordRequired',
    'Password',
    './Device/Vendor/MSFT/Policy/Result/DeviceLock/DevicePasswordEnabled',
    0,
    'Set a password.',
  ),
  {
    name: 'passwordMinimumLength',
    kind: 'compliance',
    definitionId: 'device_vendor_msft_devicestatus_passwordminimumlength',
    displayName: 'Minimum password length',
    value: { type: 'integer', min: 4, max: 16 },
    stricter: 'higher',
    uri: './Device/Vendor/MSFT/Policy/Result/DeviceLock/MinDevicePasswordLength',
    compare: 'at-least',
    remedy: 'Choose a longer password.',
  },
  {
    name: 'osMinimumVersion',
    kind: 'compliance',
    definitionId: 'device_devdetail_swv_minimum',
    displayName: 'Minimum OS version',
    value: { type: 'version' },
    stricter: 'higher',
    uri: './DevDetail/SwV',
    compare: 'version-at-least',
    remedy: 'Install the pending Windows updates.',
  },
  {
    name: 'osMaximumVersion',
    kind: 'compliance',
    definitionId: 'device_devdetail_swv_maximum',
    displayName: 'Maximum OS version',
    value: { type: 'version' },
    stricter: 'lower',
    uri: './DevDetail/SwV',
    compare: 'version-at-most',
    remedy: 'This version of Windows is not allowed yet.',
  },
]

const config = (
  name: string,
  displayName: string,
  uri: string,
  value: SettingDefinition['value'],
  native?: WindowsSetting['native'],
): WindowsSetting => ({
  name,
  kind: 'configuration',
  definitionId: uri.slice(2).toLowerCase().replaceAll('/', '_'),
  displayName,
  value,
  uri,
  ...(native ? { native } : {}),
})

const POLICY = './Device/Vendor/MSFT/Policy/Config'
const FIREWALL = './Vendor/MSFT/Firewall/MdmStore'

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`)

/** A profile for a network that asks for nothing: whoever wants a secret in it hands it out by certificate. */
const wlanProfile = (ssid: string): string =>
  `<WLANProfile xmlns="http://www.microsoft.com/networking/WLAN/profile/v1"><name>${escaped(ssid)}</name>` +
  `<SSIDConfig><SSID><name>${escaped(ssid)}</name></SSID></SSIDConfig><connectionType>ESS</connectionType>` +
  '<connectionMode>auto</connectionMode><MSM><security><authEncryption><authentication>OWE</authentication>' +
  '<encryption>AES</encryption></authEncryption></security></MSM></WLANProfile>'

const configuration: readonly WindowsSetting[] = [
  {
    name: 'wiFiNetworkName',
    kind: 'configuration',
    definitionId: 'vendor_msft_wifi_profile_{ssid}_wlanxml',
    displayName: 'Wi-Fi network',
    value: { type: 'string', maxLength: 32, pattern: '^.+$' },
    uri: './Device/Vendor/MSFT/WiFi/Profile/{ssid}/WlanXml',
    named: (ssid) => encodeURIComponent(ssid.toWellFormed()),
    native: (ssid) => wlanProfile(String(ssid)),
  },
  config('passwordExpirationDays', 'Days until a password expires', `${POLICY}/DeviceLock/DevicePasswordExpiration`, {
    type: 'integer',
    min: 0,
    max: 730,
  }),
  config(
    'passwordMinimumCharacterSetCount',
    'Kinds of characters in a password',
    `${POLICY}/DeviceLock/MinDevicePasswordComplexCharacters`,
    { type: 'integer', min: 1, max: 4 },
  ),
  config(
    'bitLockerAllowWarningForOtherDiskEncryption',
    'Warn of other disk encryption',
    './Device/Vendor/MSFT/BitLocker/AllowWarningForOtherDiskEncryption',
    { type: 'boolean' },
    onOff(1, 0),
  ),
  // The node means the opposite of its name: 0 demands a password.
  config(
    'passwordRequired',
    'Password',
    `${POLICY}/DeviceLock/DevicePasswordEnabled`,
    { type: 'boolean' },
    onOff(0, 1),
  ),
  config('passwordMinimumLength', 'Minimum password length', `${POLICY}/DeviceLock/MinDevicePasswordLength`, {
    type: 'integer',
    min: 4,
    max: 16,
  }),
  config(
    'passwordMinutesOfInactivityBeforeScreenTimeout',
    'Minutes of inactivity before lock',
    `${POLICY}/DeviceLock/MaxInactivityTimeDeviceLock`,
    {
      type: 'integer',
      min: 0,
      max: 999,
    },
  ),
  config(
    'passwordPreviousPasswordBlockCount',
    'Passwords not to be used again',
    `${POLICY}/DeviceLock/DevicePasswordHistory`,
    {
      type: 'integer',
      min: 0,
      max: 50,
    },
  ),
  config(
    'defenderRequireRealTimeMonitoring',
    'Real-time monitoring',
    `${POLICY}/Defender/AllowRealtimeMonitoring`,
    { type: 'boolean' },
    onOff(1, 0),
  ),
  config('defenderPotentiallyUnwantedAppAction', 'Unwanted apps', `${POLICY}/Defender/PUAProtection`, {
    type: 'integer',
    min: 0,
    max: 2,
  }),
  config('defenderCloudBlockLevel', 'Cloud block level', `${POLICY}/Defender/CloudBlockLevel`, {
    type: 'integer',
    min: 0,
    max: 6,
  }),
  config(
    'qualityUpdatesDeferralPeriodInDays',
    'Deferral of quality updates',
    `${POLICY}/Update/DeferQualityUpdatesPeriodInDays`,
    {
      type: 'integer',
      min: 0,
      max: 30,
    },
  ),
  config(
    'qualityUpdatesDeadlineInDays',
    'Deadline for quality updates',
    `${POLICY}/Update/ConfigureDeadlineForQualityUpdates`,
    {
      type: 'integer',
      min: 0,
      max: 30,
    },
  ),
  config('cortanaBlocked', 'Block Cortana', `${POLICY}/Experience/AllowCortana`, { type: 'boolean' }, onOff(0, 1)),
  config('diagnosticsDataLevel', 'Diagnostic data', `${POLICY}/System/AllowTelemetry`, {
    type: 'integer',
    min: 0,
    max: 3,
  }),
  config(
    'bluetoothBlocked',
    'Block Bluetooth',
    `${POLICY}/Connectivity/AllowBluetooth`,
    { type: 'boolean' },
    onOff(0, 2),
  ),
  config(
    'virtualizationBasedSecurity',
    'Virtualization based security',
    `${POLICY}/DeviceGuard/EnableVirtualizationBasedSecurity`,
    { type: 'boolean' },
    onOff(1, 0),
  ),
  config(
    'recallBlocked',
    'Block snapshots for Recall',
    `${POLICY}/WindowsAI/DisableAIDataAnalysis`,
    { type: 'boolean' },
    onOff(1, 0),
  ),
  config(
    'bitLockerEncryptDevice',
    'Encrypt devices',
    './Device/Vendor/MSFT/BitLocker/RequireDeviceEncryption',
    { type: 'boolean' },
    onOff(1, 0),
  ),
  config('firewallProfileDomain', 'Firewall on domain networks', `${FIREWALL}/DomainProfile/EnableFirewall`, {
    type: 'boolean',
  }),
  config('firewallProfilePrivate', 'Firewall on private networks', `${FIREWALL}/PrivateProfile/EnableFirewall`, {
    type: 'boolean',
  }),
  config('firewallProfilePublic', 'Firewall on public networks', `${FIREWALL}/PublicProfile/EnableFirewall`, {
    type: 'boolean',
  }),
]

export const windowsSettings: readonly WindowsSetting[] = [...compliance, ...configuration]

import { type CspNode, policy, setting } from './csp-node.ts'

const deviceLock: readonly CspNode[] = [
  // 0 demands a password, whatever the name says.
  policy('DeviceLock', 'DevicePasswordEnabled', [0, 1], {
    waitsFor: 'user',
    met: (value, { inventory }) => value === 1 || inventory.posture.passcodeSet === true,
    enforces: (value) => (value === 0 ? { passcodeSet: true, passcodeLength: 8 } : {}),
    tattooed: true,
  }),
  policy('DeviceLock', 'MinDevicePasswordLength', [4, 16]),
  policy('DeviceLock', 'AlphanumericDevicePasswordRequired', [0, 2]),
  policy('DeviceLock', 'MinDevicePasswordComplexCharacters', [1, 4]),
  policy('DeviceLock', 'DevicePasswordExpiration', [0, 730]),
  policy('DeviceLock', 'DevicePasswordHistory', [0, 50]),
  policy('DeviceLock', 'MaxDevicePasswordFailedAttempts', [0, 999]),
  policy('DeviceLock', 'MaxInactivityTimeDeviceLock', [0, 999]),
]

const TAMPERED = '0x80070005'
const defender: readonly CspNode[] = [
  policy('Defender', 'AllowRealtimeMonitoring', [0, 1], {
    mayFail: TAMPERED,
    enforces: (value) => (value === 1 ? { antivirusOn: true } : {}),
  }),
  policy('Defender', 'PUAProtection', [0, 2]),
  policy('Defender', 'CloudBlockLevel', [0, 6]),
  policy('Defender', 'SubmitSamplesConsent', [0, 3]),
  policy('Defender', 'SignatureUpdateInterval', [0, 24]),
]

const update: readonly CspNode[] = [
  policy('Update', 'DeferQualityUpdatesPeriodInDays', [0, 30], { notOnHome: true }),
  policy('Update', 'DeferFeatureUpdatesPeriodInDays', [0, 365], { notOnHome: true }),
  policy('Update', 'AllowAutoUpdate', [0, 5], { notOnHome: true }),
  policy('Update', 'ConfigureDeadlineForQualityUpdates', [0, 30], { notOnHome: true }),
  policy('Update', 'ConfigureDeadlineGracePeriod', [0, 7], { notOnHome: true }),
]

const device: readonly CspNode[] = [
  policy('Experience', 'AllowCortana', [0, 1]),
  policy('System', 'AllowTelemetry', [0, 3]),
  policy('Connectivity', 'AllowBluetooth', [0, 2]),
  policy('DeviceGuard', 'EnableVirtualizationBasedSecurity', [0, 1], {
    notOnHome: true,
    waitsFor: 'restart',
    enforces: (value) => (value === 1 ? { codeIntegrity: true } : {}),
    tattooed: true,
  }),
  policy('WindowsAI', 'DisableAIDataAnalysis', [0, 1], { build: 26_100 }),
]

const TPM_NOT_FOUND = '0x8028400F'
const bitLocker: readonly CspNode[] = [
  setting('./Device/Vendor/MSFT/BitLocker/RequireDeviceEncryption', 'int', {
    range: [0, 1],
    notOnHome: true,
    waitsFor: 'restart',
    met: (value, { inventory }) => value === 0 || inventory.posture.encrypted === true,
    fails: (value, { inventory }) =>
      value === 1 && inventory.posture.secureHardware === false ? TPM_NOT_FOUND : undefined,
    mayFail: '0x80310059',
    enforces: (value) => (value === 1 ? { encrypted: true } : {}),
    tattooed: true,
  }),
  setting('./Device/Vendor/MSFT/BitLocker/AllowWarningForOtherDiskEncryption', 'int', {
    range: [0, 1],
    notOnHome: true,
    tattooed: true,
  }),
  setting('./Device/Vendor/MSFT/BitLocker/ConfigureRecoveryPasswordRotation', 'int', {
    range: [0, 2],
    notOnHome: true,
    tattooed: true,
  }),
]

const SERVICE_DISABLED = '0x80070422'
const FIREWALL = './Device/Vendor/MSFT/Firewall/MdmStore'
const firewall: readonly CspNode[] = [
  ...['DomainProfile', 'PrivateProfile', 'PublicProfile'].map((profile) =>
    setting(`${FIREWALL}/${profile}/EnableFirewall`, 'bool', {
      mayFail: SERVICE_DISABLED,
      enforces: (value) => (value === true ? { firewallOn: true } : {}),
    }),
  ),
  { uri: `${FIREWALL}/FirewallRules/{name}`, verbs: ['Get', 'Add', 'Delete'], format: 'node' },
  setting(`${FIREWALL}/FirewallRules/{name}/Protocol`, 'int', { range: [0, 255] }),
  setting(`${FIREWALL}/FirewallRules/{name}/LocalPortRanges`, 'chr', { pattern: /^[\d,-]+$/ }),
  setting(`${FIREWALL}/FirewallRules/{name}/Action/Type`, 'int', { range: [0, 1] }),
  setting(`${FIREWALL}/FirewallRules/{name}/Direction`, 'chr', { pattern: /^(IN|OUT)$/ }),
  setting(`${FIREWALL}/FirewallRules/{name}/Enabled`, 'bool'),
]

const SERVICE_NOT_STARTED = '0x80070426'
const networks: readonly CspNode[] = [
  { uri: './Device/Vendor/MSFT/WiFi/Profile/{ssid}', verbs: ['Get', 'Add', 'Delete'], format: 'node' },
  setting('./Device/Vendor/MSFT/WiFi/Profile/{ssid}/WlanXml', 'xml', {
    pattern: /^<WLANProfile[\s>][\s\S]*<\/WLANProfile>$/,
    mayFail: SERVICE_NOT_STARTED,
  }),
  setting('./Device/Vendor/MSFT/RootCATrustedCertificates/Root/{sha1}/EncodedCertificate', 'b64', {
    pattern: /^[A-Za-z0-9+/]+=*$/,
  }),
]

/** What policies set. Sources: Policy, BitLocker, Firewall, WiFi and RootCATrustedCertificates CSP. */
export const settingNodes: readonly CspNode[] = [
  ...deviceLock,
  ...defender,
  ...update,
  ...device,
  ...bitLocker,
  ...firewall,
  ...networks,
]

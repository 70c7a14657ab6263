import type { SettingValue } from '@muster/shared/contracts'
import type { DeviceView } from '../../domain/platform.ts'
import { valuesAt } from './addresses.ts'
import { type Answer, acknowledged, type Call, failed } from './answer.ts'
import { LOST_MODE } from './lost-mode.ts'
import { combinedRequirement, meets } from './passcode.ts'
import type { Json } from './payload.ts'
import { FIREWALL, GATEKEEPER } from './profile-payloads.ts'
import { installedProfiles } from './profiles.ts'
import type { SchemaSystem } from './support.ts'
import { type AppleSystem, enrolmentOf, modelNamed } from './system.ts'

const GB = 1_000_000_000

const strings = (value: Json | undefined): string[] => (Array.isArray(value) ? value.map(String) : [])

/** Answers what was asked for and can be told; other queries are left out, as devices do. */
export function deviceInformation({ payload, device, system }: Call): Answer {
  const known = information(device, system)
  const asked = strings(payload['Queries']).filter((query) => known[query] !== undefined)
  return acknowledged({
    response: { QueryResponses: Object.fromEntries(asked.map((query) => [query, known[query] as Json])) },
  })
}

function information(device: DeviceView, system: AppleSystem): Record<string, Json | undefined> {
  const { deviceName, hardware, os, posture } = device.inventory
  const model = modelNamed(system, hardware.model)
  const anonymous = enrolmentOf(system, device.mode) === 'user'
  const on = (systems: readonly SchemaSystem[], value: Json | undefined): Json | undefined =>
    systems.includes(system.schema) ? value : undefined
  return {
    UDID: hardware.udid,
    SerialNumber: anonymous ? undefined : hardware.serialNumber,
    DeviceName: deviceName,
    OSVersion: os.version,
    BuildVersion: os.build,
    ModelName: system.family,
    ProductName: model.identifier,
    WiFiMAC: hardware.wifiMac,
    IsSupervised: enrolmentOf(system, device.mode) === 'supervised',
    DeviceCapacity: on(['iOS', 'macOS', 'visionOS'], hardware.totalStorageBytes / GB),
    AvailableDeviceCapacity: on(['iOS', 'macOS', 'visionOS'], (posture.freeStorageBytes ?? 0) / GB),
    BatteryLevel: on(
      ['iOS', 'macOS', 'visionOS'],
      posture.batteryPercent === undefined ? undefined : posture.batteryPercent / 100,
    ),
    IMEI: on(['iOS'], hardware.imei),
    IsMultiUser: on(['iOS'], device.mode.id === 'shared-ipad'),
    IsMDMLostModeEnabled: on(['iOS'], device.settings[LOST_MODE] === true),
    IsAppleSilicon: on(['macOS'], model.intel !== true),
    SystemIntegrityProtectionEnabled: on(['macOS'], posture.codeIntegrity),
  }
}

/** Encryption, passcode, firewall and the like: different keys on a Mac and on the other systems. */
export function securityInfo({ device, system }: Call): Answer {
  const enrolment = enrolmentOf(system, device.mode)
  const info = system.schema === 'macOS' ? macSecurity(device) : mobileSecurity(device, enrolment === 'user')
  const management =
    system.schema === 'macOS'
      ? { EnrolledViaDEP: device.mode.supervised, UserApprovedEnrollment: true, IsUserEnrollment: false }
      : { IsUserEnrollment: enrolment === 'user' }
  return acknowledged({ response: { SecurityInfo: { ...info, ManagementStatus: management } } })
}

function macSecurity({ inventory: { posture }, settings }: DeviceView): Record<string, Json> {
  const asks = (key: string): boolean => valuesAt(settings, FIREWALL, key).includes(true)
  return {
    FDE_Enabled: posture.encrypted ?? false,
    FDE_HasPersonalRecoveryKey: posture.encrypted ?? false,
    SystemIntegrityProtectionEnabled: posture.codeIntegrity ?? true,
    FirewallSettings: {
      FirewallEnabled: posture.firewallOn ?? false,
      BlockAllIncoming: posture.firewallOn === true && asks('BlockAllIncoming'),
      StealthMode: posture.firewallOn === true && asks('EnableStealthMode'),
    },
    SecureBoot: { SecureBootLevel: posture.secureBoot === false ? 'medium' : 'full' },
  }
}

function mobileSecurity({ inventory: { posture }, settings }: DeviceView, anonymous: boolean): Record<string, Json> {
  const compliant = meets(posture, combinedRequirement(settings))
  const own = { PasscodePresent: posture.passcodeSet ?? false, PasscodeCompliantWithProfiles: compliant }
  return { HardwareEncryptionCaps: 3, PasscodeCompliant: compliant, ...(anonymous ? {} : own) }
}

/**
 * What managed apps say of the device. The Company Portal reports what MDM has no query for: whether the system has been
 * broken out of, and on a Mac what Gatekeeper lets in. A device without a user has nobody signed in to it.
 */
export function managedApplicationFeedback({ payload, device, system }: Call): Answer {
  const portal = strings(payload['Identifiers']).find((identifier) => identifier === system.companyPortal)
  if (portal === undefined || device.mode.user === 'none') return failed('appNotManaged')
  return acknowledged({
    response: { ManagedApplicationFeedback: [{ Identifier: portal, Feedback: portalFindings(device, system) }] },
  })
}

function portalFindings({ inventory: { posture }, settings }: DeviceView, system: AppleSystem): Record<string, Json> {
  if (system.schema !== 'macOS') return { jailbroken: posture.rooted ?? false }
  return {
    gatekeeperAllowedAppSource: appSource(
      posture.unknownSourcesAllowed === true,
      valuesAt(settings, GATEKEEPER, 'AllowIdentifiedDevelopers'),
    ),
  }
}

function appSource(anywhere: boolean, allowDevelopers: readonly SettingValue[]): string {
  if (anywhere) return 'anywhere'
  return allowDevelopers.includes(false) ? 'macAppStore' : 'macAppStoreAndIdentifiedDevelopers'
}

export function profileList({ device }: Call): Answer {
  const profiles = [...installedProfiles(device.settings)].map(([identifier, types]) => ({
    PayloadIdentifier: identifier,
    PayloadUUID: identifier,
    PayloadVersion: 1,
    PayloadContent: types.map((type) => ({
      PayloadType: type,
      PayloadVersion: 1,
      PayloadIdentifier: `${identifier}.${type}`,
    })),
  }))
  return acknowledged({ response: { ProfileList: profiles } })
}

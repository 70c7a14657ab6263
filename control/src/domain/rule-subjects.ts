import { type EnrolmentMode, enrolmentMode, type Inventory } from '@muster/shared/contracts'
import type { Device, User } from './model.ts'

type Value = string | number | boolean | readonly string[] | null | undefined

/** As much of a device as rules may ask for. */
type RuleDevice = Pick<
  Device,
  'directoryId' | 'entraDeviceId' | 'platform' | 'mode' | 'ownership' | 'inventory' | 'attributes' | 'remarks'
>

/** A device as dynamic membership rules see it: `device.…`, Entra's names and words. */
export function membershipDevice(device: RuleDevice): Readonly<Record<string, Value>> {
  const { inventory } = device
  return {
    accountEnabled: device.remarks?.disabled !== true,
    objectId: device.directoryId,
    deviceId: device.entraDeviceId,
    displayName: inventory.deviceName,
    deviceOSType: inventory.os.name,
    deviceOSVersion: inventory.os.version,
    deviceOwnership: device.ownership === 'company' ? 'Company' : 'Personal',
    deviceManufacturer: inventory.hardware.manufacturer,
    deviceModel: inventory.hardware.model,
    deviceTrustType: trustType(device) === 'Azure AD joined' ? 'AzureAD' : 'Workplace',
    deviceManagementAppId: '0000000a-0000-0000-c000-000000000000',
    managementType: 'MDM',
    enrollmentProfileName: device.mode,
    isRooted: inventory.posture.rooted ?? false,
    deviceCategory: device.attributes['deviceCategory'],
    devicePhysicalIds: physicalIds(device),
    devicePhysicalIDs: physicalIds(device),
    profileType: 'RegisteredDevice',
    systemLabels: [],
    ...extensionAttributes(device),
  }
}

/** A user as dynamic membership rules see it: `user.…`. */
export function membershipUser(user: User): Readonly<Record<string, Value>> {
  return {
    objectId: user.id,
    accountEnabled: user.accountEnabled,
    userPrincipalName: user.userPrincipalName,
    displayName: user.displayName,
    mail: user.mail,
    department: user.department,
    jobTitle: user.jobTitle,
    country: user.country,
    preferredLanguage: user.preferredLanguage,
    managerId: user.managerId,
  }
}

/** A device as assignment filters see it: `device.…`, Intune's names and words. */
export function filterDevice(device: RuleDevice): Readonly<Record<string, Value>> {
  const { inventory } = device
  return {
    cpuArchitecture: inventory.hardware.cpuArchitecture ?? 'unknown',
    deviceCategory: device.attributes['deviceCategory'],
    deviceName: inventory.deviceName,
    deviceOwnership: device.ownership === 'company' ? 'Corporate' : 'Personal',
    deviceTrustType: trustType(device),
    enrollmentProfileName: device.mode,
    isRooted: inventory.posture.rooted === undefined ? 'unknown' : inventory.posture.rooted ? 'True' : 'False',
    manufacturer: inventory.hardware.manufacturer,
    model: inventory.hardware.model,
    operatingSystemVersion: inventory.os.version,
    osVersion: inventory.os.version,
    operatingSystemSKU: inventory.os.edition,
  }
}

/** What filters on an enrolment restriction may ask for: the device has no record yet. */
export const restrictionFilterProperties: ReadonlySet<string> = new Set([
  'manufacturer',
  'model',
  'osVersion',
  'operatingSystemVersion',
  'operatingSystemSKU',
  'deviceOwnership',
  'enrollmentProfileName',
])

/** A device that asks to enrol, as the filters of enrolment restrictions see it. */
export function filterCandidate(
  { inventory, mode }: { readonly inventory: Inventory; readonly mode: string },
  { ownership }: EnrolmentMode,
): Readonly<Record<string, Value>> {
  return {
    deviceOwnership: ownership === 'company' ? 'Corporate' : 'Personal',
    enrollmentProfileName: mode,
    manufacturer: inventory.hardware.manufacturer,
    model: inventory.hardware.model,
    operatingSystemVersion: inventory.os.version,
    osVersion: inventory.os.version,
    operatingSystemSKU: inventory.os.edition,
  }
}

function trustType(device: RuleDevice): string {
  const type = enrolmentMode(device.platform, device.mode)?.deviceEnrollmentType
  if (type === 'windowsAutoEnrollment' || type === 'windowsCoManagement') return 'Hybrid Azure AD joined'
  return device.ownership === 'company' ? 'Azure AD joined' : 'Azure AD registered'
}

/** A device that came through Autopilot is known by its registration, and by the order that it was bought with. */
function physicalIds({ mode, entraDeviceId, attributes }: RuleDevice): readonly string[] {
  const order = attributes['orderId']
  return [
    ...(isAutopilot(mode) ? [`[ZTDId]:${entraDeviceId}`] : []),
    ...(order === undefined ? [] : [`[OrderID]:${order}`]),
  ]
}

/** Whether an enrolment mode is one of Windows Autopilot. */
export const isAutopilot = (mode: string): boolean => mode.startsWith('autopilot')

function extensionAttributes(device: RuleDevice): Record<string, string> {
  return Object.fromEntries(
    Object.entries(device.attributes).filter(([name]) => /^extensionAttribute([1-9]|1[0-5])$/.test(name)),
  )
}

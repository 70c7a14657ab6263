import { z } from 'zod'

/** The eight simulated operating systems, in the names that scenarios use. */
export const PlatformName = z.enum(['windows', 'macOS', 'iOS', 'iPadOS', 'tvOS', 'visionOS', 'android', 'linux'])
export type PlatformName = z.infer<typeof PlatformName>

/** Which management protocol a platform speaks; payloads and results are discriminated by it. */
export const Protocol = z.enum(['omadm', 'apple-mdm', 'apple-ddm', 'amapi', 'linux'])
export type Protocol = z.infer<typeof Protocol>

export const Ownership = z.enum(['company', 'personal'])
export type Ownership = z.infer<typeof Ownership>

/**
 * The enrolment modes by platform, with what Graph shows of them. `id` is the scenario's word; `deviceEnrollmentType` is
 * Graph's enum member (v1.0 or beta). `ownership` is what the mode makes of the device; `user` says whether a person signs in.
 */
export interface EnrolmentMode {
  readonly id: string
  readonly deviceEnrollmentType: string
  readonly ownership: Ownership
  readonly user: 'required' | 'none'
  /** Apple: supervised; Android: device owner. Decides which settings and actions apply. */
  readonly supervised: boolean
  /** False for modes whose device never appears in `managedDevices` (app management only). */
  readonly managed: boolean
}

const mode = (
  id: string,
  deviceEnrollmentType: string,
  ownership: Ownership,
  user: 'required' | 'none',
  supervised: boolean,
  managed = true,
): EnrolmentMode => ({ id, deviceEnrollmentType, ownership, user, supervised, managed })

/** Enrolment modes of each platform; the first is the scenario's default. */
export const enrolmentModes: Readonly<Record<PlatformName, readonly EnrolmentMode[]>> = {
  windows: [
    mode('autopilot', 'windowsAzureADJoin', 'company', 'required', false),
    mode('autopilot-self-deploying', 'windowsAzureADJoin', 'company', 'none', false),
    mode('entra-join', 'windowsAzureADJoin', 'company', 'required', false),
    mode('hybrid-gpo', 'windowsAutoEnrollment', 'company', 'required', false),
    mode('bulk', 'windowsBulkAzureDomainJoin', 'company', 'none', false),
    mode('co-management', 'windowsCoManagement', 'company', 'required', false),
    mode('byod', 'userEnrollment', 'personal', 'required', false),
  ],
  macOS: [
    mode('ade', 'appleBulkWithUser', 'company', 'required', true),
    mode('ade-userless', 'appleBulkWithoutUser', 'company', 'none', true),
    mode('direct', 'appleBulkWithoutUser', 'company', 'none', false),
    mode('company-portal', 'userEnrollment', 'personal', 'required', false),
  ],
  iOS: [
    mode('ade', 'appleBulkWithUser', 'company', 'required', true),
    mode('ade-userless', 'appleBulkWithoutUser', 'company', 'none', true),
    mode('configurator', 'appleBulkWithUser', 'company', 'required', true),
    mode('company-portal', 'userEnrollment', 'personal', 'required', false),
    mode('user-enrolment', 'appleUserEnrollment', 'personal', 'required', false),
    mode('mam-only', 'unknown', 'personal', 'required', false, false),
  ],
  iPadOS: [
    mode('ade', 'appleBulkWithUser', 'company', 'required', true),
    mode('ade-userless', 'appleBulkWithoutUser', 'company', 'none', true),
    mode('shared-ipad', 'appleBulkWithoutUser', 'company', 'none', true),
    mode('configurator', 'appleBulkWithUser', 'company', 'required', true),
    mode('company-portal', 'userEnrollment', 'personal', 'required', false),
    mode('user-enrolment', 'appleUserEnrollment', 'personal', 'required', false),
    mode('mam-only', 'unknown', 'personal', 'required', false, false),
  ],
  tvOS: [mode('ade-userless', 'appleBulkWithoutUser', 'company', 'none', true)],
  visionOS: [
    mode('ade', 'appleBulkWithUser', 'company', 'required', true),
    mode('company-portal', 'userEnrollment', 'personal', 'required', false),
  ],
  android: [
    mode('fully-managed', 'androidEnterpriseFullyManaged', 'company', 'required', true),
    mode('work-profile', 'userEnrollment', 'personal', 'required', false),
    mode('corporate-work-profile', 'androidEnterpriseCorporateWorkProfile', 'company', 'required', true),
    mode('dedicated', 'androidEnterpriseDedicatedDevice', 'company', 'none', true),
    mode('aosp', 'androidAOSPUserOwnedDeviceEnrollment', 'company', 'required', true),
    mode('aosp-userless', 'androidAOSPUserlessDeviceEnrollment', 'company', 'none', true),
    mode('mam-only', 'unknown', 'personal', 'required', false, false),
  ],
  linux: [mode('user', 'userEnrollment', 'company', 'required', false)],
}

/** The mode of that name, or `undefined`. */
export const enrolmentMode = (platform: PlatformName, id: string): EnrolmentMode | undefined =>
  enrolmentModes[platform].find((candidate) => candidate.id === id)

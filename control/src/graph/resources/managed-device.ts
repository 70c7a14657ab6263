import { enrolmentMode } from '@muster/shared/contracts'
import type { Device, DeviceCertificate, RemoteAction, User } from '../../domain/model.ts'
import { shownTags } from '../roles/written-tags.ts'

/** Graph's times: ISO 8601 in UTC. */
export const iso = (ms: number): string => new Date(ms).toISOString()

/** Graph's word for "never". */
export const NEVER = '0001-01-01T00:00:00Z'

/** A device as Graph's `managedDevice` (v1.0; https://learn.microsoft.com/graph/api/resources/intune-devices-manageddevice). */
export function managedDevice(
  device: Device,
  parts: {
    readonly user?: User | undefined
    readonly certificate?: DeviceCertificate | undefined
    readonly actions?: readonly RemoteAction[]
    readonly scopeTagIds?: readonly string[]
  },
): Readonly<Record<string, unknown>> {
  const { inventory } = device
  const { hardware, os, posture } = inventory
  const { user } = parts
  const mode = enrolmentMode(device.platform, device.mode)
  return {
    id: device.id,
    userId: device.userId ?? null,
    deviceName: inventory.deviceName,
    managedDeviceName:
      device.remarks?.managedDeviceName ?? `${inventory.deviceName}_${iso(device.enrolledAtMs).slice(0, 10)}`,
    managedDeviceOwnerType: device.ownership,
    enrolledDateTime: iso(device.enrolledAtMs),
    lastSyncDateTime: iso(device.lastSyncAtMs),
    operatingSystem: os.name,
    osVersion: os.version,
    complianceState: device.complianceState,
    complianceGracePeriodExpirationDateTime:
      device.graceUntilMs === undefined ? '9999-12-31T23:59:59Z' : iso(device.graceUntilMs),
    jailBroken: posture.rooted === undefined ? 'Unknown' : posture.rooted ? 'True' : 'False',
    managementAgent: 'mdm',
    managementState: device.managementState,
    azureADRegistered: true,
    azureADDeviceId: device.entraDeviceId,
    deviceEnrollmentType: mode?.deviceEnrollmentType ?? 'unknown',
    deviceRegistrationState: 'registered',
    deviceCategoryDisplayName: device.attributes['deviceCategory'] ?? 'Unknown',
    enrollmentProfileName: device.mode,
    isSupervised: mode?.supervised ?? false,
    isEncrypted: posture.encrypted ?? false,
    easActivated: false,
    easDeviceId: null,
    easActivationDateTime: NEVER,
    exchangeAccessState: 'none',
    exchangeAccessStateReason: 'none',
    exchangeLastSuccessfulSyncDateTime: NEVER,
    userPrincipalName: user?.userPrincipalName ?? '',
    userDisplayName: user?.displayName ?? '',
    emailAddress: user?.mail ?? '',
    model: hardware.model,
    manufacturer: hardware.manufacturer,
    serialNumber: hardware.serialNumber,
    imei: hardware.imei ?? '',
    meid: '',
    udid: hardware.udid ?? null,
    wiFiMacAddress: hardware.wifiMac ?? '',
    ethernetMacAddress: null,
    androidSecurityPatchLevel: os.securityPatch ?? '',
    totalStorageSpaceInBytes: hardware.totalStorageBytes,
    freeStorageSpaceInBytes: posture.freeStorageBytes ?? 0,
    physicalMemoryInBytes: hardware.physicalMemoryBytes,
    partnerReportedThreatState:
      posture.threatLevel === 'secured'
        ? 'secured'
        : posture.threatLevel
          ? `${posture.threatLevel}Severity`
          : 'unknown',
    managementCertificateExpirationDate: iso(device.certificateNotAfterMs),
    requireUserEnrollmentApproval: null,
    activationLockBypassCode: null,
    remoteAssistanceSessionUrl: '',
    notes: device.remarks?.notes ?? null,
    iccid: '',
    roleScopeTagIds: parts.scopeTagIds ?? shownTags(device),
    phoneNumber: '',
    subscriberCarrier: '',
    configurationManagerClientEnabledFeatures: null,
    deviceHealthAttestationState: null,
    deviceActionResults: (parts.actions ?? []).map(actionResult),
  }
}

/** What some actions bring back, in the properties of Graph's own result types. */
const brought: Readonly<Record<string, (action: RemoteAction) => Readonly<Record<string, unknown>>>> = {
  locateDevice: ({ detail, finishedAtMs }) => ({
    '@odata.type': '#microsoft.graph.locateDeviceActionResult',
    deviceLocation: detail ? { lastCollectedDateTime: iso(finishedAtMs ?? 0), ...lowerCased(detail) } : null,
  }),
  resetPasscode: () => ({ '@odata.type': '#microsoft.graph.resetPasscodeActionResult', passcode: null }),
  remoteLock: ({ parameters }) => ({
    '@odata.type': '#microsoft.graph.remoteLockActionResult',
    unlockPin: parameters['unlockPin'] ?? null,
  }),
  windowsDefenderScan: ({ parameters }) => ({
    '@odata.type': '#microsoft.graph.windowsDefenderScanActionResult',
    scanType: parameters['quickScan'] === false ? 'Full' : 'Quick',
  }),
}

/** Apple writes Latitude where others write latitude. */
const lowerCased = (detail: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    Object.entries(detail).map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), value]),
  )

function actionResult(action: RemoteAction): Readonly<Record<string, unknown>> {
  return {
    '@odata.type': '#microsoft.graph.deviceActionResult',
    actionName: action.action,
    actionState: action.state,
    startDateTime: iso(action.requestedAtMs),
    lastUpdatedDateTime: iso(action.finishedAtMs ?? action.deliveredAtMs ?? action.requestedAtMs),
    ...brought[action.action]?.(action),
  }
}

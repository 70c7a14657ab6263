import type { Posture } from '@muster/shared/contracts'
import type { DeviceView } from '../../domain/platform.ts'
import { ultraWideband } from './catalogue.ts'

/** A field of an Android Management API policy, as far as a device answers for it. */
export interface PolicyField {
  readonly accepts: (value: unknown) => boolean
  /** First API level that has it. */
  readonly apiLevel?: number
  /** Device owner only: not in a work profile on a personal phone. */
  readonly ownerOnly?: boolean
  /** Needs Google's services, or hardware that not every device has. */
  readonly needs?: { readonly reason: 'UNSUPPORTED' | 'DEVICE_INCOMPATIBLE'; has(device: DeviceView): boolean }
  /** Whether the user has to do something first. */
  readonly userActs?: (value: unknown, device: DeviceView) => boolean
  readonly enforces?: (value: unknown) => Posture
  /** Goes when the policy is unassigned; everything else stays as it is. */
  readonly removed?: true
}

const isBoolean = (value: unknown): boolean => typeof value === 'boolean'
const within = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
const oneOf =
  (...choices: string[]) =>
  (value: unknown) =>
    typeof value === 'string' && choices.includes(value)
const isNetwork = (value: unknown): boolean => typeof value === 'string' && value.length > 0 && value.length <= 32

/** Devices of the open-source project have no Google Play. */
export const hasPlay = ({ mode }: DeviceView): boolean => !mode.id.startsWith('aosp')

/** Fields by path (developers.google.com, Android Management API, enterprises.policies). */
export const fields: ReadonlyMap<string, PolicyField> = new Map(
  Object.entries({
    'passwordPolicies.passwordMinimumLength': {
      accepts: within(4, 16),
      userActs: (value, { inventory: { posture } }) =>
        !posture.passcodeSet || (posture.passcodeLength ?? 0) < Number(value),
      enforces: (value) => ({ passcodeSet: true, passcodeLength: Number(value) }),
    },
    'passwordPolicies.passwordQuality': {
      accepts: oneOf('COMPLEXITY_LOW', 'COMPLEXITY_MEDIUM', 'COMPLEXITY_HIGH'),
      apiLevel: 31,
      userActs: (_, { inventory: { posture } }) => !posture.passcodeSet,
      enforces: () => ({ passcodeSet: true }),
    },
    'passwordPolicies.maximumFailedPasswordsForWipe': { accepts: within(4, 11) },
    maximumTimeToLock: { accepts: within(1, 1_440) },
    cameraAccess: { accepts: oneOf('CAMERA_ACCESS_DISABLED', 'CAMERA_ACCESS_USER_CHOICE'), ownerOnly: true },
    screenCaptureDisabled: { accepts: isBoolean },
    factoryResetDisabled: { accepts: isBoolean, ownerOnly: true },
    'advancedSecurityOverrides.untrustedAppsPolicy': {
      accepts: oneOf('DISALLOW_INSTALL', 'ALLOW_INSTALL_DEVICE_WIDE'),
      enforces: (value) => (value === 'DISALLOW_INSTALL' ? { unknownSourcesAllowed: false } : {}),
    },
    'advancedSecurityOverrides.developerSettings': {
      accepts: oneOf('DEVELOPER_SETTINGS_DISABLED', 'DEVELOPER_SETTINGS_ALLOWED'),
      ownerOnly: true,
      enforces: (value) => (value === 'DEVELOPER_SETTINGS_DISABLED' ? { usbDebugging: false } : {}),
    },
    'advancedSecurityOverrides.googlePlayProtectVerifyApps': {
      accepts: oneOf('VERIFY_APPS_ENFORCED', 'VERIFY_APPS_USER_CHOICE'),
      needs: { reason: 'UNSUPPORTED', has: hasPlay },
    },
    'deviceConnectivityManagement.usbDataAccess': {
      accepts: oneOf('DISALLOW_USB_FILE_TRANSFER', 'ALLOW_USB_DATA_TRANSFER'),
      ownerOnly: true,
    },
    'deviceRadioState.ultraWidebandState': {
      accepts: oneOf('ULTRA_WIDEBAND_DISABLED', 'ULTRA_WIDEBAND_USER_CHOICE'),
      apiLevel: 34,
      ownerOnly: true,
      needs: { reason: 'DEVICE_INCOMPATIBLE', has: ({ inventory }) => ultraWideband.has(inventory.hardware.model) },
    },
    bluetoothDisabled: { accepts: isBoolean, ownerOnly: true },
    locationMode: { accepts: oneOf('LOCATION_ENFORCED', 'LOCATION_DISABLED', 'LOCATION_USER_CHOICE'), ownerOnly: true },
    'systemUpdate.type': { accepts: oneOf('AUTOMATIC', 'WINDOWED', 'POSTPONE'), ownerOnly: true },
    openNetworkConfiguration: { accepts: isNetwork, removed: true },
  } satisfies Record<string, PolicyField>),
)

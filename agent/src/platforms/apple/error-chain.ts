import type { AppleMdmResult } from '@muster/shared/contracts'

type Link = NonNullable<AppleMdmResult['errorChain']>[number]

/** Apple's error codes that our devices give. Source: Apple, Mobile Device Management Protocol Reference, "Error Codes". */
const errors = {
  badPayloadVersion: ['MCPayloadErrorDomain', 2001, 'The version of the payload is not supported.'],
  installationFailed: ['MCInstallationErrorDomain', 4001, 'The profile could not be installed.'],
  profileFailed: ['MCProfileErrorDomain', 1009, 'Installing the profile failed.'],
  unacceptablePayload: [
    'MCInstallationErrorDomain',
    4023,
    'The payload is not acceptable for this enrolment or system.',
  ],
  unacceptableInSharedIPad: ['MCInstallationErrorDomain', 4030, 'The payload is not acceptable on a Shared iPad.'],
  malformedRequest: ['MCMDMErrorDomain', 12008, 'The request is malformed.'],
  inconsistent: ['MCMDMErrorDomain', 12010, 'The device is not in a state that allows this.'],
  profileNotManaged: ['MCMDMErrorDomain', 12013, 'The profile is not managed.'],
  invalidRequestType: ['MCMDMErrorDomain', 12021, 'The request type is not valid on this device.'],
  appNotManaged: ['MCMDMErrorDomain', 12029, 'The app is not managed.'],
  notInLostMode: ['MCMDMErrorDomain', 12067, 'The device is not in lost mode.'],
  unknownSetting: ['MCSettingsErrorDomain', 28000, 'The device does not have the setting.'],
  notSupervised: ['MCChaperoneErrorDomain', 29000, 'The device is not supervised.'],
} as const satisfies Record<string, readonly [string, number, string]>

export type AppleError = keyof typeof errors

/** The top-level error first, then what led up to it. */
export const errorChain = (...names: readonly AppleError[]): Link[] =>
  names.map((name) => {
    const [ErrorDomain, ErrorCode, LocalizedDescription] = errors[name]
    return { ErrorCode, ErrorDomain, LocalizedDescription }
  })

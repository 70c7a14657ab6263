import { anyEnrolment, type Support, supervised, wholeDevice } from './support.ts'

/**
 * Payloads of configuration profiles that our devices know, and where each key of the restrictions is available.
 * Source: Apple, device-management schemas, mdm/profiles.
 */
export const RESTRICTIONS = 'com.apple.applicationaccess'
export const FIREWALL = 'com.apple.security.firewall'
export const GATEKEEPER = 'com.apple.systempolicy.control'
export const FILEVAULT = 'com.apple.MCX.FileVault2'

export const profilePayloads: Readonly<Record<string, Support>> = {
  [RESTRICTIONS]: {
    iOS: anyEnrolment('4.0'),
    macOS: anyEnrolment('10.7'),
    tvOS: anyEnrolment('9.0'),
    visionOS: anyEnrolment('1.1'),
  },
  [FIREWALL]: { macOS: wholeDevice('10.12') },
  [GATEKEEPER]: { macOS: wholeDevice('10.8') },
  [FILEVAULT]: { macOS: wholeDevice('10.9') },
}

/** Keys that are not listed are taken everywhere: there are two hundred, and devices skip those they do not know. */
export const restrictionKeys: Readonly<Record<string, Support>> = {
  allowAccountModification: {
    iOS: supervised('7.0'),
    macOS: wholeDevice('14.0'),
    visionOS: supervised('2.0'),
  },
  allowAirDrop: { iOS: supervised('7.0'), macOS: wholeDevice('10.13'), visionOS: supervised('2.0') },
  allowAirPlayIncomingRequests: { macOS: wholeDevice('12.3'), tvOS: supervised('10.2') },
  allowAssistant: { iOS: anyEnrolment('5.0'), macOS: wholeDevice('14.0'), visionOS: anyEnrolment('2.0') },
  allowAutomaticScreenSaver: { tvOS: supervised('15.4') },
  allowCamera: {
    iOS: wholeDevice('4.0'),
    macOS: wholeDevice('10.11'),
    tvOS: wholeDevice('17.0'),
    visionOS: wholeDevice('2.0'),
  },
  allowCloudBackup: { iOS: wholeDevice('5.0'), visionOS: wholeDevice('2.0') },
  allowContentCaching: { macOS: wholeDevice('10.13') },
  allowDefinitionLookup: { iOS: supervised('8.1.3'), macOS: wholeDevice('10.11') },
  allowDeviceNameModification: {
    iOS: supervised('9.0'),
    macOS: wholeDevice('14.0'),
    tvOS: supervised('11.0'),
    visionOS: supervised('2.0'),
  },
  allowDeviceSleep: { tvOS: supervised('13.0') },
  allowDiagnosticSubmission: { iOS: anyEnrolment('6.0'), macOS: anyEnrolment('10.13'), visionOS: anyEnrolment('2.0') },
  allowEraseContentAndSettings: { iOS: supervised('8.0'), macOS: wholeDevice('12.0'), visionOS: supervised('2.0') },
  allowOpenFromManagedToUnmanaged: { iOS: anyEnrolment('7.0'), visionOS: anyEnrolment('2.0') },
  allowRemoteAppPairing: { tvOS: supervised('10.2') },
  allowSafari: { iOS: supervised('4.0') },
  allowScreenShot: { iOS: anyEnrolment('4.0'), macOS: anyEnrolment('10.14.4'), visionOS: anyEnrolment('2.0') },
  allowUIAppInstallation: { iOS: supervised('9.0'), visionOS: supervised('2.0') },
  allowUIConfigurationProfileInstallation: {
    iOS: supervised('6.0'),
    macOS: wholeDevice('13.0'),
    visionOS: supervised('2.0'),
  },
  allowVideoConferencing: { iOS: supervised('4.0'), visionOS: supervised('2.0') },
  enforcedSoftwareUpdateDelay: {
    iOS: supervised('11.3'),
    macOS: wholeDevice('10.13.4'),
    tvOS: supervised('12.2'),
  },
  forceAutomaticDateAndTime: {
    iOS: supervised('12.0'),
    tvOS: supervised('12.2'),
    visionOS: supervised('2.0'),
  },
  forceDelayedSoftwareUpdates: {
    iOS: supervised('11.3'),
    macOS: wholeDevice('10.13'),
    tvOS: supervised('12.2'),
  },
  forceEncryptedBackup: { iOS: anyEnrolment('4.0') },
  forceWiFiToAllowedNetworksOnly: {
    iOS: supervised('14.5'),
    visionOS: supervised('2.0'),
  },
}

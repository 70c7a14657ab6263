import type { SettingValue } from '@muster/shared/contracts'
import type { SettingDefinition } from '../management.ts'
import { inForce } from './reading.ts'
import type { ApplePlatform, AppleSetting, Carriage, Dictionary } from './setting.ts'

const RESTRICTIONS = 'com.apple.applicationaccess'

/**
 * What a restriction demands of a device: nothing, that all of it is managed, that it is supervised, or a version.
 * Restrictions of one demand share a profile; a device that does not meet it refuses that profile and no other.
 */
type Demand = 'any' | 'device' | 'supervised' | `${number}`

type Demands = Readonly<Partial<Record<ApplePlatform, Demand>>>

function restriction(
  name: string,
  displayName: string,
  demands: Demands,
  payload: (value: SettingValue) => Dictionary,
  value: SettingDefinition['value'] = { type: 'boolean' },
): AppleSetting {
  const carriages = new Map(
    Object.entries(demands).map(([platform, demand]) => [platform, [installed(demand, payload)]]),
  )
  return {
    name,
    kind: 'configuration',
    definitionId: `${RESTRICTIONS}_${name.toLowerCase()}`,
    displayName,
    value,
    platforms: Object.keys(demands) as ApplePlatform[],
    carriages: (platform) => carriages.get(platform) ?? [],
  }
}

const installed = (demand: Demand, payload: Carriage['payload']): Carriage => ({
  carrier: { itemId: `restrictions.${demand}`, via: 'profile', payloadType: RESTRICTIONS },
  payload,
  judge: inForce,
})

/** Apple's keys allow, Graph's properties block. */
const blocks =
  (key: string) =>
  (value: SettingValue): Dictionary => ({ [key]: value !== true })
const forces =
  (key: string) =>
  (value: SettingValue): Dictionary => ({ [key]: value === true })

const mobile = (demand: Demand): Demands => ({ iOS: demand, iPadOS: demand })
const handheld = (demand: Demand): Demands => ({ iOS: demand, iPadOS: demand, visionOS: demand })

export const restrictionSettings: readonly AppleSetting[] = [
  restriction(
    'screenCaptureBlocked',
    'Block screenshots',
    { ...handheld('any'), macOS: 'any' },
    blocks('allowScreenShot'),
  ),
  restriction('siriBlocked', 'Block Siri', { ...handheld('any'), macOS: '14.0' }, blocks('allowAssistant')),
  restriction(
    'diagnosticDataBlockSubmission',
    'Block sending diagnostic data to Apple',
    { ...handheld('any'), macOS: 'any' },
    blocks('allowDiagnosticSubmission'),
  ),
  restriction(
    'documentsBlockManagedDocumentsInUnmanagedApps',
    'Open managed documents in managed apps only',
    handheld('any'),
    blocks('allowOpenFromManagedToUnmanaged'),
  ),
  restriction(
    'iCloudRequireEncryptedBackup',
    'Require encrypted backups',
    mobile('any'),
    forces('forceEncryptedBackup'),
  ),
  restriction(
    'cameraBlocked',
    'Block the camera',
    { ...handheld('device'), macOS: 'any', tvOS: '17.0' },
    blocks('allowCamera'),
  ),
  restriction('iCloudBlockBackup', 'Block backup to iCloud', handheld('device'), blocks('allowCloudBackup')),
  restriction('airDropBlocked', 'Block AirDrop', { ...handheld('supervised'), macOS: 'any' }, blocks('allowAirDrop')),
  restriction(
    'appStoreBlockUIAppInstallation',
    'Block the App Store',
    handheld('supervised'),
    blocks('allowUIAppInstallation'),
  ),
  restriction('safariBlocked', 'Block Safari', mobile('supervised'), blocks('allowSafari')),
  restriction('faceTimeBlocked', 'Block FaceTime', handheld('supervised'), blocks('allowVideoConferencing')),
  restriction(
    'deviceBlockEraseContentAndSettings',
    'Block erasing all content and settings',
    handheld('supervised'),
    blocks('allowEraseContentAndSettings'),
  ),
  restriction(
    'eraseContentAndSettingsBlocked',
    'Block erasing all content and settings',
    { macOS: 'any' },
    blocks('allowEraseContentAndSettings'),
  ),
  restriction(
    'deviceBlockNameModification',
    'Block changing the device name',
    { ...handheld('supervised'), tvOS: 'supervised', macOS: '14.0' },
    blocks('allowDeviceNameModification'),
  ),
  restriction(
    'accountBlockModification',
    'Block changing accounts',
    { ...handheld('supervised'), macOS: '14.0' },
    blocks('allowAccountModification'),
  ),
  restriction(
    'configurationProfileBlockChanges',
    'Block installing profiles by hand',
    handheld('supervised'),
    blocks('allowUIConfigurationProfileInstallation'),
  ),
  restriction(
    'wiFiConnectOnlyToConfiguredNetworks',
    'Join managed Wi-Fi networks only',
    handheld('supervised'),
    forces('forceWiFiToAllowedNetworksOnly'),
  ),
  restriction(
    'definitionLookupBlocked',
    'Block looking words up',
    { ...mobile('supervised'), macOS: 'any' },
    blocks('allowDefinitionLookup'),
  ),
  restriction('contentCachingBlocked', 'Block content caching', { macOS: 'any' }, blocks('allowContentCaching')),
  restriction(
    'airPlayIncomingRequestsBlocked',
    'Block incoming AirPlay requests',
    { macOS: 'any', tvOS: 'supervised' },
    blocks('allowAirPlayIncomingRequests'),
  ),
  restriction(
    'remoteAppPairingBlocked',
    'Block pairing with remote controls',
    { tvOS: 'supervised' },
    blocks('allowRemoteAppPairing'),
  ),
  restriction('deviceSleepBlocked', 'Keep the device awake', { tvOS: 'supervised' }, blocks('allowDeviceSleep')),
  restriction(
    'automaticScreenSaverBlocked',
    'Block the automatic screen saver',
    { tvOS: 'supervised' },
    blocks('allowAutomaticScreenSaver'),
  ),
  restriction(
    'dateAndTimeForceSetAutomatically',
    'Set date and time automatically',
    { ...handheld('supervised'), tvOS: 'supervised' },
    forces('forceAutomaticDateAndTime'),
  ),
  restriction(
    'softwareUpdatesEnforcedDelayInDays',
    'Days to hold updates back',
    { ...mobile('supervised'), tvOS: 'supervised' },
    (days) => ({ forceDelayedSoftwareUpdates: true, enforcedSoftwareUpdateDelay: Number(days) }),
    { type: 'integer', min: 1, max: 90 },
  ),
]

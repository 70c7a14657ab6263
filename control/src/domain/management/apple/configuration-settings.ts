import type { SettingDefinition } from '../management.ts'
import { appSources } from './compliance-settings.ts'
import { passcodeSettings } from './passcode-settings.ts'
import { inForce, responseAt } from './reading.ts'
import { restrictionSettings } from './restriction-settings.ts'
import type { ApplePlatform, AppleSetting, Carriage, Dictionary } from './setting.ts'

type Value = boolean | number | string

const setting = (
  name: string,
  definitionId: string,
  displayName: string,
  value: SettingDefinition['value'],
  platforms: readonly ApplePlatform[],
  ...carriages: readonly Carriage[]
): AppleSetting => ({
  name,
  kind: 'configuration',
  definitionId,
  displayName,
  value,
  platforms,
  carriages: () => carriages,
})

const declared = (itemId: string, type: string, payload: (value: Value) => Dictionary): Carriage => ({
  carrier: { itemId, via: 'declaration', type },
  payload: (value) => payload(value as Value),
  judge: inForce,
})

const installed = (itemId: string, payloadType: string, payload: (value: Value) => Dictionary): Carriage => ({
  carrier: { itemId, via: 'profile', payloadType },
  payload: (value) => payload(value as Value),
  judge: inForce,
})

/** The Settings command takes many at once; one each, so that each has its own answer. */
const set = (item: string, payload: (value: Value) => Dictionary): Carriage => ({
  carrier: { itemId: `settings.${item.toLowerCase()}`, via: 'command', requestType: 'Settings' },
  payload: (value) => ({ Settings: [{ Item: item, ...payload(value as Value) }] }),
  judge: inForce,
})

const mobile: readonly ApplePlatform[] = ['iOS', 'iPadOS']
const updatable: readonly ApplePlatform[] = ['iOS', 'iPadOS', 'macOS']
const days = { type: 'integer', min: 1, max: 90 } as const
const boolean = { type: 'boolean' } as const
const choice = (...choices: readonly string[]) => ({ type: 'choice', choices }) as const

const UPDATE = 'com.apple.configuration.softwareupdate.settings'
const ENFORCEMENT = 'com.apple.configuration.softwareupdate.enforcement.specific'
const DISK = 'com.apple.configuration.diskmanagement.settings'
const FIREWALL = 'com.apple.security.firewall'
const GATEKEEPER = 'com.apple.systempolicy.control'
const FILEVAULT = 'com.apple.MCX.FileVault2'

const update = (payload: (value: Value) => Dictionary): Carriage => declared('softwareupdate', UPDATE, payload)
/** Keys that a device takes only under supervision travel by themselves, so that the others do not fail with them. */
const supervisedUpdate = (payload: (value: Value) => Dictionary): Carriage =>
  declared('softwareupdate.supervised', UPDATE, payload)
const enforcement = (key: string): Carriage =>
  declared('softwareupdate.enforcement', ENFORCEMENT, (value) => ({ [key]: value }))

const updateSettings: readonly AppleSetting[] = [
  setting(
    'softwareUpdateNotificationsEnabled',
    `${UPDATE}_notifications`,
    'Show all notifications of enforced updates',
    boolean,
    updatable,
    update((value) => ({ Notifications: value })),
  ),
  setting(
    'softwareUpdateRecommendedCadence',
    `${UPDATE}_recommendedcadence`,
    'Which updates to offer',
    choice('All', 'Oldest', 'Newest'),
    mobile,
    update((value) => ({ RecommendedCadence: value })),
  ),
  setting(
    'softwareUpdateAutomaticInstall',
    `${UPDATE}_automaticactions_installosupdates`,
    'Install updates automatically',
    choice('Allowed', 'AlwaysOn', 'AlwaysOff'),
    updatable,
    supervisedUpdate((value) => ({ AutomaticActions: { InstallOSUpdates: value } })),
  ),
  setting(
    'rapidSecurityResponseBlocked',
    `${UPDATE}_rapidsecurityresponse_enable`,
    'Do not offer rapid security responses',
    boolean,
    updatable,
    supervisedUpdate((value) => ({ RapidSecurityResponse: { Enable: value !== true } })),
  ),
  setting(
    'softwareUpdateMajorOSDeferredInstallDelayInDays',
    `${UPDATE}_deferrals_majorperiodindays`,
    'Days to hold major updates back',
    days,
    ['macOS'],
    supervisedUpdate((value) => ({ Deferrals: { MajorPeriodInDays: value } })),
  ),
  setting(
    'softwareUpdateMinorOSDeferredInstallDelayInDays',
    `${UPDATE}_deferrals_minorperiodindays`,
    'Days to hold minor updates back',
    days,
    ['macOS'],
    supervisedUpdate((value) => ({ Deferrals: { MinorPeriodInDays: value } })),
  ),
  setting(
    'softwareUpdateTargetOSVersion',
    `${ENFORCEMENT}_targetosversion`,
    'Version to be installed',
    { type: 'version' },
    updatable,
    enforcement('TargetOSVersion'),
  ),
  setting(
    'softwareUpdateTargetLocalDateTime',
    `${ENFORCEMENT}_targetlocaldatetime`,
    'Local time by which the version is installed by force',
    { type: 'string', maxLength: 19, pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}$' },
    updatable,
    enforcement('TargetLocalDateTime'),
  ),
]

const access = choice('Allowed', 'ReadOnly', 'Disallowed')
const storage = (key: string): Carriage =>
  declared('diskmanagement', DISK, (value) => ({ Restrictions: { [key]: value } }))
/** The payload needs `EnableFirewall`, whichever of its settings is set; an explicit one comes first and stays. */
const firewall = (key: string): Carriage =>
  installed('firewall', FIREWALL, (value) => ({
    ...(key === 'EnableFirewall' ? {} : { EnableFirewall: true }),
    [key]: value,
  }))

/** FileVault is deferred until the user logs out: the profile asks for it, SecurityInfo tells when it is on. */
const fileVaultIsOn: Carriage = {
  carrier: { itemId: 'filevault.status', via: 'command', requestType: 'SecurityInfo' },
  payload: () => ({}),
  judge: (result, wanted) => ({
    state: wanted === false || responseAt(result, ['SecurityInfo', 'FDE_Enabled']) === true ? 'compliant' : 'pending',
  }),
}

const macSettings: readonly AppleSetting[] = [
  setting(
    'firewallEnabled',
    'com.apple.security.firewall_enablefirewall',
    'Firewall',
    boolean,
    ['macOS'],
    firewall('EnableFirewall'),
  ),
  setting(
    'firewallBlockAllIncoming',
    'com.apple.security.firewall_blockallincoming',
    'Block all incoming connections',
    boolean,
    ['macOS'],
    firewall('BlockAllIncoming'),
  ),
  setting(
    'firewallEnableStealthMode',
    'com.apple.security.firewall_enablestealthmode',
    'Stealth mode',
    boolean,
    ['macOS'],
    firewall('EnableStealthMode'),
  ),
  setting(
    'gatekeeperAllowedAppSource',
    'com.apple.systempolicy.control_allowidentifieddevelopers',
    'Where apps may come from',
    { type: 'choice', choices: appSources },
    ['macOS'],
    installed('gatekeeper', GATEKEEPER, (value) => ({
      EnableAssessment: value !== 'anywhere' && value !== 'notConfigured',
      AllowIdentifiedDevelopers: value !== 'macAppStore',
    })),
  ),
  setting(
    'fileVaultEnabled',
    'com.apple.mcx.filevault2_enable',
    'FileVault',
    boolean,
    ['macOS'],
    installed('filevault', FILEVAULT, (value) => ({
      Enable: value === true ? 'On' : 'Off',
      Defer: true,
      ShowRecoveryKey: false,
    })),
    fileVaultIsOn,
  ),
  setting(
    'externalStorageAccess',
    `${DISK}_restrictions_externalstorage`,
    'External storage',
    access,
    ['macOS'],
    storage('ExternalStorage'),
  ),
  setting(
    'networkStorageAccess',
    `${DISK}_restrictions_networkstorage`,
    'Network storage',
    access,
    ['macOS'],
    storage('NetworkStorage'),
  ),
]

const onceSettings: readonly AppleSetting[] = [
  setting(
    'timeZone',
    'com.apple.settings_timezone',
    'Time zone',
    { type: 'string', maxLength: 60, pattern: '^[A-Za-z0-9_+/-]+$' },
    ['iOS', 'iPadOS', 'tvOS', 'visionOS'],
    set('TimeZone', (value) => ({ TimeZone: value })),
  ),
  setting(
    'cellularBlockDataRoaming',
    'com.apple.settings_dataroamingblocked',
    'Block data roaming',
    boolean,
    mobile,
    set('DataRoaming', (value) => ({ Enabled: value !== true })),
  ),
  setting(
    'cellularBlockPersonalHotspot',
    'com.apple.settings_personalhotspotblocked',
    'Block the personal hotspot',
    boolean,
    mobile,
    set('PersonalHotspot', (value) => ({ Enabled: value !== true })),
  ),
]

export const configurationSettings: readonly AppleSetting[] = [
  ...passcodeSettings('configuration'),
  ...updateSettings,
  ...restrictionSettings,
  ...macSettings,
  ...onceSettings,
]

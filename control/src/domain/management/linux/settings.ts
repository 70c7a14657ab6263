import type { PolicyKind } from '@muster/shared/contracts'
import type { SettingDefinition } from '../management.ts'

const setting = (
  kind: PolicyKind,
  name: string,
  definitionId: string,
  displayName: string,
  value: SettingDefinition['value'],
  more: Pick<SettingDefinition, 'stricter' | 'remedy'> = {},
): SettingDefinition => ({ kind, name, definitionId, displayName, value, ...more })

const boolean = { type: 'boolean' } as const

const atLeast = (kind: string, displayName: string, max: number, remedy: string): SettingDefinition =>
  setting(
    'compliance',
    `passwordMinimum${kind}`,
    `linux_passwordpolicy_minimum${kind.toLowerCase()}`,
    displayName,
    { type: 'integer', min: 1, max },
    { stricter: 'higher', remedy },
  )

const rule = (
  name: string,
  id: string,
  displayName: string,
  value: SettingDefinition['value'],
  stricter: NonNullable<SettingDefinition['stricter']>,
  remedy: string,
): SettingDefinition => setting('compliance', name, id, displayName, value, { stricter, remedy })

/** What a device is judged by. */
const compliance: readonly SettingDefinition[] = [
  rule(
    'deviceEncryptionRequired',
    'linux_deviceencryption_required',
    'Device encryption',
    boolean,
    'true',
    'Encrypt every writable fixed disk with dm-crypt.',
  ),
  atLeast('Length', 'Minimum password length', 64, 'Choose a longer password.'),
  atLeast('Digits', 'Minimum digits in a password', 16, 'Choose a password with more digits.'),
  atLeast('Lowercase', 'Minimum lower-case letters in a password', 16, 'Choose a password with more small letters.'),
  atLeast('Uppercase', 'Minimum upper-case letters in a password', 16, 'Choose a password with more capital letters.'),
  atLeast('Symbols', 'Minimum symbols in a password', 16, 'Choose a password with more symbols.'),
  rule(
    'allowedDistributions',
    'linux_distribution_alloweddistros',
    'Allowed distributions',
    { type: 'strings', maxItems: 10 },
    'lower',
    'This distribution is not allowed.',
  ),
  rule(
    'osMinimumVersion',
    'linux_distribution_alloweddistros_item_minimumversion',
    'Minimum version',
    { type: 'version' },
    'higher',
    'Upgrade the distribution.',
  ),
  rule(
    'osMaximumVersion',
    'linux_distribution_alloweddistros_item_maximumversion',
    'Maximum version',
    { type: 'version' },
    'lower',
    'This version is not allowed yet.',
  ),
  rule(
    'customComplianceDiscoveryScript',
    'linux_customcompliance_discoveryscript',
    'Discovery script of custom compliance',
    { type: 'string', maxLength: 4_096 },
    'lower',
    'Ask who wrote the discovery script.',
  ),
  rule(
    'customComplianceRules',
    'linux_customcompliance_rules',
    'Rules of custom compliance',
    { type: 'string', maxLength: 8_192 },
    'lower',
    'See what the rule that is not met says.',
  ),
]

const DEFENDER = 'linux_mdatp_managed_antivirusengine'
const CLOUD = 'linux_mdatp_managed_cloudservice'

const config = (name: string, id: string, displayName: string, value: SettingDefinition['value']): SettingDefinition =>
  setting('configuration', name, id, displayName, value)

/** What a device is told to do. The script comes after what says how it is run. */
const configuration: readonly SettingDefinition[] = [
  config('customScriptContext', 'linux_customconfig_executioncontext', 'Who runs the script', {
    type: 'choice',
    choices: ['user', 'root'],
  }),
  config('customScriptFrequency', 'linux_customconfig_executionfrequency', 'How often the script runs', {
    type: 'choice',
    choices: ['15minutes', '30minutes', '1hour', '2hours', '3hours', '6hours', '12hours', '1day', '1week'],
  }),
  config('customScriptRetries', 'linux_customconfig_executionretries', 'Retries of the script', {
    type: 'integer',
    min: 0,
    max: 3,
  }),
  config('customScript', 'linux_customconfig_script', 'Custom script', {
    type: 'string',
    maxLength: 4_096,
    pattern: '^#!',
  }),
  config('defenderEnforcementLevel', `${DEFENDER}_enforcementlevel`, 'Antivirus enforcement', {
    type: 'choice',
    choices: ['real_time', 'on_demand', 'passive'],
  }),
  config('defenderScanArchives', `${DEFENDER}_scanarchives`, 'Scan archives', boolean),
  config(
    'defenderScanAfterUpdate',
    `${DEFENDER}_scanafterdefinitionupdate`,
    'Scan after an update of definitions',
    boolean,
  ),
  config('defenderScanThreads', `${DEFENDER}_maximumondemandscanthreads`, 'Threads of a scan', {
    type: 'integer',
    min: 1,
    max: 64,
  }),
  config('defenderExclusionsMerge', `${DEFENDER}_exclusionsmergepolicy`, 'Merging of exclusions', {
    type: 'choice',
    choices: ['merge', 'admin_only'],
  }),
  config('defenderFileHashes', `${DEFENDER}_enablefilehashcomputation`, 'Hashes of files', boolean),
  config('defenderCloudProtection', `${CLOUD}_enabled`, 'Protection from the cloud', boolean),
  config(
    'defenderDefinitionUpdates',
    `${CLOUD}_automaticdefinitionupdateenabled`,
    'Automatic updates of definitions',
    boolean,
  ),
  config('defenderNetworkProtection', 'linux_mdatp_managed_networkprotection_enforcementlevel', 'Network protection', {
    type: 'choice',
    choices: ['disabled', 'audit', 'block'],
  }),
]

/** Source: Intune settings catalogue, Linux. */
export const linuxSettings: readonly SettingDefinition[] = [...compliance, ...configuration]

import type { SettingValue } from '@muster/shared/contracts'
import { compareVersions } from '@muster/shared/core'
import type { SettingDefinition } from '../management.ts'
import { passcodeSettings } from './passcode-settings.ts'
import { compared, responseAt, statusItem } from './reading.ts'
import type { ApplePlatform, AppleSetting, Carriage, Dictionary } from './setting.ts'

type Rule = Required<Pick<SettingDefinition, 'name' | 'displayName' | 'value' | 'stricter' | 'remedy'>>

const rule = (definition: Rule, platforms: readonly ApplePlatform[], carriage: Carriage): AppleSetting => ({
  ...definition,
  kind: 'compliance',
  definitionId: `com.apple.compliance_${definition.name.toLowerCase()}`,
  platforms,
  carriages: () => [carriage],
})

const OS_VERSION = 'device.operating-system.version'

/** Asks for the version with a status subscription, and compares it here. */
const version = (complies: (actual: string, wanted: string) => boolean): Carriage => ({
  carrier: {
    itemId: 'os-version',
    via: 'declaration',
    type: 'com.apple.configuration.management.status-subscriptions',
  },
  payload: () => ({ StatusItems: [{ Name: OS_VERSION }] }),
  judge: (result, wanted) =>
    compared(statusItem(result, OS_VERSION), (actual) => complies(String(actual), String(wanted))),
})

/** A rule that asks for something: `false` asks for nothing. */
const demanded = (actual: SettingValue, wanted: SettingValue): boolean => wanted === false || actual === true

const security = (...path: readonly string[]): Carriage => ({
  carrier: { itemId: 'security-info', via: 'command', requestType: 'SecurityInfo' },
  payload: () => ({}),
  judge: (result, wanted) =>
    compared(responseAt(result, ['SecurityInfo', ...path]), (actual) => demanded(actual, wanted)),
})

/** MDM has no query for what the Company Portal app finds; the app leaves it as managed app feedback. */
const portal = (
  app: string,
  finding: string,
  complies: (actual: SettingValue, wanted: SettingValue) => boolean,
): Carriage => ({
  carrier: { itemId: 'company-portal', via: 'command', requestType: 'ManagedApplicationFeedback' },
  payload: (): Dictionary => ({ Identifiers: [app], DeleteFeedback: false }),
  judge: (result, wanted) =>
    compared(responseAt(result, ['ManagedApplicationFeedback', 0, 'Feedback', finding]), (actual) =>
      complies(actual, wanted),
    ),
})

/** From the most open to the strictest. */
export const appSources: readonly string[] = [
  'notConfigured',
  'anywhere',
  'macAppStoreAndIdentifiedDevelopers',
  'macAppStore',
]
const sourceRank = (source: SettingValue): number => appSources.indexOf(String(source))

const everywhere: readonly ApplePlatform[] = ['macOS', 'iOS', 'iPadOS', 'tvOS', 'visionOS']
const boolean = { type: 'boolean' } as const

export const complianceSettings: readonly AppleSetting[] = [
  ...passcodeSettings('compliance'),
  rule(
    {
      name: 'osMinimumVersion',
      displayName: 'Minimum OS version',
      value: { type: 'version' },
      stricter: 'higher',
      remedy: 'Install the newest software update.',
    },
    everywhere,
    version((actual, wanted) => compareVersions(actual, wanted) >= 0),
  ),
  rule(
    {
      name: 'osMaximumVersion',
      displayName: 'Maximum OS version',
      value: { type: 'version' },
      stricter: 'lower',
      remedy: 'This version is not allowed yet: ask your support.',
    },
    everywhere,
    version((actual, wanted) => compareVersions(actual, wanted) <= 0),
  ),
  rule(
    {
      name: 'securityBlockJailbrokenDevices',
      displayName: 'Block jailbroken devices',
      value: boolean,
      stricter: 'true',
      remedy: 'Restore the device to its original system.',
    },
    ['iOS', 'iPadOS'],
    portal('com.microsoft.CompanyPortal', 'jailbroken', (actual, wanted) => wanted === false || actual === false),
  ),
  rule(
    {
      name: 'storageRequireEncryption',
      displayName: 'Require encryption of the startup disk',
      value: boolean,
      stricter: 'true',
      remedy: 'Turn on FileVault in Privacy & Security.',
    },
    ['macOS'],
    security('FDE_Enabled'),
  ),
  rule(
    {
      name: 'systemIntegrityProtectionEnabled',
      displayName: 'Require system integrity protection',
      value: boolean,
      stricter: 'true',
      remedy: 'Turn on system integrity protection from macOS Recovery.',
    },
    ['macOS'],
    security('SystemIntegrityProtectionEnabled'),
  ),
  rule(
    {
      name: 'firewallEnabled',
      displayName: 'Require the firewall',
      value: boolean,
      stricter: 'true',
      remedy: 'Turn on the firewall in Network settings.',
    },
    ['macOS'],
    security('FirewallSettings', 'FirewallEnabled'),
  ),
  rule(
    {
      name: 'firewallBlockAllIncoming',
      displayName: 'Require the firewall to block all incoming connections',
      value: boolean,
      stricter: 'true',
      remedy: 'Block all incoming connections in the firewall options.',
    },
    ['macOS'],
    security('FirewallSettings', 'BlockAllIncoming'),
  ),
  rule(
    {
      name: 'firewallEnableStealthMode',
      displayName: 'Require stealth mode of the firewall',
      value: boolean,
      stricter: 'true',
      remedy: 'Turn on stealth mode in the firewall options.',
    },
    ['macOS'],
    security('FirewallSettings', 'StealthMode'),
  ),
  rule(
    {
      name: 'gatekeeperAllowedAppSource',
      displayName: 'Where apps may come from',
      value: { type: 'choice', choices: appSources },
      stricter: 'higher',
      remedy: 'Restrict in Privacy & Security where apps may come from.',
    },
    ['macOS'],
    portal(
      'com.microsoft.CompanyPortalMac',
      'gatekeeperAllowedAppSource',
      (actual, wanted) => sourceRank(actual) >= sourceRank(wanted),
    ),
  ),
]

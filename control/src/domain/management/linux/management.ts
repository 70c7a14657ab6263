import type { ItemResult, LinuxItem, PolicyKind, SettingValue } from '@muster/shared/contracts'
import type { Management, SettingDefinition, SettingOutcome } from '../management.ts'

const setting = (
  kind: PolicyKind,
  name: string,
  definitionId: string,
  displayName: string,
  value: SettingDefinition['value'],
  more: Pick<SettingDefinition, 'stricter' | 'remedy'> = {},
): SettingDefinition => ({ kind, name, definitionId, displayName, value, ...more })

const boolean = { type: 'boolean' } as const
const demand = (name: string, id: string, displayName: string, remedy: string): SettingDefinition =>
  setting('compliance', name, id, displayName, boolean, { stricter: 'true', remedy })

const settings: readonly SettingDefinition[] = [
  demand(
    'deviceEncryptionRequired',
    'linux_deviceencryption_required',
    'Device encryption',
    'Encrypt every writable fixed disk with dm-crypt.',
  ),
  demand('passwordRequired', 'linux_passwordpolicy_required', 'Password', 'Set a password.'),
  demand('firewallRequired', 'linux_firewall_required', 'Firewall', 'Switch the firewall on.'),
  demand('antivirusRequired', 'linux_antivirus_required', 'Antivirus', 'Install and start the antivirus.'),
  demand(
    'secureBootRequired',
    'linux_secureboot_required',
    'Secure Boot',
    'Switch Secure Boot on in the firmware settings.',
  ),
  demand('tpmRequired', 'linux_tpm_required', 'Trusted Platform Module', 'Switch the TPM on in the firmware settings.'),
  demand(
    'passwordComplex',
    'linux_passwordpolicy_complex',
    'Complex password',
    'Choose a password with digits, letters and symbols.',
  ),
  setting(
    'compliance',
    'passwordMinimumLength',
    'linux_passwordpolicy_minimumlength',
    'Minimum password length',
    { type: 'integer', min: 4, max: 64 },
    { stricter: 'higher', remedy: 'Choose a longer password.' },
  ),
  setting(
    'compliance',
    'allowedDistributions',
    'linux_distribution_alloweddistros',
    'Allowed distributions',
    { type: 'strings', maxItems: 10 },
    { stricter: 'lower', remedy: 'This distribution is not allowed.' },
  ),
  setting(
    'compliance',
    'osMinimumVersion',
    'linux_distribution_minimumversion',
    'Minimum version',
    { type: 'version' },
    { stricter: 'higher', remedy: 'Upgrade the distribution.' },
  ),
  setting(
    'compliance',
    'osMaximumVersion',
    'linux_distribution_maximumversion',
    'Maximum version',
    { type: 'version' },
    { stricter: 'lower', remedy: 'This version is not allowed yet.' },
  ),
  setting(
    'compliance',
    'minimumFreeStorageGb',
    'linux_storage_minimumfree',
    'Free storage, GB',
    { type: 'integer', min: 1, max: 500 },
    { stricter: 'higher', remedy: 'Free some space.' },
  ),
  setting('configuration', 'customScript', 'linux_customconfig_script', 'Custom script', {
    type: 'string',
    maxLength: 4_096,
  }),
  setting('configuration', 'screenLockTimeoutMinutes', 'linux_screenlock_timeout', 'Minutes before the screen locks', {
    type: 'integer',
    min: 1,
    max: 240,
  }),
  setting('configuration', 'sshPermitRootLogin', 'linux_ssh_permitrootlogin', 'Root may sign in over SSH', boolean),
  setting('configuration', 'automaticUpdates', 'linux_updates_automatic', 'Automatic updates', boolean),
  setting('configuration', 'kernelLockdown', 'linux_kernel_lockdown', 'Kernel lockdown', boolean),
]

const RESTART_WAITS = 'linux_kernel_lockdown'

function outcomeOf(definition: SettingDefinition, answer: ItemResult | undefined): SettingOutcome {
  const state = (value: SettingOutcome['state']): SettingOutcome => ({ setting: definition.name, state: value })
  if (!answer) return state('pending')
  if (answer.protocol !== 'linux') return { ...state('error'), errorCode: 'protocol' }
  const actual = answer.actualValue === undefined ? {} : { actual: answer.actualValue }
  switch (answer.newComplianceState) {
    case 'Compliant':
      return { ...state('compliant'), ...actual }
    case 'NonCompliant':
      // A configured setting that is not in force yet waits for the restart.
      return definition.definitionId === RESTART_WAITS ? state('pending') : { ...state('nonCompliant'), ...actual }
    case 'Unknown':
      return { ...state('notApplicable'), errorCode: String(answer.errorCode ?? 0) }
    case 'Error':
      return { ...state('error'), errorCode: String(answer.errorCode ?? 0) }
  }
}

/** How the control service speaks Linux: settings whose rules the device judges itself. There is no remote wipe. */
export const linuxManagement: Management = {
  platforms: ['linux'],
  settings,
  render: (kind, wanted) =>
    settings.flatMap((definition): LinuxItem[] => {
      const value = wanted[definition.name]
      if (definition.kind !== kind || value === undefined) return []
      const { name, definitionId } = definition
      return [
        {
          itemId: name,
          covers: [name],
          protocol: 'linux',
          settingDefinitionItemId: definitionId,
          ruleId: `${definitionId}_rule`,
          value: value as LinuxItem['value'],
        },
      ]
    }),
  interpret: (kind, wanted: Readonly<Record<string, SettingValue>>, _items, results) => {
    const byItem = new Map(results.map((result) => [result.itemId, result]))
    return Object.keys(wanted).flatMap((name) => {
      const definition = settings.find((candidate) => candidate.kind === kind && candidate.name === name)
      return definition ? [outcomeOf(definition, byItem.get(name))] : []
    })
  },
  renderAction: (action) => (action === 'delete' ? { protocol: 'linux', name: 'unenroll' } : undefined),
  interpretAction: ({ result }) =>
    result.protocol === 'linux' && result.newComplianceState === 'Compliant' ? 'done' : 'failed',
}

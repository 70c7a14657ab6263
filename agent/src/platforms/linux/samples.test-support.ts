import type { PolicyItem } from '@muster/shared/contracts'

const ids = [
  'linux_deviceencryption_required',
  'linux_ssh_permitrootlogin',
  'linux_kernel_lockdown',
  'linux_updates_automatic',
  'linux_customconfig_script',
]

export const samples: readonly PolicyItem[] = ids.map((id) => ({
  itemId: id,
  covers: ['sample'],
  protocol: 'linux',
  settingDefinitionItemId: id,
  ruleId: `${id}_rule`,
  value: true,
}))

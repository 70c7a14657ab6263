import type { LinuxItem, PolicyItem } from '@muster/shared/contracts'
import { linuxSettings } from './configuration.ts'

export const itemOf = (id: string, value: LinuxItem['value']): LinuxItem => ({
  itemId: id,
  covers: ['sample'],
  protocol: 'linux',
  settingDefinitionItemId: id,
  ruleId: `${id}_rule`,
  value,
})

export const ruleText = (SettingName: string, Operator: string, DataType: string, Operand: unknown): string =>
  JSON.stringify({ SettingName, Operator, DataType, Operand })

const values = [true, 1, 'root', '1hour', '#!/bin/sh', 'real_time', 'merge', 'audit'] as const

/** One item for each setting with a value that it takes, and some rules. */
export const samples: readonly PolicyItem[] = [
  ...Object.entries(linuxSettings).map(([id, { accepts }]) => itemOf(id, values.find(accepts) ?? '')),
  itemOf('linux_deviceencryption_required', true),
  itemOf('linux_passwordpolicy_minimumlength', 12),
  itemOf('linux_passwordpolicy_minimumsymbols', 1),
  itemOf('linux_distribution_alloweddistros', ['ubuntu']),
  itemOf('linux_distribution_alloweddistros_item_minimumversion', '24.04'),
  itemOf('linux_customcompliance_rules', ruleText('FirewallEnabled', 'IsEquals', 'Boolean', true)),
]

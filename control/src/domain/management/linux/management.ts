import type { ItemResult, LinuxItem, LinuxResult, PolicyKind, SettingValue } from '@muster/shared/contracts'
import type { Management, SettingDefinition, SettingOutcome } from '../management.ts'
import { customRules } from './custom-rules.ts'
import { linuxSettings } from './settings.ts'

/** Most settings are one rule; custom compliance is as many as its author wrote. */
function itemsFor({ name, definitionId }: SettingDefinition, value: SettingValue): readonly LinuxItem[] {
  const common = { covers: [name], protocol: 'linux' as const, settingDefinitionItemId: definitionId }
  if (definitionId === 'linux_customcompliance_rules')
    return customRules(String(value)).map((rule, index) => ({ ...common, itemId: `${name}/${index}`, ...rule }))
  return [{ ...common, itemId: name, ruleId: `${definitionId}_rule`, value }]
}

type Reading = Omit<SettingOutcome, 'setting'>

function readingOf(kind: PolicyKind, answer: ItemResult | undefined): Reading {
  if (!answer) return { state: 'pending' }
  if (answer.protocol !== 'linux') return { state: 'error', errorCode: 'protocol' }
  const actual = answer.actualValue === undefined ? {} : { actual: answer.actualValue }
  return { ...stateOf(kind, answer), ...actual }
}

function stateOf(kind: PolicyKind, { newComplianceState, errorCode = 0 }: LinuxResult): Reading {
  switch (newComplianceState) {
    case 'Compliant':
      return { state: 'compliant' }
    case 'NonCompliant':
      // What is configured and not in force yet waits for a restart or the user.
      return { state: kind === 'configuration' ? 'pending' : 'nonCompliant' }
    case 'Unknown':
      return { state: 'notApplicable', errorCode: String(errorCode) }
    case 'Error':
      return { state: 'error', errorCode: String(errorCode) }
  }
}

/** Of several rules the one that stands worst says how the setting stands. */
const weight: Readonly<Record<SettingOutcome['state'], number>> = {
  error: 6,
  conflict: 5,
  notApplicable: 4,
  pending: 3,
  nonCompliant: 2,
  remediated: 1,
  compliant: 0,
}

const worst = (readings: readonly Reading[]): Reading =>
  readings.reduce<Reading>((a, b) => (weight[b.state] > weight[a.state] ? b : a), readings[0] ?? { state: 'pending' })

/** How the control service speaks Linux: settings whose rules the device judges itself. There is no remote wipe. */
export const linuxManagement: Management = {
  platforms: ['linux'],
  settings: linuxSettings,
  render: (kind, wanted) =>
    linuxSettings.flatMap((definition) => {
      const value = wanted[definition.name]
      return definition.kind !== kind || value === undefined ? [] : itemsFor(definition, value)
    }),
  interpret: (kind, wanted: Readonly<Record<string, SettingValue>>, items, results) => {
    const byItem = new Map(results.map((result) => [result.itemId, result]))
    return Object.keys(wanted).flatMap((name): SettingOutcome[] => {
      const known = linuxSettings.some((candidate) => candidate.kind === kind && candidate.name === name)
      const own = items.filter(({ covers }) => covers.includes(name))
      return known ? [{ setting: name, ...worst(own.map(({ itemId }) => readingOf(kind, byItem.get(itemId)))) }] : []
    })
  },
  renderAction: (action) => (action === 'delete' ? { protocol: 'linux', name: 'unenroll' } : undefined),
  interpretAction: ({ result }) =>
    result.protocol === 'linux' && result.newComplianceState === 'Compliant' ? 'done' : 'failed',
}

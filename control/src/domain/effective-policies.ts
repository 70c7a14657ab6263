import type { SettingValue } from '@muster/shared/contracts'
import type { Policy, SettingConflict } from './model.ts'

/** A policy as one device gets it: what is sent, and what is held back because policies disagree. */
export interface EffectivePolicy {
  readonly policy: Policy
  readonly settings: Readonly<Record<string, SettingValue>>
  readonly conflicts: readonly SettingConflict[]
}

/**
 * What policies assigned to one device come to, with conflicts named.
 *
 * - Configuration against configuration: the same setting with different values is sent by none of them.
 * - Compliance against configuration: compliance wins; the configuration's value is held back.
 * - Compliance against compliance: each is judged by itself, and the device must satisfy all: the stricter one decides.
 *
 * The answer is in the order of policy ids, so equal sets give equal answers.
 */
export function effectivePolicies(assigned: readonly Policy[]): readonly EffectivePolicy[] {
  const inOrder = [...assigned].sort((a, b) => (a.id < b.id ? -1 : 1))
  const bySetting = valuesBySetting(inOrder)
  return inOrder.map((policy) => {
    if (policy.kind === 'compliance') return { policy, settings: policy.settings, conflicts: [] }
    const conflicts: SettingConflict[] = []
    const settings: Record<string, SettingValue> = {}
    for (const [setting, value] of Object.entries(policy.settings)) {
      const others = (bySetting.get(setting) ?? []).filter(
        (other) => other.policyId !== policy.id && !sameValue(other.value, value),
      )
      if (others.length > 0) conflicts.push({ setting, others })
      else settings[setting] = value
    }
    return { policy, settings, conflicts }
  })
}

function valuesBySetting(policies: readonly Policy[]): Map<string, { policyId: string; value: SettingValue }[]> {
  const bySetting = new Map<string, { policyId: string; value: SettingValue }[]>()
  for (const policy of policies) {
    for (const [setting, value] of Object.entries(policy.settings)) {
      const values = bySetting.get(setting) ?? []
      values.push({ policyId: policy.id, value })
      bySetting.set(setting, values)
    }
  }
  return bySetting
}

const sameValue = (a: SettingValue, b: SettingValue): boolean => JSON.stringify(a) === JSON.stringify(b)

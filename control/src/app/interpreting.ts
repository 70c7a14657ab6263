import type { PolicyItem, SettingValue } from '@muster/shared/contracts'
import type { Interpret } from '../domain/apply-report.ts'
import { managementOf } from '../domain/management/index.ts'
import type { DevicePolicy, Policy } from '../domain/model.ts'

interface Sent {
  readonly settings: Readonly<Record<string, SettingValue>>
  readonly items: readonly PolicyItem[]
}

/**
 * Reads native results back into setting states, for the policies as they stand now. What was sent is rendered again,
 * once per policy, platform and set of conflicts, and kept as long as this interpreter.
 */
export function createInterpreter(policies: readonly Policy[]): Interpret {
  const byId = new Map(policies.map((policy) => [policy.id, policy]))
  const sent = new Map<string, Sent>()
  return (report, row, { platform }) => {
    const policy = byId.get(report.policyId)
    if (!policy || report.revision !== row.revision || policy.revision !== row.revision) return undefined
    const heldBack = row.conflicts.map((conflict) => conflict.setting)
    const key = `${policy.id}:${platform}:${heldBack.join(',')}`
    let what = sent.get(key)
    if (!what) {
      what = render(policy, platform, heldBack)
      sent.set(key, what)
    }
    const outcomes = managementOf(platform).interpret(policy.kind, what.settings, what.items, report.results, platform)
    return heldBack.length === 0
      ? outcomes
      : [...outcomes, ...heldBack.map((setting) => ({ setting, state: 'conflict' as const }))]
  }
}

function render(
  policy: Policy,
  platform: DevicePlatform,
  heldBack: readonly DevicePolicy['conflicts'][number]['setting'][],
): Sent {
  const settings = Object.fromEntries(Object.entries(policy.settings).filter(([name]) => !heldBack.includes(name)))
  return { settings, items: managementOf(platform).render(policy.kind, settings, platform) }
}

type DevicePlatform = Policy['platforms'][number]

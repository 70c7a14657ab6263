import { builtInRules } from './built-in-rules.ts'
import type { ComplianceInput } from './compliance.ts'
import type { ComplianceReason } from './compliance-change.ts'
import type { DevicePolicy } from './model.ts'

/** What speaks against a device: built-in rules that it breaks, and settings of compliance policies, worst state or not. */
export function reasonsAgainst({
  rows,
  ...device
}: Pick<ComplianceInput, 'nowMs' | 'lastSyncAtMs' | 'settings' | 'userExists'> & {
  readonly rows: readonly DevicePolicy[]
}): readonly ComplianceReason[] {
  const compliance = rows.filter(({ kind }) => kind === 'compliance')
  const { isActive, hasPolicy, userExists } = builtInRules({ ...device, policies: compliance.length })
  return [
    ...(isActive ? [] : [{ rule: 'inactive' } as const]),
    ...(hasPolicy ? [] : [{ rule: 'no-policy' } as const]),
    ...(userExists ? [] : [{ rule: 'user-gone' } as const]),
    ...compliance.flatMap(settingReasons),
  ]
}

export const settingReasons = ({ policyId, settings }: DevicePolicy): readonly ComplianceReason[] =>
  settings.flatMap(({ setting, state, errorCode }): ComplianceReason[] =>
    state === 'nonCompliant' || state === 'error' || state === 'conflict'
      ? [{ rule: 'setting', policyId, setting, state, ...(errorCode === undefined ? {} : { errorCode }) }]
      : [],
  )

import type { PolicyVerdict } from './evaluate.ts'

/** What whoever signs in has shown, or is. */
export type Satisfied = ReadonlySet<string>

export interface Access {
  readonly outcome: 'granted' | 'blocked' | 'unsatisfied'
  /** What is missing, by policy. */
  readonly missing: readonly { readonly policyId: string; readonly controls: readonly string[] }[]
}

/**
 * Whether a sign-in gets through. Every enforced policy that applies must be satisfied, and one that blocks decides; within a
 * policy `operator` says whether one control is enough. Policies that only report decide nothing.
 */
export function decideAccess(verdicts: readonly PolicyVerdict[], satisfied: Satisfied): Access {
  const enforced = verdicts.filter(({ applies, policy }) => applies && policy.state === 'enabled')
  const blocking = enforced.filter(({ policy }) => policy.grantControls?.builtInControls?.includes('block'))
  if (blocking.length > 0)
    return { outcome: 'blocked', missing: blocking.map(({ policy }) => ({ policyId: policy.id, controls: ['block'] })) }
  const missing = enforced.flatMap(({ policy }) => {
    const controls = controlsOf(policy.grantControls)
    const unmet = controls.filter((control) => !satisfied.has(control))
    const isMet = policy.grantControls?.operator === 'OR' ? unmet.length < controls.length : unmet.length === 0
    return controls.length === 0 || isMet ? [] : [{ policyId: policy.id, controls: unmet }]
  })
  return { outcome: missing.length === 0 ? 'granted' : 'unsatisfied', missing }
}

function controlsOf(grant: PolicyVerdict['policy']['grantControls']): readonly string[] {
  return [
    ...(grant?.builtInControls ?? []),
    ...(grant?.termsOfUse ?? []).map((id) => `termsOfUse:${id}`),
    ...(grant?.customAuthenticationFactors ?? []),
    ...(grant?.authenticationStrength ? ['authenticationStrength'] : []),
  ]
}

import type { PolicyVerdict } from './evaluate.ts'
import { decideAccess, type Satisfied } from './grant.ts'

/** What a policy meant for a sign-in, as the log tells it. */
export interface AppliedPolicy {
  readonly id: string
  readonly displayName: string
  readonly result:
    | 'success'
    | 'failure'
    | 'notApplied'
    | 'notEnabled'
    | 'reportOnlySuccess'
    | 'reportOnlyFailure'
    | 'reportOnlyInterrupted'
    | 'reportOnlyNotApplied'
  readonly enforcedGrantControls: readonly string[]
  readonly enforcedSessionControls: readonly string[]
}

/** The log has words of its own for controls. */
const words: Readonly<Record<string, string>> = {
  block: 'Block',
  mfa: 'Mfa',
  compliantDevice: 'RequireCompliantDevice',
  domainJoinedDevice: 'RequireDomainJoinedDevice',
  approvedApplication: 'RequireApprovedApp',
  compliantApplication: 'RequireCompliantApp',
  passwordChange: 'RequirePasswordChange',
}

/** Every policy with what it meant; those that only report are judged as if they were enforced. */
export const appliedPolicies = (verdicts: readonly PolicyVerdict[], satisfied: Satisfied): readonly AppliedPolicy[] =>
  verdicts.map((verdict) => {
    const { policy, applies } = verdict
    const controls = applies ? (policy.grantControls?.builtInControls ?? []) : []
    const sessions = applies ? Object.entries(policy.sessionControls ?? {}) : []
    return {
      id: policy.id,
      displayName: policy.displayName ?? '',
      result: resultOf(verdict, satisfied),
      enforcedGrantControls: controls.map((control) => words[control] ?? control),
      enforcedSessionControls: sessions.filter(([, value]) => value !== null).map(([name]) => name),
    }
  })

function resultOf(verdict: PolicyVerdict, satisfied: Satisfied): AppliedPolicy['result'] {
  const { policy, applies } = verdict
  if (policy.state === 'disabled') return 'notEnabled'
  const enforced = { ...verdict, policy: { ...policy, state: 'enabled' as const } }
  const { outcome, missing } = decideAccess([enforced], satisfied)
  if (policy.state === 'enabled') {
    if (!applies) return 'notApplied'
    return outcome === 'granted' ? 'success' : 'failure'
  }
  if (!applies) return 'reportOnlyNotApplied'
  if (outcome === 'granted') return 'reportOnlySuccess'
  // What the user could still do is no failure yet.
  const isInterrupted = missing.every(({ controls }) => controls.every((control) => control === 'mfa'))
  return isInterrupted ? 'reportOnlyInterrupted' : 'reportOnlyFailure'
}

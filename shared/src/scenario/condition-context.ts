import type { Stats } from '@muster/shared/contracts'
import type { ConditionContext, PolicyCounts } from './expressions.ts'

/** The context that statistics give. `total` is the whole population, under management or not. */
export function conditionContext(
  stats: Stats,
  more: {
    readonly total: number
    readonly managedTotal: number
    readonly policyIds: ReadonlyMap<string, string>
    readonly retireListed: number
    readonly brokerKills: number
  },
): ConditionContext {
  const state = (name: string): number =>
    Object.values(stats.compliance).reduce((sum, states) => sum + (states?.[name] ?? 0), 0)
  const { managed, retired, wiped, deleted } = stats.devices
  const online = stats.workers.reduce((sum, worker) => sum + worker.online, 0)
  const compliant = state('compliant')
  const action = (name: string): number => stats.actions[name] ?? 0
  return {
    devices: {
      total: more.total,
      managed,
      online,
      compliant,
      inGracePeriod: state('inGracePeriod'),
      noncompliant: state('noncompliant'),
      error: state('error'),
      conflict: state('conflict'),
      unknown: state('unknown'),
      retired,
      wiped,
      deleted,
      left: retired + wiped + deleted,
      enrolledShare: more.managedTotal === 0 ? 1 : (managed + retired + wiped + deleted) / more.managedTotal,
      compliantShare: managed === 0 ? 0 : compliant / managed,
    },
    reports: { ...stats.reports },
    certificates: { ...stats.certificates },
    actions: {
      pending: action('pending'),
      active: action('active'),
      done: action('done'),
      failed: action('failed'),
      canceled: action('canceled'),
      notSupported: action('notSupported'),
    },
    enrolments: {
      enrolled: stats.enrolments.enrolled,
      refused: Object.values(stats.enrolments.refused).reduce((a, b) => a + b, 0),
    },
    checkIns: { ...stats.checkIns },
    apps: stats.appRegistrations,
    notifications: stats.notifications,
    retireListed: more.retireListed,
    brokerKills: more.brokerKills,
    policies: new Map([...more.policyIds].map(([id, policyId]) => [id, policyCountsOf(stats, policyId)])),
  }
}

function policyCountsOf(stats: Stats, policyId: string): PolicyCounts {
  const found = stats.policies.find((policy) => policy.policyId === policyId)
  const of = (state: string): number => found?.states[state] ?? 0
  return {
    targeted: found?.targeted ?? 0,
    reported: found?.reported ?? 0,
    pending: of('pending'),
    compliant: of('compliant'),
    remediated: of('remediated'),
    nonCompliant: of('nonCompliant'),
    inGracePeriod: of('inGracePeriod'),
    error: of('error'),
    conflict: of('conflict'),
    notApplicable: of('notApplicable'),
  }
}

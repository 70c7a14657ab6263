import { createHash } from 'node:crypto'
import type { PolicyBody, PolicyReference, PolicySet } from '@muster/shared/contracts'
import { type EffectivePolicy, effectivePolicies } from '../domain/effective-policies.ts'
import { managementOf } from '../domain/management/index.ts'
import type { AssignmentFilter, Device, Policy } from '../domain/model.ts'
import { filterDevice } from '../domain/rule-subjects.ts'
import { isTargeted } from '../domain/targeting.ts'
import { type FilterMatchers, filterMatchers } from './filter-matchers.ts'

/** What a device is to hold, and the bodies that it may fetch. Shared by all devices in the same position. */
export interface Plan {
  readonly policySet: PolicySet
  readonly effective: readonly EffectivePolicy[]
  /** SHA-256 → body as JSON text. */
  readonly bodies: ReadonlyMap<string, string>
}

export interface Memberships {
  readonly deviceGroupIds: readonly string[]
  readonly userGroupIds: readonly string[]
}

/** Plans devices for one state of policies and filters; make a new one when those change. */
export interface Planner {
  plan(device: Device, memberships: Memberships): Plan
}

/**
 * Ten thousand devices come to a handful of distinct plans: a plan depends only on the platform and on which policies
 * reach the device, so it is rendered once per such combination.
 */
export function createPlanner(policies: readonly Policy[], filters: readonly AssignmentFilter[]): Planner {
  const matchers = filterMatchers(filters)
  const plans = new Map<string, Plan>()
  return {
    plan: (device, memberships) => {
      const assigned = policies.filter((policy) => isTargeted(policy, subjectOf(device, memberships, matchers)))
      const key = `${device.platform}:${assigned.map((policy) => policy.id).join(',')}`
      const known = plans.get(key)
      if (known) return known
      const plan = render(effectivePolicies(assigned), device.platform)
      plans.set(key, plan)
      return plan
    },
  }
}

function subjectOf(device: Device, memberships: Memberships, matchers: FilterMatchers) {
  return {
    platform: device.platform,
    hasUser: device.userId !== undefined,
    deviceGroupIds: new Set(memberships.deviceGroupIds),
    userGroupIds: new Set(memberships.userGroupIds),
    matchesFilter: (filterId: string) => matchers.get(filterId)?.(device.platform, filterDevice(device)),
  }
}

function render(effective: readonly EffectivePolicy[], platform: Device['platform']): Plan {
  const bodies = new Map<string, string>()
  const references: PolicyReference[] = []
  for (const { policy, settings } of effective) {
    const body: PolicyBody = {
      v: 1,
      policyId: policy.id,
      revision: policy.revision,
      kind: policy.kind,
      platform,
      items: [...managementOf(platform).render(policy.kind, settings, platform)],
    }
    const text = JSON.stringify(body)
    const sha256 = createHash('sha256').update(text).digest('hex')
    bodies.set(sha256, text)
    references.push({ policyId: policy.id, revision: policy.revision, kind: policy.kind, sha256 })
  }
  const digest = createHash('sha256').update(JSON.stringify(references)).digest('hex')
  return { policySet: { digest, policies: references }, effective, bodies }
}

import { describe, expect, it } from 'vitest'
import { effectivePolicies } from './effective-policies.ts'
import type { Assignment, Policy } from './model.ts'
import { retarget } from './retarget.ts'
import { isTargeted, type TargetSubject } from './targeting.ts'

const subject: TargetSubject = {
  platform: 'windows',
  hasUser: true,
  deviceGroupIds: new Set(['laptops']),
  userGroupIds: new Set(['sales']),
  matchesFilter: (id) => id === 'yes',
}
type Target = Assignment['target']
const to = (target: Target, filter?: Assignment['filter']): Assignment => ({
  id: 'a',
  target,
  ...(filter ? { filter } : {}),
})
const include = (groupId: string, filter?: Assignment['filter']) => to({ type: 'group', groupId }, filter)
const exclude = (groupId: string) => to({ type: 'exclusionGroup', groupId })
const allDevices = to({ type: 'allDevices' })
const allUsers = to({ type: 'allUsers' })

describe('an assignment', () => {
  it.each<[string, readonly Assignment[], boolean]>([
    ['nobody', [], false],
    ['all devices', [allDevices], true],
    ['all users, of a device with one', [allUsers], true],
    ['a group of the device', [include('laptops')], true],
    ['a group of its user', [include('sales')], true],
    ['another group', [include('phones')], false],
    ['a device group that is excluded as such', [allDevices, exclude('laptops')], false],
    ['all devices without the user of sales: kinds do not mix', [allDevices, exclude('sales')], true],
    ['the user, without laptops: kinds do not mix', [include('sales'), exclude('laptops')], true],
    ['users without a group of users', [allUsers, exclude('sales')], false],
    ['both kinds, one excluded', [allDevices, include('sales'), exclude('laptops')], true],
    ['a filter that fits', [include('laptops', { id: 'yes', mode: 'include' })], true],
    ['a filter that does not', [include('laptops', { id: 'no', mode: 'include' })], false],
    ['a filter that takes out', [include('laptops', { id: 'yes', mode: 'exclude' })], false],
    ['an exclusion alone', [exclude('phones')], false],
  ])('%s', (_what, assignments, wanted) => {
    expect(isTargeted({ platforms: ['windows'], assignments }, subject)).toBe(wanted)
  })

  it('is for its platforms, and all users are none where nobody signs in', () => {
    expect(isTargeted({ platforms: ['macOS'], assignments: [allDevices] }, subject)).toBe(false)
    expect(isTargeted({ platforms: ['windows'], assignments: [allUsers] }, { ...subject, hasUser: false })).toBe(false)
  })
})

const policy = (id: string, kind: Policy['kind'], settings: Policy['settings'], revision = 1): Policy => ({
  id,
  kind,
  platforms: ['windows'],
  name: id,
  description: '',
  graphResource: '',
  graphType: '',
  settings,
  scheduledActions: [],
  assignments: [],
  revision,
  createdAtMs: 0,
  modifiedAtMs: 0,
})
const conflictsOf = (...policies: Policy[]) =>
  effectivePolicies(policies).map(({ policy: { id }, settings, conflicts }) => ({
    id,
    sent: Object.keys(settings),
    held: conflicts.map(({ setting, others }) => `${setting} ${others.map(({ policyId }) => policyId).join('+')}`),
  }))

describe('policies together', () => {
  it('hold back what configurations disagree on, name the other, and send the rest', () => {
    expect(
      conflictsOf(
        policy('b', 'configuration', { length: 12 }),
        policy('a', 'configuration', { length: 8, wall: true }),
      ),
    ).toEqual([
      { id: 'a', sent: ['wall'], held: ['length b'] },
      { id: 'b', sent: [], held: ['length a'] },
    ])
  })
  it('agree where values are equal', () => {
    expect(
      conflictsOf(policy('a', 'configuration', { list: ['x'] }), policy('b', 'configuration', { list: ['x'] })),
    ).toMatchObject([{ held: [] }, { held: [] }])
  })
  it('let compliance win over configuration, and judge each compliance policy by itself', () => {
    expect(
      conflictsOf(
        policy('a', 'compliance', { length: 8 }),
        policy('b', 'compliance', { length: 12 }),
        policy('c', 'configuration', { length: 6 }),
      ),
    ).toEqual([
      { id: 'a', sent: ['length'], held: [] },
      { id: 'b', sent: ['length'], held: [] },
      { id: 'c', sent: [], held: ['length a+b'] },
    ])
  })
})

describe('retargeting', () => {
  const cause = { nowMs: 5, correlationId: 'c' }
  const effective = (...policies: Policy[]) => effectivePolicies(policies)
  const first = retarget('d', [], effective(policy('a', 'configuration', { x: 1 })), cause).put

  it('makes a row for each policy, leaves equal ones alone, and removes what is gone', () => {
    expect(first).toMatchObject([{ policyId: 'a', state: 'pending', revision: 1, targetedAtMs: 5, correlationId: 'c' }])
    expect(retarget('d', first, effective(policy('a', 'configuration', { x: 1 })), cause)).toEqual({
      put: [],
      remove: [],
    })
    expect(retarget('d', first, [], cause).remove).toEqual([{ deviceId: 'd', policyId: 'a' }])
  })
  it('waits again after a new revision, and keeps what was reported of the one before', () => {
    const reported = first.map((row) => ({ ...row, reportedRevision: 1, state: 'compliant' as const }))
    const { put } = retarget('d', reported, effective(policy('a', 'configuration', { x: 2 }, 2)), {
      ...cause,
      nowMs: 9,
    })
    expect(put).toMatchObject([{ revision: 2, reportedRevision: 1, state: 'compliant', targetedAtMs: 9 }])
  })
})

import { enrolmentMode } from '@muster/shared/contracts'
import { expect, it } from 'vitest'
import { checkRestrictions, type EnrolmentCandidate } from './enrolment-rules.ts'
import type { EnrolmentRestriction } from './model.ts'

const mode = (platform: 'windows' | 'iOS', id: string) => {
  const found = enrolmentMode(platform, id)
  if (!found) throw new Error(id)
  return found
}
const candidate = (
  platform: 'windows' | 'iOS',
  id: string,
  rest: Partial<EnrolmentCandidate> = {},
): EnrolmentCandidate => ({
  platform,
  mode: mode(platform, id),
  ownership: mode(platform, id).ownership,
  inventory: {
    deviceName: 'd',
    os: { name: platform, version: '17.5' },
    hardware: { manufacturer: 'Apple', model: 'm', serialNumber: 's', totalStorageBytes: 1, physicalMemoryBytes: 1 },
    posture: {},
  },
  devicesOfUser: 0,
  subject: {
    platform,
    hasUser: true,
    deviceGroupIds: new Set(),
    userGroupIds: new Set(['staff']),
    matchesFilter: () => false,
  },
  ...rest,
})
const platformRule = (
  rest: Partial<Extract<EnrolmentRestriction['rule'], { kind: 'platform' }>>,
  more: Partial<EnrolmentRestriction> = {},
): EnrolmentRestriction => ({
  id: 'r',
  displayName: 'r',
  priority: 10,
  isDefault: true,
  rule: {
    kind: 'platform',
    platform: 'iOS',
    platformBlocked: false,
    personalDeviceEnrolmentBlocked: false,
    blockedManufacturers: [],
    ...rest,
  },
  assignments: [],
  ...more,
})
const limit = (devicesPerUserMax: number): EnrolmentRestriction => ({
  ...platformRule({}),
  rule: { kind: 'limit', devicesPerUserMax },
})
const staff = { isDefault: false, assignments: [{ id: 'a', target: { type: 'group' as const, groupId: 'staff' } }] }

it.each<[string, readonly EnrolmentRestriction[], EnrolmentCandidate, string | undefined]>([
  ['no restriction', [], candidate('iOS', 'ade'), undefined],
  ['the platform', [platformRule({ platformBlocked: true })], candidate('iOS', 'ade'), 'enrolment/platform-blocked'],
  ['another platform', [platformRule({ platformBlocked: true })], candidate('windows', 'byod'), undefined],
  [
    'personal ones',
    [platformRule({ personalDeviceEnrolmentBlocked: true })],
    candidate('iOS', 'company-portal'),
    'enrolment/personal-blocked',
  ],
  [
    'personal ones, this is not',
    [platformRule({ personalDeviceEnrolmentBlocked: true })],
    candidate('iOS', 'ade'),
    undefined,
  ],
  [
    'its maker',
    [platformRule({ blockedManufacturers: ['APPLE'] })],
    candidate('iOS', 'ade'),
    'enrolment/manufacturer-blocked',
  ],
  ['too old', [platformRule({ osMinimumVersion: '17.6' })], candidate('iOS', 'company-portal'), 'enrolment/os-version'],
  [
    'old enough',
    [platformRule({ osMinimumVersion: '17.5', osMaximumVersion: '17.5' })],
    candidate('iOS', 'company-portal'),
    undefined,
  ],
  [
    'too new',
    [platformRule({ osMaximumVersion: '17.4.9' })],
    candidate('iOS', 'company-portal'),
    'enrolment/os-version',
  ],
  [
    'automated enrolment has no version rule',
    [platformRule({ osMinimumVersion: '18' })],
    candidate('iOS', 'ade'),
    undefined,
  ],
  ['the limit', [limit(5)], candidate('iOS', 'company-portal', { devicesOfUser: 5 }), 'enrolment/device-limit'],
  ['below the limit', [limit(5)], candidate('iOS', 'company-portal', { devicesOfUser: 4 }), undefined],
  ['a mode without the limit', [limit(5)], candidate('windows', 'autopilot', { devicesOfUser: 50 }), undefined],
  [
    'priority: the assigned one decides',
    [platformRule({ platformBlocked: true }), platformRule({}, { priority: 1, ...staff })],
    candidate('iOS', 'ade'),
    undefined,
  ],
  [
    'priority: the lower number',
    [platformRule({}, { priority: 2, ...staff }), platformRule({ platformBlocked: true }, { priority: 1, ...staff })],
    candidate('iOS', 'ade'),
    'enrolment/platform-blocked',
  ],
])('%s', (_what, restrictions, who, code) => {
  const checked = checkRestrictions(restrictions, who)
  expect(checked.ok ? undefined : checked.refusal.code).toBe(code)
})

import { enrolmentMode } from '@muster/shared/contracts'
import { expect, it } from 'vitest'
import { unrestricted } from './default-restrictions.ts'
import { checkRestrictions, type EnrolmentCandidate } from './enrolment-rules.ts'
import type { EnrolmentRestriction, PlatformRestriction } from './model.ts'

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
const restriction = (
  rule: EnrolmentRestriction['rule'],
  more: Partial<EnrolmentRestriction> = {},
): EnrolmentRestriction => ({
  id: rule.kind === 'limit' ? 'DefaultLimit' : 'DefaultPlatformRestrictions',
  displayName: 'r',
  description: '',
  priority: 0,
  isDefault: true,
  rule,
  assignments: [],
  createdAtMs: 0,
  modifiedAtMs: 0,
  ...more,
})
const platformRule = (
  rest: Partial<PlatformRestriction>,
  more: Partial<EnrolmentRestriction> = {},
): EnrolmentRestriction => restriction({ kind: 'platform', byPlatform: { iOS: { ...unrestricted, ...rest } } }, more)
const limit = (devicesPerUserMax: number, more: Partial<EnrolmentRestriction> = {}): EnrolmentRestriction =>
  restriction({ kind: 'limit', devicesPerUserMax }, more)
const LIMIT = 'enrolment/device-limit'
const staff = {
  id: 'custom',
  isDefault: false,
  assignments: [{ id: 'a', target: { type: 'group' as const, groupId: 'staff' } }],
}

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
  ['fifteen when nobody has set a limit', [], candidate('iOS', 'company-portal', { devicesOfUser: 15 }), LIMIT],
  ['the fifteenth', [], candidate('iOS', 'company-portal', { devicesOfUser: 14 }), undefined],
  [
    'a limit for staff over the default',
    [limit(1), limit(3, { ...staff, priority: 1 })],
    candidate('iOS', 'company-portal', { devicesOfUser: 2 }),
    undefined,
  ],
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

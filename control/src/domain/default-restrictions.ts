import { PlatformName } from '@muster/shared/contracts'
import type { EnrolmentRestriction, PlatformRestriction } from './model.ts'

/** A restriction that keeps nobody out. */
export const unrestricted: PlatformRestriction = {
  platformBlocked: false,
  personalDeviceEnrolmentBlocked: false,
  blockedManufacturers: [],
}

const common = {
  displayName: 'All users and all devices',
  description: '',
  priority: 0,
  isDefault: true,
  assignments: [],
  createdAtMs: 0,
  modifiedAtMs: 0,
} as const

/** What every tenant has until an administrator changes it: all platforms may enrol, fifteen devices for each user. */
const defaults: readonly EnrolmentRestriction[] = [
  { ...common, id: 'DefaultLimit', rule: { kind: 'limit', devicesPerUserMax: 15 } },
  {
    ...common,
    id: 'DefaultPlatformRestrictions',
    rule: {
      kind: 'platform',
      byPlatform: Object.fromEntries(PlatformName.options.map((platform) => [platform, unrestricted])),
    },
  },
]

/** The restrictions of a tenant, with the defaults that nobody has changed. */
export function withDefaults(stored: readonly EnrolmentRestriction[]): readonly EnrolmentRestriction[] {
  const known = new Set(stored.map(({ id }) => id))
  return [...stored, ...defaults.filter(({ id }) => !known.has(id))]
}

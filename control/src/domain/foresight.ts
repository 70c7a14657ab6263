import type { PlatformName } from '@muster/shared/contracts'
import { ok, type Result } from '@muster/shared/core'
import type { Device } from './model.ts'
import { filterDevice, membershipDevice } from './rule-subjects.ts'
import { parseAssignmentFilter, parseMembershipRule } from './rules/index.ts'

/** A device that is not enrolled yet: as much of it as rules may ask for. */
export type FutureDevice = Pick<Device, 'platform' | 'mode' | 'ownership' | 'inventory' | 'attributes'>

/** Whether a device will be in a group, or pass a filter. */
export type Foresight = (device: FutureDevice) => boolean

/**
 * Who will be in a dynamic group. `undefined` where the rule asks for what nobody knows before there are devices: users, and
 * members of other groups. Refusals: as of `parseMembershipRule`.
 */
export function foreseeMembers(rule: string): Result<Foresight | undefined> {
  const parsed = parseMembershipRule(rule)
  if (!parsed.ok) return parsed
  const { members, memberOf, matches } = parsed.value
  if (members === 'user' || memberOf.length > 0) return ok(undefined)
  return ok((device) => matches(membershipDevice({ ...device, ...noRecord })))
}

/** Who will pass an assignment filter. Refusals: as of `parseAssignmentFilter`. */
export function foreseeFiltered(rule: string, platform: PlatformName): Result<Foresight> {
  const parsed = parseAssignmentFilter(rule, platform)
  return parsed.ok ? ok((device) => parsed.value.matches(filterDevice({ ...device, ...noRecord }))) : parsed
}

/** The directory has no record of it yet. */
const noRecord = { directoryId: '', entraDeviceId: '' } as const

import type { PlatformName } from '@muster/shared/contracts'
import type { Device } from './model.ts'
import { isAutopilot } from './rule-subjects.ts'

/** Platforms whose retirement takes the directory's record along. */
const leavesWithRetirement: ReadonlySet<PlatformName> = new Set(['windows'])

/**
 * Whether a device that has left management goes from the directory as well: a retired Windows device does, unless it is
 * registered with Autopilot; a wiped one and all others keep their record. Source: Intune, "Retire or wipe devices".
 */
export function leavesDirectory({ lifecycle, platform, mode }: Device): boolean {
  if (lifecycle !== 'retired' && lifecycle !== 'deleted') return false
  return leavesWithRetirement.has(platform) && !isAutopilot(mode)
}

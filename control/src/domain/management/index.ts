import type { PlatformName } from '@muster/shared/contracts'
import { androidManagement } from './android/management.ts'
import { appleManagement } from './apple/management.ts'
import { linuxManagement } from './linux/management.ts'
import type { Management } from './management.ts'
import { windowsManagement } from './windows/management.ts'

export type { Management, SettingDefinition, SettingOutcome } from './management.ts'

/** Every family of platforms once. */
export const managements: readonly Management[] = [
  androidManagement,
  appleManagement,
  linuxManagement,
  windowsManagement,
]

const byPlatform = new Map(managements.flatMap((management) => management.platforms.map((name) => [name, management])))

/** How a platform is spoken to. */
export function managementOf(platform: PlatformName): Management {
  const management = byPlatform.get(platform)
  if (!management) throw new Error(`there is no management for ${platform}`)
  return management
}

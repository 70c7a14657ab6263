import type { PlatformName } from '@muster/shared/contracts'
import type { Platform } from '../domain/platform.ts'
import { ios } from './ios/platform.ts'
import { ipados } from './ipados/platform.ts'
import { macos } from './macos/platform.ts'
import { tvos } from './tvos/platform.ts'
import { visionos } from './visionos/platform.ts'

/** Every platform by name. */
export const platforms: Readonly<Partial<Record<PlatformName, Platform>>> = {
  macOS: macos,
  iOS: ios,
  iPadOS: ipados,
  tvOS: tvos,
  visionOS: visionos,
}

export function platformOf(name: PlatformName): Platform {
  const platform = platforms[name]
  if (!platform) throw new Error(`there is no platform ${name}`)
  return platform
}

import type { PlatformName } from '@muster/shared/contracts'
import type { Platform } from '../domain/platform.ts'
import { android } from './android/platform.ts'
import { ios } from './ios/platform.ts'
import { ipados } from './ipados/platform.ts'
import { linux } from './linux/platform.ts'
import { macos } from './macos/platform.ts'
import { tvos } from './tvos/platform.ts'
import { visionos } from './visionos/platform.ts'
import { windows } from './windows/platform.ts'

/** Every platform by name. */
export const platforms: Readonly<Record<PlatformName, Platform>> = {
  windows,
  android,
  linux,
  macOS: macos,
  iOS: ios,
  iPadOS: ipados,
  tvOS: tvos,
  visionOS: visionos,
}

/** The platform of that name. */
export const platformOf = (name: PlatformName): Platform => platforms[name]

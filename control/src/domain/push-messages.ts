import type { PlatformName } from '@muster/shared/contracts'

const withCompanyAppPush: Readonly<Record<PlatformName, boolean>> = {
  windows: false,
  macOS: false,
  iOS: true,
  iPadOS: true,
  tvOS: false,
  visionOS: false,
  android: true,
  linux: false,
}

/** Whether the platform's company app shows push messages about noncompliance. Source: Intune, actions for noncompliance. */
export const takesPushMessages = (platform: PlatformName): boolean => withCompanyAppPush[platform]

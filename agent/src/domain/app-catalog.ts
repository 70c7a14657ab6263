import type { PlatformName } from '@muster/shared/contracts'

export interface ManagedApp {
  readonly appId: string
  readonly version: string
  /** How often somebody opens it on a usual day. */
  readonly usesPerDay: number
}

const apple: readonly ManagedApp[] = [
  { appId: 'com.microsoft.Office.Outlook', version: '4.2545.0', usesPerDay: 30 },
  { appId: 'com.microsoft.skype.teams', version: '7.19.0', usesPerDay: 25 },
  { appId: 'com.microsoft.msedge', version: '142.0.3595', usesPerDay: 12 },
  { appId: 'com.microsoft.skydrive', version: '16.45.9', usesPerDay: 3 },
]

const google: readonly ManagedApp[] = [
  { appId: 'com.microsoft.office.outlook', version: '4.2544.1', usesPerDay: 30 },
  { appId: 'com.microsoft.teams', version: '1416/1.0.0.2025193702', usesPerDay: 25 },
  { appId: 'com.microsoft.emmx', version: '142.0.3595.66', usesPerDay: 12 },
  { appId: 'com.microsoft.skydrive', version: '7.44', usesPerDay: 3 },
]

const byPlatform: Partial<Record<PlatformName, readonly ManagedApp[]>> = { iOS: apple, iPadOS: apple, android: google }

/** Apps that take app protection on a platform; none where app management does not exist. */
export const managedApps = (platform: PlatformName): readonly ManagedApp[] => byPlatform[platform] ?? []

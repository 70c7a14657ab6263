import type { PlatformName } from './platform.ts'

/** An app as a device finds it installed. */
export interface InstalledApp {
  readonly name: string
  readonly publisher: string
  readonly version: string
  readonly sizeBytes: number
}

/** An app of the world: on which share of devices it is, and in which versions, the commonest first. */
interface App extends Omit<InstalledApp, 'version'> {
  readonly share: number
  readonly versions: readonly string[]
}

/**
 * How many sets of installed apps there are on a platform. A device says which one is its own, and the number stands for all
 * of them: an inventory of dozens of apps is one small number on the wire and in the store.
 */
export const SOFTWARE_PROFILES = 64

const MB = 1_000_000
const app = (name: string, publisher: string, share: number, sizeBytes: number, ...versions: string[]): App => ({
  name,
  publisher,
  share,
  sizeBytes,
  versions,
})

const desktop: readonly App[] = [
  app('Google Chrome', 'Google LLC', 0.7, 320 * MB, '142.0.7444.60', '141.0.7390.123', '139.0.7258.66'),
  app('Microsoft Edge', 'Microsoft Corporation', 1, 410 * MB, '142.0.3595.53', '141.0.3537.99'),
  app('Microsoft Teams', 'Microsoft Corporation', 0.9, 280 * MB, '25290.302.4044.3989', '25255.703.3981.5698'),
  app('Microsoft 365 Apps for enterprise', 'Microsoft Corporation', 0.95, 3_100 * MB, '16.0.19328.20158'),
  app('Zoom Workplace', 'Zoom Communications, Inc.', 0.35, 190 * MB, '6.6.6.19875', '6.5.12.11201', '6.3.1.55312'),
  app('Visual Studio Code', 'Microsoft Corporation', 0.2, 390 * MB, '1.105.1', '1.102.3'),
  app('Slack', 'Slack Technologies, LLC', 0.25, 260 * MB, '4.46.101', '4.45.69'),
  app('Firefox', 'Mozilla', 0.25, 240 * MB, '144.0.2', '140.4.0'),
]
const windows: readonly App[] = [
  ...desktop,
  app('Microsoft OneDrive', 'Microsoft Corporation', 1, 150 * MB, '25.189.0928.0002'),
  app('Adobe Acrobat (64-bit)', 'Adobe', 0.6, 870 * MB, '25.001.20844', '25.001.20693', '24.005.20421'),
  app('7-Zip 25.01 (x64)', 'Igor Pavlov', 0.3, 6 * MB, '25.01', '24.09', '23.01'),
  app('Notepad++ (64-bit x64)', 'Notepad++ Team', 0.2, 16 * MB, '8.8.7', '8.6.9'),
  app('VLC media player', 'VideoLAN', 0.15, 190 * MB, '3.0.21', '3.0.18'),
  app('TeamViewer', 'TeamViewer', 0.08, 110 * MB, '15.71.4', '15.51.6'),
]
const mac: readonly App[] = [
  ...desktop,
  app('Safari', 'Apple', 1, 15 * MB, '26.1', '18.6'),
  app('Keynote', 'Apple', 0.8, 620 * MB, '14.4'),
  app('Homebrew', 'Homebrew', 0.15, 90 * MB, '4.6.19', '4.5.2'),
  app('1Password', 'AgileBits Inc.', 0.3, 330 * MB, '8.11.14', '8.10.80'),
]
const apple: readonly App[] = [
  app('Microsoft Outlook', 'Microsoft Corporation', 0.9, 380 * MB, '4.2545.0', '4.2541.1'),
  app('Microsoft Teams', 'Microsoft Corporation', 0.85, 420 * MB, '7.19.0', '7.17.1'),
  app('Microsoft Authenticator', 'Microsoft Corporation', 0.95, 160 * MB, '6.8.36'),
  app('Intune Company Portal', 'Microsoft Corporation', 1, 70 * MB, '5.2510.0', '5.2507.1'),
  app('WhatsApp Messenger', 'WhatsApp Inc.', 0.6, 290 * MB, '25.32.78', '25.29.76'),
  app('YouTube', 'Google', 0.4, 300 * MB, '20.44.3'),
]
const google: readonly App[] = [
  app('com.microsoft.office.outlook', '', 0.9, 140 * MB, '4.2544.1', '4.2540.0'),
  app('com.microsoft.teams', '', 0.85, 210 * MB, '1416/1.0.0.2025193702'),
  app('com.azure.authenticator', '', 0.95, 90 * MB, '6.2510.6949'),
  app('com.microsoft.windowsintune.companyportal', '', 1, 60 * MB, '5.0.6715.0', '5.0.6577.0'),
  app('com.google.android.gm', '', 1, 80 * MB, '2025.10.20.823', '2025.08.11.795'),
  app('com.whatsapp', '', 0.6, 120 * MB, '2.25.31.76'),
]
const packages: readonly App[] = [
  app('intune-portal', 'Microsoft Corporation', 1, 40 * MB, '1.2508.17', '1.2503.10'),
  app('microsoft-edge-stable', 'Microsoft Corporation', 1, 380 * MB, '142.0.3595.53', '141.0.3537.99'),
  app('firefox', 'Mozilla', 0.9, 260 * MB, '144.0.2', '143.0.4'),
  app('openssh-server', 'Ubuntu Developers', 0.4, 2 * MB, '9.6p1-3ubuntu13.14', '9.6p1-3ubuntu13.5'),
  app('docker-ce', 'Docker Inc.', 0.3, 100 * MB, '28.5.1', '27.3.1'),
  app('code', 'Microsoft Corporation', 0.5, 390 * MB, '1.105.1', '1.102.3'),
]

const catalogue: Readonly<Record<PlatformName, readonly App[]>> = {
  windows,
  macOS: mac,
  iOS: apple,
  iPadOS: apple,
  tvOS: [app('Zoom Rooms Controller', 'Zoom Communications, Inc.', 0.5, 90 * MB, '6.6.0')],
  visionOS: apple.slice(0, 4),
  android: google,
  linux: packages,
}

/** What is installed on a device of a platform with this profile, in the order of the catalogue. */
export function installedApps(platform: PlatformName, profile: number): readonly InstalledApp[] {
  return catalogue[platform].flatMap(({ share, versions, ...rest }) => {
    const part = partOf(`${rest.name}/${profile}`)
    if (part >= share) return []
    // Half of the devices have the newest, half of the others the one before it, and so on.
    const place = Math.min(Math.floor(-Math.log2(1 - partOf(`${rest.name}/${profile}/version`))), versions.length - 1)
    return [{ ...rest, version: versions[place] ?? '' }]
  })
}

/** A number from 0 up to 1 that is always the same for a text (FNV-1a, and a round of mixing). */
function partOf(text: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d)
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39)
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32
}

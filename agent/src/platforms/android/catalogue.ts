/** Makers and models in the words of an inventory, with their shares of a fleet. */
export const models = [
  { weight: 30, manufacturer: 'samsung', model: 'SM-S928B', storageGb: 256, memoryGb: 12 },
  { weight: 32, manufacturer: 'samsung', model: 'SM-A556B', storageGb: 128, memoryGb: 8 },
  { weight: 12, manufacturer: 'samsung', model: 'SM-X706B', storageGb: 128, memoryGb: 8 },
  { weight: 26, manufacturer: 'Google', model: 'Pixel 9', storageGb: 128, memoryGb: 12 },
] as const

/** What is bolted to a shelf or carried through a warehouse. */
export const dedicatedModels = [
  { weight: 60, manufacturer: 'Zebra Technologies', model: 'TC58', storageGb: 64, memoryGb: 6 },
  { weight: 40, manufacturer: 'samsung', model: 'SM-X706B', storageGb: 128, memoryGb: 8 },
] as const

/** Headsets and the like, which run Android without Google's services. */
export const openSourceModels = [
  { weight: 70, manufacturer: 'Meta', model: 'Quest 3', storageGb: 128, memoryGb: 8 },
  { weight: 30, manufacturer: 'RealWear', model: 'Navigator 520', storageGb: 64, memoryGb: 4 },
] as const

/** Models with a radio for ultra wideband. */
export const ultraWideband: ReadonlySet<string> = new Set(['SM-S928B'])

/** Releases in a company's fleet with their API levels: 16 has 40 %, 15 25 %, 14 18 %, 13 9 %, older ones 8 %. */
export const releases = [
  { weight: 40, version: '16', api: 36 },
  { weight: 25, version: '15', api: 35 },
  { weight: 18, version: '14', api: 34 },
  { weight: 9, version: '13', api: 33 },
  { weight: 5, version: '12', api: 31 },
  { weight: 2, version: '11', api: 30 },
  { weight: 1, version: '10', api: 29 },
] as const

/** A version that we do not know has the level of the newest one below it. */
export function apiLevelOf(version: string): number {
  const major = Number.parseInt(version, 10) || 0
  return releases.find((release) => Number(release.version) <= major)?.api ?? 28
}

export const patches = ['2026-11-01', '2026-10-01', '2026-09-01', '2026-06-01'] as const

import { chipUdid } from '../apple/identifiers.ts'
import { mobileDrifts, mobilePosture, waitsForUnlock } from '../apple/mobile.ts'
import { applePlatform } from '../apple/platform.ts'
import type { AppleSystem, Model } from '../apple/system.ts'

const headset = {
  marketingName: 'Apple Vision Pro',
  memoryGb: 16,
  storageGb: [256, 512, 1_000],
  cellular: 0,
  battery: true,
}

const models: readonly Model[] = [
  { ...headset, name: 'RealityDevice14,1', identifier: 'RealityDevice14,1', weight: 80, majors: [1, 26], chip: '8112' },
  {
    ...headset,
    name: 'RealityDevice17,1',
    identifier: 'RealityDevice17,1',
    weight: 20,
    majors: [26, 26],
    chip: '8142',
  },
]

export const visionosSystem: AppleSystem = {
  name: 'visionOS',
  schema: 'visionOS',
  family: 'RealityDevice',
  models,
  // After version 2 comes 26.
  releases: [
    { version: '1.3', build: '21O771', weight: 8 },
    { version: '2.6', build: '22O785', weight: 22 },
    { version: '26.1', build: '23N47', weight: 25 },
    { version: '26.2', build: '23N301', weight: 45 },
  ],
  drifts: mobileDrifts,
  updatesPerDay: 0.06,
  waitsForUnlock,
  approvalSupervises: false,
  udid: chipUdid,
  posture: (_mode, _model, chance) => mobilePosture(0.97, 0.000_1, chance),
}

export const visionos = applePlatform(visionosSystem)

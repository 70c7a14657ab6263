import { chipUdid } from '../apple/identifiers.ts'
import { applePlatform } from '../apple/platform.ts'
import type { AppleSystem, Model } from '../apple/system.ts'

const box = { cellular: 0, battery: false } as const

const models: readonly Model[] = [
  {
    ...box,
    name: 'AppleTV6,2',
    identifier: 'AppleTV6,2',
    marketingName: 'Apple TV 4K',
    weight: 10,
    majors: [11, 26],
    chip: '8011',
    memoryGb: 3,
    storageGb: [32, 64],
  },
  {
    ...box,
    name: 'AppleTV11,1',
    identifier: 'AppleTV11,1',
    marketingName: 'Apple TV 4K (2nd generation)',
    weight: 30,
    majors: [14, 26],
    chip: '8020',
    memoryGb: 4,
    storageGb: [32, 64],
  },
  {
    ...box,
    name: 'AppleTV14,1',
    identifier: 'AppleTV14,1',
    marketingName: 'Apple TV 4K (3rd generation)',
    weight: 60,
    majors: [16, 26],
    chip: '8110',
    memoryGb: 4,
    storageGb: [64, 128],
  },
]

export const tvosSystem: AppleSystem = {
  name: 'tvOS',
  schema: 'tvOS',
  family: 'AppleTV',
  models,
  releases: [
    { version: '16.6', build: '20M73', weight: 3 },
    { version: '17.6.1', build: '21M80', weight: 9 },
    { version: '18.6', build: '22M84', weight: 22 },
    { version: '26.1', build: '23J582', weight: 20 },
    { version: '26.2', build: '23K54', weight: 46 },
  ],
  // There is little on an Apple TV that people could put wrong.
  drifts: [{ fact: 'rooted', to: true, perDay: 0.000_01, heals: false }],
  updatesPerDay: 0.08,
  waitsForUnlock: new Set(),
  approvalSupervises: false,
  udid: chipUdid,
  posture: (_mode, _model, chance) => ({
    encrypted: true,
    rooted: chance.chance(0.000_5),
    secureBoot: true,
    secureHardware: true,
  }),
}

export const tvos = applePlatform(tvosSystem)

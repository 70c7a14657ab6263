import type { Model } from '../apple/system.ts'

const pad = (
  name: string,
  identifier: string,
  weight: number,
  majors: Model['majors'],
  chip: string,
  memoryGb: number,
  storageGb: readonly number[] = [128, 256],
): Model => ({
  name,
  identifier,
  marketingName: name,
  weight,
  majors,
  chip,
  memoryGb,
  storageGb,
  cellular: 0.3,
  battery: true,
})

/** Three in ten have a modem. */
export const models: readonly Model[] = [
  pad('iPad Pro 12.9-inch (2nd generation)', 'iPad7,1', 2, [10, 17], '8011', 4, [64, 256]),
  pad('iPad (7th generation)', 'iPad7,11', 5, [13, 18], '8010', 3, [32, 128]),
  pad('iPad (9th generation)', 'iPad12,1', 16, [15, 26], '8030', 3, [64, 256]),
  pad('iPad (10th generation)', 'iPad13,18', 24, [16, 26], '8101', 4, [64, 256]),
  pad('iPad Air 11-inch (M2)', 'iPad14,8', 10, [17, 26], '8112', 8),
  pad('iPad Pro 11-inch (M4)', 'iPad16,3', 7, [17, 26], '8132', 8, [256, 512]),
  pad('iPad Pro 13-inch (M4)', 'iPad16,5', 4, [17, 26], '8132', 8, [256, 512]),
  pad('iPad (A16)', 'iPad15,7', 20, [18, 26], '8120', 6),
  pad('iPad Air 11-inch (M3)', 'iPad15,3', 6, [18, 26], '8122', 8),
  pad('iPad mini (A17 Pro)', 'iPad16,1', 6, [18, 26], '8130', 8),
]

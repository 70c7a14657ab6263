import type { Model } from '../apple/system.ts'

const phone = (
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
  cellular: 1,
  battery: true,
})

/** A late-2026 company fleet: phones of four or five years, few older ones. */
export const models: readonly Model[] = [
  phone('iPhone 8', 'iPhone10,1', 1, [11, 16], '8015', 2, [64, 128]),
  phone('iPhone XR', 'iPhone11,8', 2, [12, 18], '8020', 3, [64, 128]),
  phone('iPhone 11', 'iPhone12,1', 4, [13, 26], '8030', 4, [64, 128]),
  phone('iPhone 12', 'iPhone13,2', 6, [14, 26], '8101', 4, [64, 128]),
  phone('iPhone 13', 'iPhone14,5', 10, [15, 26], '8110', 4),
  phone('iPhone SE (3rd generation)', 'iPhone14,6', 6, [15, 26], '8110', 4, [64, 128]),
  phone('iPhone 14', 'iPhone14,7', 11, [16, 26], '8110', 6),
  phone('iPhone 15', 'iPhone15,4', 13, [17, 26], '8120', 6),
  phone('iPhone 15 Pro', 'iPhone16,1', 6, [17, 26], '8130', 8),
  phone('iPhone 16', 'iPhone17,3', 16, [18, 26], '8140', 8),
  phone('iPhone 16 Pro', 'iPhone17,1', 9, [18, 26], '8140', 8, [256, 512]),
  phone('iPhone 16e', 'iPhone17,5', 6, [18, 26], '8140', 8),
  phone('iPhone 17', 'iPhone18,3', 10, [26, 26], '8150', 8, [256, 512]),
  phone('iPhone 17 Pro', 'iPhone18,1', 6, [26, 26], '8150', 12, [256, 512]),
  phone('iPhone Air', 'iPhone18,4', 1, [26, 26], '8150', 12, [256, 512]),
]

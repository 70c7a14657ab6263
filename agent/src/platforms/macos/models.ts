import type { Model } from '../apple/system.ts'

const mac = (
  identifier: string,
  marketingName: string,
  weight: number,
  majors: Model['majors'],
  chip: string,
  memoryGb: number,
  rest: Partial<Model> = {},
): Model => ({
  name: identifier,
  identifier,
  marketingName,
  weight,
  majors,
  chip,
  memoryGb,
  storageGb: [256, 512, 1_000],
  cellular: 0,
  battery: true,
  ...rest,
})

/** Graph shows a Mac's identifier, not its name. */
export const models: readonly Model[] = [
  mac('MacBookPro16,1', 'MacBook Pro (16-inch, 2019)', 3, [10, 26], '', 16, { intel: true }),
  mac('MacBookAir10,1', 'MacBook Air (M1, 2020)', 12, [11, 26], '8103', 8),
  mac('Macmini9,1', 'Mac mini (M1, 2020)', 3, [11, 26], '8103', 8, { battery: false }),
  mac('iMac21,1', 'iMac (24-inch, M1, 2021)', 2, [11, 26], '8103', 8, { battery: false }),
  mac('MacBookPro18,3', 'MacBook Pro (14-inch, 2021)', 10, [12, 26], '6000', 16),
  mac('Mac14,2', 'MacBook Air (M2, 2022)', 14, [12, 26], '8112', 8),
  mac('Mac14,9', 'MacBook Pro (14-inch, 2023)', 7, [13, 26], '6020', 16),
  mac('Mac15,6', 'MacBook Pro (14-inch, Nov 2023)', 7, [14, 26], '6030', 18),
  mac('Mac15,12', 'MacBook Air (13-inch, M3, 2024)', 14, [14, 26], '8122', 16),
  mac('Mac16,8', 'MacBook Pro (14-inch, M4 Pro, 2024)', 9, [15, 26], '6040', 24),
  mac('Mac16,10', 'Mac mini (2024)', 3, [15, 26], '8132', 16, { battery: false }),
  mac('Mac16,12', 'MacBook Air (13-inch, M4, 2025)', 16, [15, 26], '8132', 16),
]

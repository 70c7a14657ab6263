/** Makers and models in the exact words of an inventory, with their shares of a fleet. */
export const models = [
  { weight: 22, manufacturer: 'Dell Inc.', model: 'Latitude 5450', storageGb: 512, memoryGb: 16 },
  { weight: 14, manufacturer: 'Dell Inc.', model: 'Latitude 7450', storageGb: 512, memoryGb: 32 },
  { weight: 8, manufacturer: 'Dell Inc.', model: 'OptiPlex 7020', storageGb: 512, memoryGb: 16 },
  { weight: 22, manufacturer: 'LENOVO', model: '21LN0014US', storageGb: 512, memoryGb: 16 },
  { weight: 18, manufacturer: 'HP', model: 'HP EliteBook 840 14 inch G11 Notebook PC', storageGb: 512, memoryGb: 16 },
  { weight: 8, manufacturer: 'Microsoft Corporation', model: 'Surface Laptop 7', storageGb: 1_024, memoryGb: 32 },
  { weight: 6, manufacturer: 'Microsoft Corporation', model: 'Surface Pro 11th Edition', storageGb: 512, memoryGb: 16 },
  { weight: 2, manufacturer: 'Microsoft Corporation', model: 'Virtual Machine', storageGb: 128, memoryGb: 8 },
] as const

/** Releases with their shares, newest first: 25H2, 24H2, 23H2, Windows 10 22H2. */
export const releases = [
  { weight: 47, build: 26_200, revision: 7_171 },
  { weight: 36, build: 26_100, revision: 7_171 },
  { weight: 7, build: 22_631, revision: 6_199 },
  { weight: 10, build: 19_045, revision: 6_575 },
] as const

export const editions = [
  { weight: 80, name: 'Enterprise' },
  { weight: 17, name: 'Pro' },
  { weight: 3, name: 'Home' },
] as const

/** Personal machines are another mix. */
export const personalEditions = [
  { weight: 35, name: 'Pro' },
  { weight: 65, name: 'Home' },
] as const

export const versionText = (build: number, revision: number): string => `10.0.${build}.${revision}`

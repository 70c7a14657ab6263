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

/** What a desktop in the cloud calls itself. */
export const cloudModels = [
  {
    weight: 1,
    manufacturer: 'Microsoft Corporation',
    model: 'Cloud PC Enterprise 4vCPU/16GB/128GB',
    storageGb: 128,
    memoryGb: 16,
  },
] as const

export interface Release {
  readonly weight: number
  readonly build: number
  readonly revision: number
  /** The edition that comes in this release alone. */
  readonly edition?: string
  /** Runs in the cloud, on hardware of its own. */
  readonly cloud?: true
}

/**
 * Releases with their shares of a managed fleet, newest first: 25H2 has 45 %, 24H2 35 %, 23H2 6 %, Windows 10 22H2 9 %,
 * long-term servicing 3 %, Cloud PCs and multi-session 2 %.
 */
export const releases: readonly Release[] = [
  { weight: 45, build: 26_200, revision: 7_171 },
  { weight: 35, build: 26_100, revision: 7_171 },
  { weight: 6, build: 22_631, revision: 6_199 },
  { weight: 9, build: 19_045, revision: 6_575 },
  { weight: 2, build: 26_100, revision: 7_171, edition: 'EnterpriseS' },
  { weight: 1, build: 19_044, revision: 6_575, edition: 'EnterpriseS' },
  { weight: 1, build: 26_100, revision: 7_171, cloud: true },
  { weight: 1, build: 26_100, revision: 7_171, edition: 'ServerRdsh', cloud: true },
]

/** Home cannot join a directory: no company's own machine has it. */
export const editions = [
  { weight: 80, name: 'Enterprise' },
  { weight: 20, name: 'Pro' },
] as const

/** Personal machines are another mix. */
export const personalEditions = [
  { weight: 35, name: 'Pro' },
  { weight: 65, name: 'Home' },
] as const

/** The revision that this month's update brings a build to; `undefined` for a build that we do not know. */
export function newestRevision(build: number): number | undefined {
  const revision = releases.find((release) => release.build === build)?.revision
  return revision === undefined ? undefined : revision + 100
}

export const versionText = (build: number, revision: number): string => `10.0.${build}.${revision}`

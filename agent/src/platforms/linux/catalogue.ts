/** Makers and models with their shares of a fleet. */
export const models = [
  { weight: 40, manufacturer: 'LENOVO', model: '21LN0014US', storageGb: 512, memoryGb: 32 },
  { weight: 40, manufacturer: 'Dell Inc.', model: 'XPS 13 9340', storageGb: 512, memoryGb: 32 },
  { weight: 20, manufacturer: 'System76', model: 'Lemur Pro', storageGb: 1_000, memoryGb: 32 },
] as const

/** Ubuntu 24.04 has 65 %, 26.04 25 %, Red Hat Enterprise Linux 10 %. */
export const distributions = [
  { weight: 65, name: 'ubuntu', version: '24.04' },
  { weight: 25, name: 'ubuntu', version: '26.04' },
  { weight: 6, name: 'rhel', version: '9.6' },
  { weight: 4, name: 'rhel', version: '10.0' },
] as const

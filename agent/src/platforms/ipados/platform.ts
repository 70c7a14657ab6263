import { chipUdid } from '../apple/identifiers.ts'
import { mobileDrifts, mobilePosture, waitsForUnlock } from '../apple/mobile.ts'
import { applePlatform } from '../apple/platform.ts'
import type { AppleSystem } from '../apple/system.ts'
import { models } from './models.ts'

export const ipadosSystem: AppleSystem = {
  name: 'iPadOS',
  schema: 'iOS',
  family: 'iPad',
  models,
  // Shares as Apple published them in June 2026: 26 has 68 %, 18 has 17 %, the rest 15 %.
  releases: [
    { version: '16.7.12', build: '20H364', weight: 4 },
    { version: '17.7.10', build: '21H450', weight: 11 },
    { version: '18.6.2', build: '22G100', weight: 5 },
    { version: '18.7.2', build: '22H124', weight: 12 },
    { version: '26.0.1', build: '23A355', weight: 6 },
    { version: '26.1', build: '23B85', weight: 17 },
    { version: '26.2', build: '23C55', weight: 45 },
  ],
  drifts: mobileDrifts,
  updatesPerDay: 0.05,
  companyPortal: 'com.microsoft.CompanyPortal',
  waitsForUnlock,
  approvalSupervises: false,
  udid: chipUdid,
  posture: (mode, _model, chance) =>
    mobilePosture(mode.user === 'none' ? 0.7 : 0.93, mode.supervised ? 0.000_2 : 0.001, chance),
}

export const ipados = applePlatform(ipadosSystem)

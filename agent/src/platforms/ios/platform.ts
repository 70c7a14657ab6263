import { chipUdid } from '../apple/identifiers.ts'
import { mobileDrifts, mobilePosture, waitsForUnlock } from '../apple/mobile.ts'
import { applePlatform } from '../apple/platform.ts'
import type { AppleSystem } from '../apple/system.ts'
import { models } from './models.ts'

export const iosSystem: AppleSystem = {
  name: 'iOS',
  schema: 'iOS',
  family: 'iPhone',
  models,
  // Shares as Apple published them in June 2026: 26 has 79 %, 18 has 14 %, the rest 7 %.
  releases: [
    { version: '16.7.12', build: '20H364', weight: 2 },
    { version: '17.7.2', build: '21H221', weight: 5 },
    { version: '18.6.2', build: '22G100', weight: 5 },
    { version: '18.7.2', build: '22H124', weight: 9 },
    { version: '26.0.1', build: '23A355', weight: 6 },
    { version: '26.1', build: '23B85', weight: 18 },
    { version: '26.2', build: '23C55', weight: 55 },
  ],
  drifts: mobileDrifts,
  updatesPerDay: 0.06,
  companyPortal: 'com.microsoft.CompanyPortal',
  waitsForUnlock,
  approvalSupervises: false,
  udid: chipUdid,
  posture: (mode, _model, chance) =>
    mobilePosture(mode.user === 'none' ? 0.6 : 0.96, mode.supervised ? 0.000_3 : 0.002, chance),
}

export const ios = applePlatform(iosSystem)

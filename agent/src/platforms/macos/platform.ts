import { uuid } from '../apple/identifiers.ts'
import { applePlatform } from '../apple/platform.ts'
import type { AppleSystem } from '../apple/system.ts'
import { storageDrift } from '../storage-drift.ts'
import { models } from './models.ts'

export const macosSystem: AppleSystem = {
  name: 'macOS',
  schema: 'macOS',
  family: 'Mac',
  models,
  // 26 has 55 %, 15 has 30 %, 14 has 10 %, the rest 5 %.
  releases: [
    { version: '13.7.8', build: '22H730', weight: 5 },
    { version: '14.8.2', build: '23J126', weight: 10 },
    { version: '15.6.1', build: '24G90', weight: 8 },
    { version: '15.7.2', build: '24G325', weight: 22 },
    { version: '26.0.1', build: '25A362', weight: 6 },
    { version: '26.1', build: '25B78', weight: 14 },
    { version: '26.2', build: '25C56', weight: 35 },
  ],
  drifts: [
    { fact: 'firewallOn', to: false, perDay: 0.004, heals: true },
    { fact: 'unknownSourcesAllowed', to: true, perDay: 0.001, heals: true },
    { fact: 'encrypted', to: false, perDay: 0.000_3, heals: false },
    { fact: 'codeIntegrity', to: false, perDay: 0.000_1, heals: false },
    { fact: 'locked', to: false, perDay: 1, heals: false },
    storageDrift(0.02),
  ],
  updatesPerDay: 0.04,
  companyPortal: 'com.microsoft.CompanyPortalMac',
  // A Mac puts commands off only in Power Nap or for a locked keychain, neither of which we simulate.
  waitsForUnlock: new Set(),
  approvalSupervises: true,
  udid: (_model, chance) => uuid(chance),
  posture: (mode, _model, chance) => ({
    encrypted: chance.chance(0.9),
    passcodeSet: chance.chance(0.995),
    passcodeLength: chance.int(6, 14),
    passcodeComplex: chance.chance(0.7),
    firewallOn: chance.chance(mode.supervised ? 0.8 : 0.65),
    secureBoot: chance.chance(0.98),
    secureHardware: true,
    codeIntegrity: chance.chance(0.995),
    unknownSourcesAllowed: chance.chance(0.03),
  }),
}

export const macos = applePlatform(macosSystem)

import type { Posture } from '@muster/shared/contracts'
import type { Rng } from '@muster/shared/core'
import type { Drift } from '../../domain/platform.ts'
import { storageDrift } from '../storage-drift.ts'

/** What a locked iPhone, iPad or Vision Pro puts off: it cannot write its settings while data protection is closed. */
export const waitsForUnlock: ReadonlySet<string> = new Set(['InstallProfile', 'RemoveProfile'])

const passcodes = [
  { weight: 8, passcodeLength: 4, passcodeComplex: false },
  { weight: 72, passcodeLength: 6, passcodeComplex: false },
  { weight: 12, passcodeLength: 6, passcodeComplex: true },
  { weight: 8, passcodeLength: 9, passcodeComplex: true },
]

/** How a handheld device looks at first. Its storage is always encrypted by the hardware. */
export function mobilePosture(passcodeShare: number, brokenOutShare: number, chance: Rng): Posture {
  const { passcodeLength, passcodeComplex } = chance.weighted(passcodes)
  const passcodeSet = chance.chance(passcodeShare)
  return {
    encrypted: true,
    passcodeSet,
    passcodeLength: passcodeSet ? passcodeLength : 0,
    passcodeComplex: passcodeSet && passcodeComplex,
    rooted: chance.chance(brokenOutShare),
    secureBoot: true,
    secureHardware: true,
  }
}

/**
 * People take the passcode off now and then. At any moment one device in twenty is locked and lies about for long enough to
 * put things off; what is locked, from afar too, is unlocked within a day or so.
 */
export const mobileDrifts: readonly Drift[] = [
  { fact: 'passcodeSet', to: false, perDay: 0.002, heals: true },
  { fact: 'rooted', to: true, perDay: 0.000_02, heals: false },
  { fact: 'locked', to: true, perDay: 0.05, heals: true },
  { fact: 'locked', to: false, perDay: 1, heals: false },
  storageDrift(0.03),
]

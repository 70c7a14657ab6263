import type { EnrolmentMode, Inventory } from '@muster/shared/contracts'
import type { Rng } from '@muster/shared/core'
import { modelFor } from '../model-for.ts'
import { dedicatedModels, models, openSourceModels, patches, releases } from './catalogue.ts'

const GB = 1_000_000_000

interface Hardware {
  readonly weight: number
  readonly manufacturer: string
  readonly model: string
  readonly storageGb: number
  readonly memoryGb: number
}

const modelsFor = ({ id }: EnrolmentMode): readonly Hardware[] =>
  id === 'dedicated' ? dedicatedModels : id.startsWith('aosp') ? openSourceModels : models

/** A device as it is found. */
export function describe(mode: EnrolmentMode, chance: Rng, wanted?: Readonly<Record<string, number>>): Inventory {
  const hardware = modelFor<Hardware>(modelsFor(mode), chance.fork('model'), wanted)
  const release = chance.fork('release').weighted(releases)
  const facts = chance.fork('facts')
  const rooted = facts.chance(0.003)
  const storageBytes = hardware.storageGb * GB
  return {
    deviceName: `${hardware.model}_${chance.fork('name').hex(6)}`,
    os: { name: 'Android', version: release.version, securityPatch: facts.pick(patches), edition: mode.id },
    hardware: {
      manufacturer: hardware.manufacturer,
      model: hardware.model,
      ...identityFor(mode, release.api, chance),
      totalStorageBytes: storageBytes,
      physicalMemoryBytes: hardware.memoryGb * 1_073_741_824,
    },
    posture: {
      encrypted: true,
      passcodeSet: facts.chance(mode.user === 'none' ? 0.4 : 0.95),
      passcodeLength: facts.int(4, 8),
      rooted,
      integrityVerdict: rooted ? 'failed' : 'device',
      unknownSourcesAllowed: facts.chance(0.03),
      usbDebugging: facts.chance(0.02),
      secureHardware: true,
      freeStorageBytes: Math.round(storageBytes * (0.1 + 0.7 * facts.unit())),
    },
  }
}

/** Since Android 12 a personal device shows management an id made for the enrolment, and nothing of its hardware. */
function identityFor(
  { ownership, id }: EnrolmentMode,
  api: number,
  chance: Rng,
): Pick<Inventory['hardware'], 'serialNumber' | 'imei'> {
  if (ownership === 'personal' && api >= 31) return { serialNumber: chance.fork('enrolment').hex(16).toUpperCase() }
  const imei = `35${String(chance.fork('imei').int(0, 9_999_999_999_999)).padStart(13, '0')}`
  return {
    serialNumber: `R${chance.fork('serial').hex(10).toUpperCase()}`,
    ...(id.startsWith('aosp') ? {} : { imei }),
  }
}

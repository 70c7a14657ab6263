import type { EnrolmentMode, Inventory } from '@muster/shared/contracts'
import type { Rng } from '@muster/shared/core'
import { modelFor } from '../model-for.ts'
import { cloudModels, editions, models, personalEditions, releases, versionText } from './catalogue.ts'

const GB = 1_000_000_000

/** A machine as it is found. Nobody enrols a Cloud PC or a machine of long-term servicing as their own. */
export function describe(mode: EnrolmentMode, chance: Rng, wanted?: Readonly<Record<string, number>>): Inventory {
  const personal = mode.ownership === 'personal'
  const general = releases.filter(({ edition, cloud }) => edition === undefined && !cloud)
  const chosen = Object.keys(wanted ?? {}).length > 0
  const release = chance.fork('release').weighted(personal || chosen ? general : releases)
  const hardware = modelFor<Hardware>(release.cloud ? cloudModels : models, chance.fork('model'), wanted)
  const usual = chance
    .fork('edition')
    .weighted<{ weight: number; name: string }>(personal ? personalEditions : editions).name
  const edition = release.edition ?? (release.cloud ? 'Enterprise' : usual)
  return {
    deviceName: `${nameFor(personal, release.cloud === true)}-${chance.fork('name').hex(7).toUpperCase()}`,
    os: {
      name: 'Windows',
      version: versionText(release.build, release.revision),
      build: String(release.build),
      edition,
    },
    hardware: {
      manufacturer: hardware.manufacturer,
      model: hardware.model,
      serialNumber: chance.fork('serial').hex(10).toUpperCase(),
      wifiMac: (chance.fork('mac').hex(12).match(/../g) ?? []).join(':'),
      cpuArchitecture: hardware.model.startsWith('Surface') ? 'arm64' : 'amd64',
      totalStorageBytes: hardware.storageGb * GB,
      physicalMemoryBytes: hardware.memoryGb * 1_073_741_824,
    },
    posture: describePosture(edition, hardware.storageGb * GB, chance.fork('facts')),
  }
}

interface Hardware {
  readonly weight: number
  readonly manufacturer: string
  readonly model: string
  readonly storageGb: number
  readonly memoryGb: number
}

const nameFor = (personal: boolean, cloud: boolean): string => (cloud ? 'CPC' : personal ? 'DESKTOP' : 'LAPTOP')

function describePosture(edition: string, storageBytes: number, facts: Rng): Inventory['posture'] {
  const hasTpm = facts.chance(0.99)
  return {
    // Home has device encryption, where the hardware lets it.
    encrypted: facts.chance(edition === 'Home' ? 0.7 : 0.94),
    passcodeSet: facts.chance(0.97),
    passcodeLength: facts.int(6, 14),
    firewallOn: facts.chance(0.98),
    antivirusOn: facts.chance(0.98),
    antivirusCurrent: facts.chance(0.95),
    secureBoot: facts.chance(0.97),
    secureHardware: hasTpm,
    codeIntegrity: facts.chance(0.85),
    freeStorageBytes: Math.round(storageBytes * (0.2 + 0.6 * facts.unit())),
  }
}

import type { EnrolmentMode, Inventory } from '@muster/shared/contracts'
import { HOUR_MS, type Rng } from '@muster/shared/core'
import type { Platform } from '../../domain/platform.ts'
import { modelFor } from '../model-for.ts'
import { storageDrift } from '../storage-drift.ts'
import { distributions, models } from './catalogue.ts'
import { judge } from './compliance.ts'
import { configure, settingOf } from './configuration.ts'
import { errorCode, result } from './result.ts'

const GB = 1_000_000_000

function describe(_mode: EnrolmentMode, chance: Rng, wanted?: Readonly<Record<string, number>>): Inventory {
  const hardware = modelFor(models, chance.fork('model'), wanted)
  const distribution = chance.fork('distribution').weighted(distributions)
  const facts = chance.fork('facts')
  const storageBytes = hardware.storageGb * GB
  return {
    deviceName: `${distribution.name}-${chance.fork('name').hex(6)}`,
    os: { name: `Linux (${distribution.name})`, version: distribution.version, edition: distribution.name },
    hardware: {
      manufacturer: hardware.manufacturer,
      model: hardware.model,
      serialNumber: chance.fork('serial').hex(8).toUpperCase(),
      cpuArchitecture: 'amd64',
      totalStorageBytes: storageBytes,
      physicalMemoryBytes: hardware.memoryGb * 1_073_741_824,
    },
    posture: {
      encrypted: facts.chance(0.88),
      passcodeSet: true,
      passcodeLength: facts.int(8, 20),
      passcodeComplex: facts.chance(0.8),
      firewallOn: facts.chance(0.85),
      antivirusOn: facts.chance(0.6),
      secureBoot: facts.chance(0.7),
      secureHardware: facts.chance(0.95),
      freeStorageBytes: Math.round(storageBytes * (0.1 + 0.8 * facts.unit())),
    },
  }
}

/** Linux, by the compliance settings of its client, which judges for itself. */
export const linux: Platform = {
  name: 'linux',
  // The client asks at sign-in and now and then while somebody is signed in.
  cadence: { afterEnrolment: [], steadyMs: HOUR_MS },
  drifts: [
    { fact: 'firewallOn', to: false, perDay: 0.005, heals: true },
    { fact: 'antivirusOn', to: false, perDay: 0.003, heals: true },
    { fact: 'passcodeComplex', to: false, perDay: 0.001, heals: true },
    storageDrift(0.02),
  ],
  describe,
  apply: (item, device, attempt) =>
    item.protocol === 'linux'
      ? configure(item, device, attempt)
      : { result: result(item, 'Error', { errorCode: errorCode.unknownSetting }) },
  evaluate: (item, device) =>
    item.protocol === 'linux' ? judge(item, device) : result(item, 'Error', { errorCode: errorCode.unknownSetting }),
  perform: (command) =>
    command.protocol === 'linux'
      ? { result: result({ itemId: 'command' }, 'Compliant'), effect: 'unenrol' }
      : { result: result({ itemId: 'command' }, 'Error', { errorCode: errorCode.unknownSetting }) },
  remove: (item, device) => {
    if (item.protocol !== 'linux' || settingOf(item.settingDefinitionItemId)?.tattooed) return {}
    const id = item.settingDefinitionItemId
    return device.settings[id] === undefined ? {} : { settings: { [id]: null } }
  },
}

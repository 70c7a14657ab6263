import type { EnrolmentMode, Inventory } from '@muster/shared/contracts'
import type { Rng } from '@muster/shared/core'
import { imei, serialNumber, uuid, wifiMac } from './identifiers.ts'
import { type AppleSystem, enrolmentOf, type Model, modelNamed, type Release, runs } from './system.ts'

const GB = 1_000_000_000
const GIB = 2 ** 30

/** A device of a system as it is found; `models` replaces the catalogue's weights. */
export function describeDevice(
  system: AppleSystem,
  mode: EnrolmentMode,
  chance: Rng,
  models?: Readonly<Record<string, number>>,
): Inventory {
  const { model, release } = chooseModel(system, chance.fork('model'), models)
  const hardware = describeHardware(system, mode, model, chance.fork('hardware'))
  const posture = system.posture(mode, model, chance.fork('posture'))
  const freeShare = 0.06 + 0.7 * chance.fork('storage').unit()
  return {
    deviceName: `${system.family}-${hardware.serialNumber.slice(-10)}`,
    os: { name: system.name, version: release.version, build: release.build },
    hardware,
    posture: {
      ...posture,
      locked: false,
      freeStorageBytes: Math.round(freeShare * hardware.totalStorageBytes),
      ...(model.battery ? { batteryPercent: chance.fork('battery').int(18, 100) } : {}),
    },
  }
}

/** The release first, then a model that runs it: so the shares of releases come out as given, whatever the hardware. */
function chooseModel(
  system: AppleSystem,
  chance: Rng,
  weights: Readonly<Record<string, number>> = {},
): { model: Model; release: Release } {
  const wanted = Object.entries(weights).map(([name, weight]) => ({ ...modelNamed(system, name), weight }))
  const models = wanted.length > 0 ? wanted : system.models
  const releases = system.releases.filter((release) => models.some((model) => runs(model, release)))
  const release = chance.weighted(releases)
  return { release, model: chance.weighted(models.filter((model) => runs(model, release))) }
}

function describeHardware(system: AppleSystem, mode: EnrolmentMode, model: Model, chance: Rng): Inventory['hardware'] {
  // User enrolment hides the hardware's identity: management sees an EnrollmentID made for it.
  const anonymous = enrolmentOf(system, mode) === 'user'
  const cellular = chance.chance(model.cellular)
  const storageGb = chance.pick(model.storageGb)
  const own = {
    serialNumber: serialNumber(chance.fork('serial')),
    udid: system.udid(model, chance.fork('udid')),
    wifiMac: wifiMac(chance.fork('wifi')),
    ...(cellular ? { imei: imei(chance.fork('imei')) } : {}),
  }
  return {
    manufacturer: 'Apple',
    model: model.name,
    ...(anonymous ? { serialNumber: uuid(chance.fork('enrolment')) } : own),
    cpuArchitecture: model.intel ? 'x64' : 'arm64',
    totalStorageBytes: storageGb * GB,
    physicalMemoryBytes: model.memoryGb * GIB,
  }
}

import { type EnrolmentMode, enrolmentMode, enrolmentModes, type PlatformName } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { iosSystem } from '../ios/platform.ts'
import { ipadosSystem } from '../ipados/platform.ts'
import { macosSystem } from '../macos/platform.ts'
import { tvosSystem } from '../tvos/platform.ts'
import { visionosSystem } from '../visionos/platform.ts'
import { describeDevice } from './describe.ts'
import { type AppleSystem, majorOf, modelNamed, runs } from './system.ts'

const systems = [macosSystem, iosSystem, ipadosSystem, tvosSystem, visionosSystem]

function modeOf(platform: PlatformName, id: string): EnrolmentMode {
  const mode = enrolmentMode(platform, id)
  if (!mode) throw new Error(`${platform} has no mode ${id}`)
  return mode
}

const fleet = (system: AppleSystem, mode = enrolmentModes[system.name][0] as EnrolmentMode, count = 2_000) =>
  Array.from({ length: count }, (_, i) => describeDevice(system, mode, createRng(`fleet ${i}`)))

const share = <T>(items: readonly T[], holds: (item: T) => boolean): number => items.filter(holds).length / items.length

describe.each(systems)('the catalogue of $name', (system) => {
  it('has a release for every model and a model for every release', () => {
    for (const model of system.models)
      expect(
        system.releases.some((release) => runs(model, release)),
        model.name,
      ).toBe(true)
    for (const release of system.releases)
      expect(
        system.models.some((model) => runs(model, release)),
        release.version,
      ).toBe(true)
  })

  it('gives each release its share, on hardware that runs it', () => {
    const total = system.releases.reduce((sum, { weight }) => sum + weight, 0)
    const devices = fleet(system)
    for (const release of system.releases) {
      expect(share(devices, ({ os }) => os.version === release.version)).toBeCloseTo(release.weight / total, 1)
    }
    for (const { os, hardware } of devices) {
      expect(runs(modelNamed(system, hardware.model), { ...os, build: os.build ?? '', weight: 1 })).toBe(true)
    }
  })
})

describe('described devices', () => {
  it('three in four iPhones and more run version 26; nine in ten Macs have FileVault on', () => {
    expect(share(fleet(iosSystem), ({ os }) => majorOf(os.version) === 26)).toBeCloseTo(0.79, 1)
    expect(share(fleet(macosSystem), ({ posture }) => posture.encrypted === true)).toBeCloseTo(0.9, 1)
  })

  it('iPhones have an IMEI with a good check digit, some iPads, and nothing else', () => {
    for (const { hardware } of fleet(iosSystem, undefined, 50)) expect(luhn(hardware.imei ?? '')).toBe(0)
    expect(share(fleet(ipadosSystem), ({ hardware }) => hardware.imei !== undefined)).toBeCloseTo(0.3, 1)
    expect(fleet(macosSystem, undefined, 50).every(({ hardware }) => hardware.imei === undefined)).toBe(true)
  })

  it('UDIDs look as those of the hardware do', () => {
    expect(fleet(iosSystem, undefined, 1)[0]?.hardware.udid).toMatch(/^0000[0-9A-F]{4}-00[0-9A-F]{14}$/)
    expect(fleet(macosSystem, undefined, 1)[0]?.hardware.udid).toMatch(/^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/)
  })

  it('user enrolment hides who the hardware is', () => {
    for (const { hardware } of fleet(iosSystem, modeOf('iOS', 'user-enrolment'), 20)) {
      expect(hardware.udid).toBeUndefined()
      expect(hardware.imei).toBeUndefined()
      expect(hardware.serialNumber).toMatch(/^[0-9A-F-]{36}$/)
    }
  })
})

function luhn(digits: string): number {
  expect(digits).toMatch(/^\d{15}$/)
  const sum = [...digits].reverse().reduce((total, digit, i) => {
    const value = Number(digit) * (i % 2 === 0 ? 1 : 2)
    return total + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10
}

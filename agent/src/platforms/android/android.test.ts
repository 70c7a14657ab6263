import { enrolmentMode, type Posture } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { expect, describe as group, it } from 'vitest'
import type { Attempt, DeviceView } from '../../domain/platform.ts'
import { describe } from './describe.ts'
import { android } from './platform.ts'
import { application, field } from './samples.test-support.ts'

const attempt = (rest: Partial<Attempt> = {}): Attempt => ({ chance: createRng('a try'), failure: 0, ...rest })

function deviceOf(modeId: string, version = '16', posture: Posture = {}, model = 'SM-S928B'): DeviceView {
  const mode = enrolmentMode('android', modeId)
  if (!mode) throw new Error(`no mode ${modeId}`)
  const inventory = describe(mode, createRng('a device'), { [model]: 1 })
  const facts = { ...inventory.posture, freeStorageBytes: 20e9, passcodeSet: true, passcodeLength: 6, ...posture }
  return { mode, settings: {}, inventory: { ...inventory, os: { ...inventory.os, version }, posture: facts } }
}

const QUALITY = 'passwordPolicies.passwordQuality'
const LENGTH = 'passwordPolicies.passwordMinimumLength'
const UWB = 'deviceRadioState.ultraWidebandState'

group('details of noncompliance', () => {
  it.each([
    ['an unknown field', field('toString', true), deviceOf('fully-managed'), 'UNSUPPORTED'],
    ['an old system', field(QUALITY, 'COMPLEXITY_LOW'), deviceOf('fully-managed', '11'), 'API_LEVEL'],
    ['a personal device', field('bluetoothDisabled', true), deviceOf('work-profile'), 'MANAGEMENT_MODE'],
    ['a value out of range', field(LENGTH, 17), deviceOf('fully-managed'), 'INVALID_VALUE'],
    ['a shorter passcode', field(LENGTH, 8), deviceOf('fully-managed'), 'USER_ACTION'],
    [
      'hardware without the radio',
      field(UWB, 'ULTRA_WIDEBAND_DISABLED'),
      deviceOf('fully-managed', '16', {}, 'SM-A556B'),
      'DEVICE_INCOMPATIBLE',
    ],
    ['a device without Play', application('com.example.app'), deviceOf('aosp'), 'UNSUPPORTED'],
  ])('name the reason: %s', (_what, item, device, nonComplianceReason) => {
    const { result } = android.apply(item, device, attempt())
    const { settingName, fieldPath } = item
    expect(result).toEqual({ itemId: item.itemId, protocol: 'amapi', nonComplianceReason, settingName, fieldPath })
  })

  it('are none where the field is in force', () => {
    const item = field(LENGTH, 4)
    expect(android.apply(item, deviceOf('fully-managed'), attempt())).toEqual({
      result: { itemId: item.itemId, protocol: 'amapi' },
      settings: { [LENGTH]: 4 },
    })
  })

  it('are gone when the user has acted, and a longer passcode than asked for stays', () => {
    const done = android.apply(field(LENGTH, 8), deviceOf('fully-managed'), attempt({ after: 'user' }))
    expect(done.posture).toEqual({ passcodeSet: true, passcodeLength: 8 })
    expect(android.apply(field(LENGTH, 4), deviceOf('fully-managed'), attempt({ after: 'user' })).posture).toBe(
      undefined,
    )
  })
})

group('applications', () => {
  const app = application('com.example.app')
  const reasonOf = (device: DeviceView, rest: Partial<Attempt>) => {
    const { result, waitsFor } = android.apply(app, device, attempt(rest))
    return [Reflect.get(result, 'nonComplianceReason'), Reflect.get(result, 'installationFailureReason'), waitsFor]
  }

  it('are on their way, fail for a reason and are tried again, and are there', () => {
    const device = deviceOf('fully-managed')
    expect(reasonOf(device, {})).toEqual(['APP_NOT_INSTALLED', 'IN_PROGRESS', 'install'])
    expect(reasonOf(device, { after: 'install', failure: 1 })).toEqual([
      'APP_NOT_INSTALLED',
      'NETWORK_ERROR_UNRELIABLE_CONNECTION',
      'install',
    ])
    expect(reasonOf(deviceOf('fully-managed', '16', { freeStorageBytes: 1e6 }), { after: 'install' })).toEqual([
      'APP_NOT_INSTALLED',
      'INSUFFICIENT_STORAGE',
      'install',
    ])
    expect(android.apply(app, device, attempt({ after: 'install' })).settings).toEqual({
      'applications/com.example.app': 'FORCE_INSTALLED',
    })
  })

  it('go with their policy, as networks do; other settings stay', () => {
    const settings = {
      'applications/com.example.app': 'FORCE_INSTALLED',
      openNetworkConfiguration: 'Office',
      [LENGTH]: 8,
    }
    const device = { ...deviceOf('fully-managed'), settings }
    expect(android.remove(app, device).settings).toEqual({ 'applications/com.example.app': null })
    expect(android.remove(field('openNetworkConfiguration', 'Office'), device).settings).toEqual({
      openNetworkConfiguration: null,
    })
    expect(android.remove(field(LENGTH, 8), device)).toEqual({})
  })
})

group('devices', () => {
  it('hide their hardware where they are personal', () => {
    const personal = deviceOf('work-profile').inventory.hardware
    expect(personal.imei).toBe(undefined)
    expect(deviceOf('fully-managed').inventory.hardware.imei).toMatch(/^35\d{13}$/)
  })

  it('have releases in the shares of a fleet', () => {
    const { mode } = deviceOf('fully-managed')
    const shares = new Map<string, number>()
    for (let i = 0; i < 4_000; i++) {
      const { version } = describe(mode, createRng(`phone ${i}`)).os
      shares.set(version, (shares.get(version) ?? 0) + 1 / 4_000)
    }
    const expected = { 16: 0.4, 15: 0.25, 14: 0.18, 13: 0.09, 12: 0.05 }
    for (const [version, share] of Object.entries(expected))
      expect(Math.abs((shares.get(version) ?? 0) - share), version).toBeLessThan(0.01 + share / 20)
  })
})

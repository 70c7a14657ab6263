import { type EnrolmentMode, enrolmentModes } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import type { Attempt, DeviceView } from '../../domain/platform.ts'
import { iosSystem } from '../ios/platform.ts'
import { macosSystem } from '../macos/platform.ts'
import { applyDeclaration, readDeclaration } from './declaration.ts'
import { PASSCODE, STATUS_SUBSCRIPTIONS } from './declaration-catalogue.ts'
import { describeDevice } from './describe.ts'
import { activation, declaration } from './samples.test-support.ts'
import type { AppleSystem } from './system.ts'

const attempt: Attempt = { chance: createRng('a try'), failure: 0 }

function deviceOf(system: AppleSystem, settings: DeviceView['settings'] = {}): DeviceView {
  const mode = enrolmentModes[system.name][0] as EnrolmentMode
  const inventory = describeDevice(system, mode, createRng('device'))
  const posture = { ...inventory.posture, passcodeSet: true, passcodeLength: 6, passcodeComplex: false }
  return { mode, settings, inventory: { ...inventory, os: { ...inventory.os, version: '26.1' }, posture } }
}

const passcode = declaration(PASSCODE, { MinimumLength: 6 })

describe('declarations', () => {
  it('take effect when an activation in force names them', () => {
    const device = deviceOf(iosSystem)
    const idle = applyDeclaration(passcode, device, iosSystem, attempt)
    expect(idle.result).toMatchObject({
      active: false,
      valid: 'unknown',
      reasons: [{ code: 'Info.NotReferencedByActivation' }],
    })
    expect(idle.settings).toBeUndefined()

    const activated = applyDeclaration(activation(passcode), device, iosSystem, attempt).settings ?? {}
    const named = applyDeclaration(
      passcode,
      deviceOf(iosSystem, activated as DeviceView['settings']),
      iosSystem,
      attempt,
    )
    expect(named.result).toMatchObject({
      active: true,
      valid: 'valid',
      statusItems: { 'passcode.is-present': true, 'passcode.is-compliant': true },
    })
    expect(named.settings).toEqual({ 'com.apple.configuration.passcode.settings/test.one/MinimumLength': 6 })
  })

  it('are read without an activation, and nothing is set', () => {
    expect(readDeclaration(passcode, deviceOf(iosSystem), iosSystem)).toMatchObject({ active: true, valid: 'valid' })
  })

  it('on a Mac become active when the password meets them, for want of a status item', () => {
    const strict = declaration(PASSCODE, { MinimumLength: 12 })
    expect(readDeclaration(passcode, deviceOf(macosSystem), macosSystem)).toMatchObject({
      active: true,
      valid: 'valid',
    })
    expect(readDeclaration(strict, deviceOf(macosSystem), macosSystem)).toMatchObject({ active: false, valid: 'valid' })
    expect(readDeclaration(strict, deviceOf(macosSystem), macosSystem).statusItems).toBeUndefined()
  })

  it('ask for status items, of which the device tells those it has', () => {
    const names = [
      'device.operating-system.version',
      'device.model.family',
      'diskmanagement.filevault.enabled',
      'no.such.item',
    ]
    const subscription = declaration(STATUS_SUBSCRIPTIONS, { StatusItems: names.map((Name) => ({ Name })) })
    expect(readDeclaration(subscription, deviceOf(iosSystem), iosSystem).statusItems).toEqual({
      'device.operating-system.version': '26.1',
      'device.model.family': 'iPhone',
    })
  })
})

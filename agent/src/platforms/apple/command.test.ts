import { enrolmentMode, type PlatformName } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import type { Attempt, DeviceView, Platform } from '../../domain/platform.ts'
import { ios } from '../ios/platform.ts'
import { ipados } from '../ipados/platform.ts'
import { macos } from '../macos/platform.ts'
import { commands } from './command-catalogue.ts'
import type { Dictionary } from './payload.ts'
import { FIREWALL, RESTRICTIONS } from './profile-payloads.ts'
import { command, profile } from './samples.test-support.ts'

const attempt: Attempt = { chance: createRng('a try'), failure: 0 }

function deviceOf(
  platform: Platform,
  posture: Partial<DeviceView['inventory']['posture']> = {},
  id = 'ade',
): DeviceView {
  const mode = enrolmentMode(platform.name as PlatformName, id)
  if (!mode) throw new Error(`no mode ${id}`)
  const inventory = platform.describe(mode, createRng('device'))
  return { mode, settings: {}, inventory: { ...inventory, posture: { ...inventory.posture, ...posture } } }
}

const perform = (platform: Platform, requestType: string, payload?: Dictionary, device = deviceOf(platform)) =>
  platform.perform(
    { protocol: 'apple-mdm', requestType, ...(payload ? { payload: payload as Record<string, never> } : {}) },
    device,
    attempt,
  )

describe('MDM commands', () => {
  it('are malformed without what they need, with another type, or with keys that nobody knows', () => {
    for (const payload of [{}, { Identifier: 7 }, { Identifier: 'a', Other: true }]) {
      const { result } = perform(ios, 'RemoveProfile', payload)
      expect(result).toMatchObject({
        status: 'CommandFormatError',
        errorChain: [{ ErrorDomain: 'MCMDMErrorDomain', ErrorCode: 12_008 }],
      })
    }
  })

  it.each(['NoSuchCommand', 'constructor', 'RotateFileVaultKey'])('%s is no request for an iPhone', (requestType) => {
    expect(perform(ios, requestType).result).toMatchObject({ status: 'Error', errorChain: [{ ErrorCode: 12_021 }] })
  })

  it('in a policy do nothing that only an administrator may ask for', () => {
    const outcome = ios.apply(command('EraseDevice'), deviceOf(ios), attempt)
    expect(outcome.result).toMatchObject({ status: 'Error', errorChain: [{ ErrorCode: 12_021 }] })
    expect(ios.evaluate(profile(RESTRICTIONS, { allowCamera: false }), deviceOf(ios))).toMatchObject({
      status: 'Error',
    })
  })

  it('a locked iPhone answers NotNow to those that write settings, and to no others', () => {
    const locked = deviceOf(ios, { locked: true })
    const putOff = Object.keys(commands).filter((requestType) => {
      const payload = { InstallProfile: { Payload: {} }, RemoveProfile: { Identifier: 'x' } }[requestType]
      return (
        'status' in perform(ios, requestType, payload, locked).result &&
        perform(ios, requestType, payload, locked).later === true
      )
    })
    expect(putOff).toEqual(['InstallProfile', 'RemoveProfile'])
  })

  it('tell of the device what was asked for and may be told', () => {
    const asked = { Queries: ['OSVersion', 'IMEI', 'IsSupervised', 'SystemIntegrityProtectionEnabled', 'Nonsense'] }
    const { result } = perform(ios, 'DeviceInformation', asked)
    const { os, hardware } = deviceOf(ios).inventory
    expect(result).toMatchObject({
      response: { QueryResponses: { OSVersion: os.version, IMEI: hardware.imei, IsSupervised: true } },
    })
    const anonymous = deviceOf(ios, {}, 'user-enrolment')
    const identity = perform(ios, 'DeviceInformation', { Queries: ['UDID', 'SerialNumber', 'IMEI'] }, anonymous)
    expect(identity.result).toMatchObject({ response: { QueryResponses: {} } })
    expect(Object.keys(identity.result)).toEqual(['itemId', 'protocol', 'status', 'response'])
  })

  it('a profile appears in the list, and goes when it is removed', () => {
    const device = deviceOf(macos)
    const installed = macos.apply(profile(FIREWALL, { EnableFirewall: true }, 'a.profile'), device, attempt)
    expect(installed).toMatchObject({
      settings: { 'com.apple.security.firewall/a.profile/EnableFirewall': true },
      posture: { firewallOn: true },
    })
    const holding: DeviceView = { ...device, settings: installed.settings as DeviceView['settings'] }
    const list = perform(macos, 'ProfileList', {}, holding).result
    expect(JSON.stringify(list)).toContain('"PayloadIdentifier":"a.profile"')
    expect(perform(macos, 'RemoveProfile', { Identifier: 'a.profile' }, holding).settings).toEqual({
      'com.apple.security.firewall/a.profile/EnableFirewall': null,
    })
    expect(perform(macos, 'RemoveProfile', { Identifier: 'other' }, holding).result).toMatchObject({
      errorChain: [{ ErrorCode: 12_013 }],
    })
  })

  it('set a device name under supervision only', () => {
    const wanted = { Settings: [{ Item: 'DeviceName', DeviceName: 'Front desk' }] }
    expect(perform(ipados, 'Settings', wanted)).toMatchObject({
      deviceName: 'Front desk',
      result: { status: 'Acknowledged' },
    })
    const personal = perform(ipados, 'Settings', wanted, deviceOf(ipados, {}, 'company-portal'))
    expect(personal.deviceName).toBeUndefined()
    expect(personal.result).toMatchObject({
      errorChain: [{ ErrorDomain: 'MCChaperoneErrorDomain', ErrorCode: 29_000 }],
    })
  })

  it('lock what has a passcode to lock with', () => {
    const message = { Message: 'Call us' }
    expect(perform(ios, 'DeviceLock', message, deviceOf(ios, { passcodeSet: true }))).toMatchObject({
      effect: 'lock',
      posture: { locked: true },
      result: { response: { MessageResult: 'Success' } },
    })
    expect(perform(ios, 'DeviceLock', message, deviceOf(ios, { passcodeSet: false }))).toMatchObject({
      posture: { locked: false },
      result: { response: { MessageResult: 'NoPasscodeSet' } },
    })
  })
})

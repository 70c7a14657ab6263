import { managementOf } from '@muster/control/management'
import { enrolmentMode, type PlatformName, RemoteActionName } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { createPair } from './device.test-support.ts'

const apple = managementOf('iOS')

/** The actions of each platform in its most managed mode, as Intune documents them. */
const documented: Readonly<Record<string, readonly RemoteActionName[]>> = {
  macOS: [
    'syncDevice',
    'retire',
    'wipe',
    'delete',
    'rebootNow',
    'remoteLock',
    'setDeviceName',
    'bypassActivationLock',
    'rotateFileVaultKey',
  ],
  iOS: [
    'syncDevice',
    'retire',
    'wipe',
    'delete',
    'rebootNow',
    'shutDown',
    'remoteLock',
    'resetPasscode',
    'setDeviceName',
    'locateDevice',
    'enableLostMode',
    'disableLostMode',
    'playLostModeSound',
    'bypassActivationLock',
  ],
  tvOS: ['syncDevice', 'retire', 'wipe', 'delete', 'rebootNow', 'setDeviceName'],
  visionOS: ['syncDevice', 'retire', 'wipe', 'delete', 'remoteLock', 'resetPasscode'],
}
const ipad = documented['iOS'] ?? []

function actionsOf(platform: PlatformName, id: string): RemoteActionName[] {
  const mode = enrolmentMode(platform, id)
  if (!mode) throw new Error(`${platform} has no mode ${id}`)
  return RemoteActionName.options.filter((action) =>
    apple.renderAction(action, { deviceName: 'x' }, { platform, mode }),
  )
}

describe('which actions there are', () => {
  it.each([
    ['macOS', 'ade', documented['macOS']],
    ['macOS', 'company-portal', documented['macOS']],
    ['iOS', 'ade', documented['iOS']],
    ['iPadOS', 'ade', ipad],
    ['tvOS', 'ade-userless', documented['tvOS']],
    ['visionOS', 'ade', documented['visionOS']],
    ['iOS', 'company-portal', ['syncDevice', 'retire', 'wipe', 'delete', 'remoteLock', 'resetPasscode']],
    ['iOS', 'user-enrolment', ['syncDevice', 'retire', 'delete', 'remoteLock']],
    [
      'iPadOS',
      'shared-ipad',
      [
        ...ipad.filter((action) => action !== 'resetPasscode' && action !== 'bypassActivationLock'),
        'logoutSharedAppleDeviceActiveUser',
      ],
    ],
  ] as const)('%s, %s', (platform, mode, expected) => {
    expect(actionsOf(platform, mode).sort()).toEqual([...(expected ?? [])].sort())
  })

  it.each([
    ['macOS', 'ade'],
    ['iOS', 'ade'],
    ['iPadOS', 'shared-ipad'],
    ['tvOS', 'ade-userless'],
    ['visionOS', 'ade'],
    ['iOS', 'user-enrolment'],
    ['visionOS', 'company-portal'],
  ] as const)('%s, %s: the device carries out what it is sent', (platform, mode) => {
    for (const action of actionsOf(platform, mode)) {
      const pair = createPair(platform, { mode, os: '26.2', posture: { encrypted: true, passcodeSet: true } })
      if (action === 'locateDevice' || action === 'playLostModeSound') pair.act('enableLostMode', { message: 'Lost' })
      expect(pair.act(action, { deviceName: 'New name', message: 'Lost' }).state, action).toBe('done')
    }
  })
})

describe('what they do', () => {
  it.each([
    ['wipe', 'wipe'],
    ['retire', 'unenrol'],
    ['delete', 'unenrol'],
    ['syncDevice', 'sync'],
    ['rebootNow', 'restart'],
    ['shutDown', 'shut-down'],
    ['remoteLock', 'lock'],
    ['enableLostMode', 'lock'],
  ] as const)('%s: %s', (action, effect) => {
    expect(createPair('iOS').act(action, { message: 'Lost' })).toEqual({ state: 'done', effect })
  })

  it('a reset passcode is gone, and a policy asks for a new one', () => {
    const pair = createPair('iOS', { os: '26.2', posture: { passcodeSet: true, passcodeLength: 8 } })
    expect(pair.judge({ passcodeRequired: true })).toEqual({ passcodeRequired: 'compliant' })
    expect(pair.act('resetPasscode').state).toBe('done')
    expect(pair.judge({ passcodeRequired: true })).toEqual({ passcodeRequired: 'nonCompliant' })
  })

  it('a device is located in lost mode only', () => {
    const pair = createPair('iPadOS')
    expect(pair.act('locateDevice')).toEqual({ state: 'failed', code: 'MCMDMErrorDomain 12067' })
    expect(pair.act('playLostModeSound').state).toBe('failed')
    expect(pair.act('enableLostMode', { message: 'Please bring me back' }).state).toBe('done')
    expect(pair.act('locateDevice').state).toBe('done')
    expect(pair.act('disableLostMode').state).toBe('done')
    expect(pair.act('locateDevice').state).toBe('failed')
  })

  it('lost mode needs something to show', () => {
    expect(createPair('iOS').act('enableLostMode', {}).state).toBe('failed')
  })

  it('a locked phone puts leaving off, and erases itself at once', () => {
    const pair = createPair('iOS', { posture: { locked: true, passcodeSet: true } })
    expect(pair.act('retire').state).toBe('retry')
    expect(pair.act('wipe')).toEqual({ state: 'done', effect: 'wipe' })
  })

  it('visionOS 1 cannot be locked from afar', () => {
    expect(createPair('visionOS', { os: '1.3' }).act('remoteLock')).toEqual({
      state: 'notSupported',
      code: 'MCMDMErrorDomain 12021',
    })
  })

  it('there is no FileVault key to rotate without FileVault', () => {
    expect(createPair('macOS', { posture: { encrypted: false } }).act('rotateFileVaultKey').state).toBe('failed')
  })
})

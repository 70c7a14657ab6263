import type { PlatformName, SettingValue } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { createPair, type PairOptions } from './device.test-support.ts'

describe('configuration that does not apply', () => {
  const cases: readonly [string, PlatformName, PairOptions, Record<string, SettingValue>, string][] = [
    [
      'a passcode on visionOS 1',
      'visionOS',
      { os: '1.3' },
      { passcodeMinimumLength: 6 },
      'Error.ConfigurationNotSupported',
    ],
    [
      'a passcode on Shared iPad',
      'iPadOS',
      { mode: 'shared-ipad' },
      { passcodeMinimumLength: 6 },
      'Error.ConfigurationNotSupported',
    ],
    [
      'disk management on macOS 14',
      'macOS',
      { os: '14.8.2' },
      { externalStorageAccess: 'ReadOnly' },
      'Error.ConfigurationNotSupported',
    ],
    [
      'update settings on iOS 17',
      'iOS',
      { os: '17.7.2' },
      { softwareUpdateRecommendedCadence: 'Newest' },
      'Error.ConfigurationNotSupported',
    ],
    [
      'update actions without supervision',
      'iOS',
      { os: '26.2', mode: 'company-portal' },
      { softwareUpdateAutomaticInstall: 'AlwaysOn' },
      'Error.ConfigurationNotSupported',
    ],
    [
      'AirDrop without supervision',
      'iOS',
      { mode: 'company-portal' },
      { airDropBlocked: true },
      'MCChaperoneErrorDomain 29000',
    ],
    [
      'the camera under user enrolment',
      'iOS',
      { mode: 'user-enrolment' },
      { cameraBlocked: true },
      'MCInstallationErrorDomain 4023',
    ],
    [
      'account changes on macOS 13',
      'macOS',
      { os: '13.7.8' },
      { accountBlockModification: true },
      'MCPayloadErrorDomain 2001',
    ],
    ['the camera on tvOS 16', 'tvOS', { os: '16.6' }, { cameraBlocked: true }, 'MCPayloadErrorDomain 2001'],
    [
      'roaming without a modem',
      'iPadOS',
      { imei: undefined },
      { cellularBlockDataRoaming: true },
      'MCSettingsErrorDomain 28000',
    ],
  ]

  it.each(cases)('%s', (_what, platform, options, policy, code) => {
    const pair = createPair(platform, options)
    expect(Object.values(pair.configure(policy))).toEqual(['notApplicable'])
    expect(Object.values(pair.codes)).toEqual([code])
  })

  it('leaves the other settings of the policy alone', () => {
    const pair = createPair('iOS', {
      os: '26.2',
      mode: 'company-portal',
      posture: { passcodeSet: true, passcodeLength: 6 },
    })
    expect(
      pair.configure({
        airDropBlocked: true,
        screenCaptureBlocked: true,
        passcodeMinimumLength: 6,
        softwareUpdateAutomaticInstall: 'AlwaysOn',
      }),
    ).toEqual({
      airDropBlocked: 'notApplicable',
      screenCaptureBlocked: 'compliant',
      passcodeMinimumLength: 'compliant',
      softwareUpdateAutomaticInstall: 'notApplicable',
    })
  })
})

describe('configuration that waits', () => {
  it.each(['iOS', 'iPadOS', 'visionOS', 'macOS'] as const)(
    '%s: for the user to set a passcode that is good enough',
    (platform) => {
      const name = platform === 'macOS' ? 'passwordMinimumLength' : 'passcodeMinimumLength'
      const pair = createPair(platform, { os: '26.2', posture: { passcodeSet: false, passcodeLength: 0 } })
      expect(pair.configure({ [name]: 10 })).toEqual({ [name]: 'pending' })
      expect(pair.waitsFor).toEqual(['user'])
      expect(pair.configure({ [name]: 10 }, { after: 'user' })).toEqual({ [name]: 'compliant' })
      expect(pair.inventory.posture).toMatchObject({ passcodeSet: true, passcodeLength: 10 })
      expect(pair.waitsFor).toEqual([])
    },
  )

  it('for the restart that switches FileVault on, which stays on when the policy goes', () => {
    const pair = createPair('macOS', { posture: { encrypted: false } })
    expect(pair.configure({ fileVaultEnabled: true })).toEqual({ fileVaultEnabled: 'pending' })
    expect(pair.waitsFor).toEqual(['restart', 'restart'])
    expect(pair.judge({ storageRequireEncryption: true })).toEqual({ storageRequireEncryption: 'nonCompliant' })
    expect(pair.configure({ fileVaultEnabled: true }, { after: 'restart' })).toEqual({ fileVaultEnabled: 'compliant' })
    expect(pair.judge({ storageRequireEncryption: true })).toEqual({ storageRequireEncryption: 'compliant' })
    pair.remove({ fileVaultEnabled: true })
    expect(pair.inventory.posture.encrypted).toBe(true)
  })

  it('for the restart that installs an enforced version', () => {
    const policy = { softwareUpdateTargetOSVersion: '26.2', softwareUpdateTargetLocalDateTime: '2026-12-01T18:00:00' }
    const pair = createPair('iOS', { os: '18.7.2', model: 'iPhone 16' })
    expect(new Set(Object.values(pair.configure(policy)))).toEqual(new Set(['pending']))
    expect(pair.waitsFor).toEqual(['restart'])
    expect(new Set(Object.values(pair.configure(policy, { after: 'restart' })))).toEqual(new Set(['compliant']))
    expect(pair.inventory.os).toMatchObject({ name: 'iOS', version: '26.2', build: '23C55' })
  })

  it('for a locked phone to be unlocked, while a Mac does not wait', () => {
    const phone = createPair('iOS', { posture: { locked: true } })
    expect(phone.configure({ screenCaptureBlocked: true })).toEqual({ screenCaptureBlocked: 'pending' })
    expect(phone.configure({ screenCaptureBlocked: true }, { after: 'user' })).toEqual({
      screenCaptureBlocked: 'compliant',
    })
    expect(phone.inventory.posture.locked).toBe(false)
    expect(createPair('macOS', { posture: { locked: true } }).configure({ screenCaptureBlocked: true })).toEqual({
      screenCaptureBlocked: 'compliant',
    })
  })
})

describe('configuration that fails', () => {
  it.each([
    ['a declaration', 'iOS', { passcodeRequired: true }, 'Error.ConfigurationCannotBeApplied'],
    ['a profile', 'macOS', { firewallEnabled: true }, 'MCProfileErrorDomain 1009'],
    ['a command', 'tvOS', { timeZone: 'Europe/Oslo' }, 'MCMDMErrorDomain 12010'],
  ] as const)('%s, as chance has it', (_what, platform, policy, code) => {
    const pair = createPair(platform, { os: '26.2' })
    expect(Object.values(pair.configure(policy, { failure: 1 }))).toContain('error')
    expect(Object.values(pair.codes)).toEqual([code])
    expect(Object.keys(pair.settings)).toEqual([])
  })

  const deadline = { softwareUpdateTargetLocalDateTime: '2026-12-01T18:00:00' }
  it.each([
    [
      'a version older than the installed one',
      { softwareUpdateTargetOSVersion: '18.6.2', ...deadline },
      'Error.ConfigurationCannotBeApplied',
    ],
    [
      'a version that is not published for the hardware',
      { softwareUpdateTargetOSVersion: '99.0', ...deadline },
      'softwareupdate.failure-reason',
    ],
    ['a version without a deadline', { softwareUpdateTargetOSVersion: '26.2' }, 'Error.ConfigurationIsInvalid'],
  ])('%s', (_what, policy, code) => {
    const pair = createPair('iPadOS', { os: '26.1', model: 'iPad (A16)' })
    expect(new Set(Object.values(pair.configure(policy)))).toEqual(new Set(['error']))
    expect(new Set(Object.values(pair.codes))).toEqual(new Set([code]))
  })

  it('a time zone that a restriction forces to follow the place', () => {
    const pair = createPair('tvOS', { os: '26.2' })
    expect(pair.configure({ timeZone: 'Europe/Oslo', dateAndTimeForceSetAutomatically: true })).toEqual({
      timeZone: 'error',
      dateAndTimeForceSetAutomatically: 'compliant',
    })
  })
})

describe('a policy that changes', () => {
  it('leaves nothing of its old revision behind, and keeps what is the same', () => {
    const before = { passwordMinimumLength: 12, firewallEnabled: true, contentCachingBlocked: true }
    const after = { passwordMinimumLength: 8, passwordBlockSimple: true, firewallEnabled: true }
    const pair = createPair('macOS', { os: '26.2' })
    pair.configure(before)
    const firewall = Object.keys(pair.settings).filter((address) => address.includes('firewall'))
    pair.remove(before, after)
    expect(Object.keys(pair.settings)).toEqual(firewall)
    pair.configure(after)
    const lengths = Object.entries(pair.settings).filter(([address]) => address.endsWith('/MinimumLength'))
    expect(lengths.map(([, value]) => value)).toEqual([8])
  })
})

describe('declarations of several policies', () => {
  it('combine: the strictest of each key, and only while they are in force', () => {
    const pair = createPair('iOS', {
      os: '26.2',
      posture: { passcodeSet: true, passcodeLength: 6, passcodeComplex: false },
    })
    expect(pair.configure({ passcodeMinimumLength: 6 })).toEqual({ passcodeMinimumLength: 'compliant' })
    expect(pair.configure({ passcodeMinimumLength: 8, passcodeBlockSimple: true })).toEqual({
      passcodeMinimumLength: 'pending',
      passcodeBlockSimple: 'pending',
    })
    // The device tells whether the passcode is good enough for all policies together.
    expect(pair.configure({ passcodeMinimumLength: 6 })).toEqual({ passcodeMinimumLength: 'pending' })
    pair.remove({ passcodeMinimumLength: 8, passcodeBlockSimple: true })
    expect(pair.configure({ passcodeMinimumLength: 6 })).toEqual({ passcodeMinimumLength: 'compliant' })
  })
})

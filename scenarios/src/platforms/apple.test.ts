import { managementOf } from '@muster/control/management'
import { enrolmentModes, type PlatformName, type PolicyKind, type SettingValue } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { createPair, type PairOptions } from './device.test-support.ts'

const apple = managementOf('iOS')
const current: Readonly<Record<string, string>> = { visionOS: '26.2', tvOS: '26.2' }

/** The settings of a kind that a platform has, each with a value that asks for something. */
function wanted(kind: PolicyKind, platform: PlatformName): Record<string, SettingValue> {
  const definitions = apple.settings.filter((setting) => setting.kind === kind && setting.platforms?.includes(platform))
  return Object.fromEntries(definitions.map(({ name, value }) => [name, special[name] ?? strictest(value)]))
}

const special: Readonly<Record<string, SettingValue>> = {
  osMinimumVersion: '16.0',
  osMaximumVersion: '26.99',
  timeZone: 'Europe/Oslo',
  softwareUpdateTargetOSVersion: '26.2',
  softwareUpdateTargetLocalDateTime: '2026-12-01T18:00:00',
  softwareUpdateRecommendedCadence: 'Newest',
}

function strictest(value: (typeof apple.settings)[number]['value']): SettingValue {
  if (value.type === 'boolean') return true
  if (value.type === 'integer') return Math.min(value.max, 6)
  return value.type === 'choice' ? (value.choices.at(-1) ?? '') : 'text'
}

const pairsOf = (platform: PlatformName, options: PairOptions = {}) =>
  enrolmentModes[platform]
    .filter(({ managed }) => managed)
    .flatMap(({ id }) => ['a', 'b', 'c', 'd'].map((seed) => createPair(platform, { mode: id, seed, ...options })))

describe.each(apple.platforms)('%s, every setting there and back', (platform) => {
  const os = current[platform] ?? '26.2'

  it('has enough of them', () => {
    const count =
      Object.keys(wanted('compliance', platform)).length + Object.keys(wanted('configuration', platform)).length
    expect(count).toBeGreaterThanOrEqual(['macOS', 'iOS', 'iPadOS'].includes(platform) ? 12 : 8)
  })

  it('renders what it always rendered', async () => {
    const items = (['compliance', 'configuration'] as const).map((kind) => ({
      kind,
      items: apple.render(kind, wanted(kind, platform), platform),
    }))
    await expect(stringify(items)).toMatchFileSnapshot(`./goldens/${platform}.items.yaml`)
  })

  it.each(Object.entries(wanted('configuration', platform)))(
    'configures %s: in force on some device, not applicable elsewhere',
    (name, value) => {
      // Apple wants both, or neither.
      const target = name.startsWith('softwareUpdateTarget')
      const policy = target
        ? { softwareUpdateTargetOSVersion: '26.2', softwareUpdateTargetLocalDateTime: '2026-12-01T18:00:00' }
        : { [name]: value }
      const states = pairsOf(platform, { os }).map((pair) => {
        pair.configure(policy)
        pair.configure(policy, { after: 'user' })
        return pair.configure(policy, { after: 'restart' })[name]
      })
      expect(states).toContain('compliant')
      expect(['compliant', 'notApplicable']).toEqual(expect.arrayContaining([...new Set(states)]))
    },
  )

  it.each(Object.entries(wanted('compliance', platform)))('judges %s', (name, value) => {
    const states = pairsOf(platform, { os }).map((pair) => pair.judge({ [name]: value })[name])
    expect(['compliant', 'nonCompliant', 'notApplicable']).toEqual(expect.arrayContaining([...new Set(states)]))
    expect(states.some((state) => state !== 'notApplicable')).toBe(true)
  })

  it('has each setting of a large policy stand as it would alone, on old versions too', () => {
    const policy = wanted('configuration', platform)
    for (const { id } of enrolmentModes[platform].filter(({ managed }) => managed)) {
      for (const seed of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const applicable = (settings: Record<string, SettingValue>): string[] =>
          Object.entries(createPair(platform, { mode: id, seed }).configure(settings))
            .filter(([, state]) => state !== 'notApplicable')
            .map(([name]) => name)
        const alone = Object.entries(policy).flatMap(([name, value]) => applicable({ [name]: value }))
        expect(applicable(policy).sort(), `${id} ${seed}`).toEqual(alone.sort())
      }
    }
  })

  it('takes back what it had set', () => {
    for (const pair of pairsOf(platform, { os })) {
      const policy = wanted('configuration', platform)
      pair.configure(policy)
      pair.remove(policy)
      // What a Settings command did once stays done.
      expect(Object.keys(pair.settings).filter((address) => !address.startsWith('Settings/'))).toEqual([])
    }
  })
})

describe('compliance follows the facts', () => {
  const strong = { passcodeSet: true, passcodeLength: 8, passcodeComplex: true }
  const mobile = ['iOS', 'iPadOS', 'visionOS'] as const
  const rules: readonly [PlatformName, string, SettingValue, PairOptions['posture'], PairOptions['posture']][] = [
    ...mobile.flatMap((platform): (typeof rules)[number][] => [
      [platform, 'passcodeRequired', true, strong, { passcodeSet: false }],
      [platform, 'passcodeMinimumLength', 8, strong, { passcodeLength: 6 }],
      [platform, 'passcodeBlockSimple', true, strong, { passcodeComplex: false }],
      [platform, 'passcodeRequiredType', 'alphanumeric', strong, { passcodeComplex: false }],
      [platform, 'passcodeMinimumCharacterSetCount', 1, strong, { passcodeComplex: false }],
    ]),
    ['iOS', 'securityBlockJailbrokenDevices', true, { rooted: false }, { rooted: true }],
    ['iPadOS', 'securityBlockJailbrokenDevices', true, { rooted: false }, { rooted: true }],
    ['macOS', 'passwordRequired', true, strong, { passcodeSet: false }],
    ['macOS', 'passwordMinimumLength', 8, strong, { passcodeLength: 7 }],
    ['macOS', 'passwordBlockSimple', true, strong, { passcodeComplex: false }],
    ['macOS', 'storageRequireEncryption', true, { encrypted: true }, { encrypted: false }],
    ['macOS', 'systemIntegrityProtectionEnabled', true, { codeIntegrity: true }, { codeIntegrity: false }],
    ['macOS', 'firewallEnabled', true, { firewallOn: true }, { firewallOn: false }],
    [
      'macOS',
      'gatekeeperAllowedAppSource',
      'macAppStoreAndIdentifiedDevelopers',
      { unknownSourcesAllowed: false },
      { unknownSourcesAllowed: true },
    ],
  ]

  it.each(rules)('%s %s', (platform, name, value, good, bad) => {
    const os = '26.2'
    expect(createPair(platform, { os, posture: { ...good } }).judge({ [name]: value })).toEqual({ [name]: 'compliant' })
    expect(createPair(platform, { os, posture: { ...good, ...bad } }).judge({ [name]: value })).toEqual({
      [name]: 'nonCompliant',
    })
  })

  it.each(apple.platforms)('%s versions', (platform) => {
    const bounds = { osMinimumVersion: '26.1', osMaximumVersion: '26.1.9' }
    expect(createPair(platform, { os: '26.1' }).judge(bounds)).toEqual({
      osMinimumVersion: 'compliant',
      osMaximumVersion: 'compliant',
    })
    expect(createPair(platform, { os: '26.0.9' }).judge(bounds)['osMinimumVersion']).toBe('nonCompliant')
    expect(createPair(platform, { os: '26.2' }).judge(bounds)['osMaximumVersion']).toBe('nonCompliant')
  })

  it('stealth mode needs the firewall and the profile', () => {
    const pair = createPair('macOS', { posture: { firewallOn: false } })
    const rule = { firewallEnableStealthMode: true, firewallBlockAllIncoming: true }
    expect(pair.judge(rule)).toEqual({
      firewallEnableStealthMode: 'nonCompliant',
      firewallBlockAllIncoming: 'nonCompliant',
    })
    pair.configure(rule)
    expect(pair.judge(rule)).toEqual({ firewallEnableStealthMode: 'compliant', firewallBlockAllIncoming: 'compliant' })
  })

  it('what is not demanded is met', () => {
    const posture = { passcodeSet: false, rooted: true }
    const rules = {
      passcodeRequired: false,
      passcodeBlockSimple: false,
      passcodeRequiredType: 'deviceDefault',
      securityBlockJailbrokenDevices: false,
    }
    expect(Object.values(createPair('iOS', { posture }).judge(rules))).toEqual(Array(4).fill('compliant'))
  })
})

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

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

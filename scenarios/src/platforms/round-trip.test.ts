import type { DeviceView, Wait } from '@muster/agent/domain'
import { platformOf } from '@muster/agent/platforms'
import { managementOf } from '@muster/control/management'
import { enrolmentModes, type Posture, type SettingValue } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'

const rules = '{"Rules":[{"SettingName":"TpmPresent","Operator":"IsEquals","DataType":"Boolean","Operand":true}]}'
const texts = [rules, '2020-01-01', '#!/bin/sh']

const sampleOf = (type: {
  type: string
  min?: number
  choices?: readonly string[]
  pattern?: string
  maxLength?: number
}): SettingValue => {
  if (type.type === 'boolean') return true
  if (type.type === 'integer') return type.min ?? 1
  if (type.type === 'version') return '1.0'
  if (type.type === 'choice') return type.choices?.[0] ?? ''
  if (type.type === 'strings') return ['com.example.app']
  const fits = (text: string) => text.length <= (type.maxLength ?? 0) && new RegExp(type.pattern ?? '').test(text)
  return texts.find(fits) ?? ''
}

const deviceOf = (platform: 'windows' | 'android' | 'linux', posture: Posture = {}, seed = 'a'): DeviceView => {
  const mode = enrolmentModes[platform][0]
  if (!mode) throw new Error('no mode')
  const inventory = platformOf(platform).describe(mode, createRng(seed))
  return { inventory: { ...inventory, posture: { ...inventory.posture, ...posture } }, mode, settings: {} }
}

const outcome = (
  platform: 'windows' | 'android' | 'linux',
  kind: 'compliance' | 'configuration',
  name: string,
  value: SettingValue,
  device: DeviceView,
  after?: Wait,
) => {
  const items = managementOf(platform).render(kind, { [name]: value }, platform)
  const attempt = { chance: createRng('attempt'), failure: 0, ...(after ? { after } : {}) }
  const results = items.map((item) =>
    kind === 'compliance'
      ? platformOf(platform).evaluate(item, device)
      : platformOf(platform).apply(item, device, attempt).result,
  )
  return managementOf(platform).interpret(kind, { [name]: value }, items, results, platform)[0]
}

describe.each(['windows', 'android', 'linux'] as const)('%s, there and back', (platform) => {
  it.each(managementOf(platform).settings.map((setting) => [setting.kind, setting.name, setting] as const))(
    '%s %s is answered',
    (kind, name, setting) => {
      const answered = outcome(platform, kind, name, sampleOf(setting.value), deviceOf(platform))
      expect(answered?.setting).toBe(name)
      expect(['compliant', 'nonCompliant', 'notApplicable', 'pending']).toContain(answered?.state)
    },
  )
})

describe('custom compliance on Linux', () => {
  const rule = (SettingName: string, Operand: unknown, DataType = 'Boolean') => ({
    SettingName,
    Operator: 'IsEquals',
    DataType,
    Operand,
  })
  const judged = (...written: readonly unknown[]) =>
    outcome(
      'linux',
      'compliance',
      'customComplianceRules',
      JSON.stringify({ Rules: written }),
      deviceOf('linux', { firewallOn: true, secureBoot: false }),
    )

  it('stands as the rule of it that stands worst', () => {
    expect(judged(rule('FirewallEnabled', true))?.state).toBe('compliant')
    expect(judged(rule('FirewallEnabled', true), rule('SecureBootEnabled', true))).toMatchObject({
      state: 'nonCompliant',
      actual: 'false',
    })
    expect(judged(rule('SecureBootEnabled', true), rule('Colour', 'blue', 'String'))).toMatchObject({
      state: 'error',
      errorCode: '65008',
    })
    expect(outcome('linux', 'compliance', 'customComplianceRules', 'no JSON', deviceOf('linux'))).toMatchObject({
      state: 'error',
      errorCode: '65009',
    })
  })
})

describe('facts decide compliance', () => {
  it.each([
    ['windows', 'bitLockerEnabled', 'encrypted', true],
    ['windows', 'activeFirewallRequired', 'firewallOn', true],
    ['windows', 'secureBootEnabled', 'secureBoot', true],
    ['windows', 'signatureOutOfDate', 'antivirusCurrent', true],
    ['android', 'passwordRequired', 'passcodeSet', true],
    ['android', 'securityBlockJailbrokenDevices', 'rooted', false],
    ['android', 'securityDisableUsbDebugging', 'usbDebugging', false],
    ['linux', 'deviceEncryptionRequired', 'encrypted', true],
  ] as const)('%s %s follows %s', (platform, rule, fact, good) => {
    expect(outcome(platform, 'compliance', rule, true, deviceOf(platform, { [fact]: good }))?.state).toBe('compliant')
    expect(outcome(platform, 'compliance', rule, true, deviceOf(platform, { [fact]: !good }))?.state).toBe(
      'nonCompliant',
    )
  })

  it('versions compare by number', () => {
    const device = deviceOf('windows')
    const version = (text: string): DeviceView => ({
      ...device,
      inventory: { ...device.inventory, os: { ...device.inventory.os, version: text } },
    })
    expect(outcome('windows', 'compliance', 'osMinimumVersion', '10.0.22631', version('10.0.26100.1'))?.state).toBe(
      'compliant',
    )
    expect(outcome('windows', 'compliance', 'osMinimumVersion', '10.0.26100.10', version('10.0.26100.9'))?.state).toBe(
      'nonCompliant',
    )
  })
})

describe('what a device does not have or has to wait for', () => {
  it('is not applicable on Windows Home', () => {
    const device = deviceOf('windows')
    const home = { ...device, inventory: { ...device.inventory, os: { ...device.inventory.os, edition: 'Home' } } }
    expect(outcome('windows', 'configuration', 'bitLockerEncryptDevice', true, home)?.state).toBe('notApplicable')
  })

  it('is pending until the restart, or the user', () => {
    const bare = deviceOf('windows', { encrypted: false, passcodeSet: false })
    const enterprise = {
      ...bare,
      inventory: { ...bare.inventory, os: { ...bare.inventory.os, edition: 'Enterprise' } },
    }
    expect(outcome('windows', 'configuration', 'bitLockerEncryptDevice', true, enterprise)?.state).toBe('pending')
    expect(outcome('windows', 'configuration', 'bitLockerEncryptDevice', true, enterprise, 'restart')?.state).toBe(
      'compliant',
    )
    expect(outcome('windows', 'configuration', 'passwordRequired', true, enterprise)?.state).toBe('pending')
    expect(outcome('windows', 'configuration', 'passwordRequired', true, enterprise, 'user')?.state).toBe('compliant')
    expect(
      outcome('linux', 'configuration', 'defenderNetworkProtection', 'block', deviceOf('linux', {}, 'ubuntu'))?.state,
    ).toBe('pending')
    expect(
      outcome('android', 'configuration', 'passwordMinimumLength', 16, deviceOf('android', { passcodeSet: false }))
        ?.state,
    ).toBe('pending')
  })

  it('is pending on Android while an app comes, and the reason says so', () => {
    const wanted = ['com.example.one', 'com.example.two']
    expect(outcome('android', 'configuration', 'requiredApps', wanted, deviceOf('android'))).toEqual({
      setting: 'requiredApps',
      state: 'pending',
      errorCode: 'IN_PROGRESS',
    })
    const roomy = deviceOf('android', { freeStorageBytes: 20e9 })
    expect(outcome('android', 'configuration', 'requiredApps', wanted, roomy, 'install')?.state).toBe('compliant')
    expect(outcome('android', 'configuration', 'requiredApps', [], roomy)?.state).toBe('compliant')
    const full = deviceOf('android', { freeStorageBytes: 1e6 })
    expect(outcome('android', 'configuration', 'requiredApps', wanted, full, 'install')).toMatchObject({
      state: 'error',
      errorCode: 'INSUFFICIENT_STORAGE',
    })
  })

  it('fails now and then, in the platform’s own words', () => {
    const item = managementOf('windows').render('configuration', { bitLockerEncryptDevice: true }, 'windows')[0]
    if (!item) throw new Error('nothing rendered')
    const device = deviceOf('windows', { encrypted: false, secureHardware: true })
    const enterprise = {
      ...device,
      inventory: { ...device.inventory, os: { ...device.inventory.os, edition: 'Enterprise' } },
    }
    const { result } = platformOf('windows').apply(item, enterprise, { chance: createRng('x'), failure: 1 })
    const [read] = managementOf('windows').interpret(
      'configuration',
      { bitLockerEncryptDevice: true },
      [item],
      [result],
      'windows',
    )
    expect(read).toEqual({ setting: 'bitLockerEncryptDevice', state: 'error', errorCode: '0x80310059' })
  })
})

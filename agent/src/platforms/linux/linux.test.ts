import { enrolmentMode, type Posture } from '@muster/shared/contracts'
import { createRng } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import type { Attempt, DeviceView } from '../../domain/platform.ts'
import { linux } from './platform.ts'
import { itemOf, ruleText } from './samples.test-support.ts'

const attempt = (rest: Partial<Attempt> = {}): Attempt => ({ chance: createRng('a try'), failure: 0, ...rest })

function deviceOf(posture: Posture = {}, edition = 'ubuntu', settings: DeviceView['settings'] = {}): DeviceView {
  const mode = enrolmentMode('linux', 'user')
  if (!mode) throw new Error('no mode')
  const inventory = linux.describe(mode, createRng('a device'))
  const os = { ...inventory.os, edition, version: '24.04' }
  return { mode, settings, inventory: { ...inventory, os, posture: { ...inventory.posture, ...posture } } }
}

const RULES = 'linux_customcompliance_rules'
const SCRIPT = 'linux_customconfig_script'
const CONTEXT = 'linux_customconfig_executioncontext'
const NETWORK = 'linux_mdatp_managed_networkprotection_enforcementlevel'

describe('rules of the settings catalogue', () => {
  it.each([
    ['linux_deviceencryption_required', true, { encrypted: false }, 'NonCompliant', 'false'],
    ['linux_deviceencryption_required', true, { encrypted: true }, 'Compliant', 'true'],
    ['linux_passwordpolicy_minimumlength', 12, { passcodeLength: 11 }, 'NonCompliant', '11'],
    ['linux_passwordpolicy_minimumlength', 12, { passcodeLength: 12 }, 'Compliant', '12'],
    ['linux_passwordpolicy_minimumuppercase', 1, { passcodeLength: 12, passcodeComplex: false }, 'NonCompliant', '0'],
    ['linux_passwordpolicy_minimumuppercase', 1, { passcodeLength: 12, passcodeComplex: true }, 'Compliant', '2'],
    ['linux_distribution_alloweddistros_item_minimumversion', '26.04', {}, 'NonCompliant', '24.04'],
  ] as const)('%s %s, judged on %o', (id, value, posture, newComplianceState, actualValue) => {
    const judged = linux.evaluate(itemOf(id, value), deviceOf(posture))
    expect(judged).toEqual({ itemId: id, protocol: 'linux', newComplianceState, actualValue })
  })

  it('is an error where the value makes no sense, and unknown where the client has no such rule', () => {
    expect(linux.evaluate(itemOf('linux_passwordpolicy_minimumlength', 'long'), deviceOf())).toMatchObject({
      newComplianceState: 'Error',
      errorCode: 400,
    })
    expect(linux.evaluate(itemOf('linux_toString', true), deviceOf())).toMatchObject({
      newComplianceState: 'Unknown',
      errorCode: 404,
    })
  })
})

describe('custom compliance', () => {
  it.each([
    [ruleText('FirewallEnabled', 'IsEquals', 'Boolean', true), 'Compliant'],
    [ruleText('FirewallEnabled', 'NotEquals', 'Boolean', 'True'), 'NonCompliant'],
    [ruleText('FreeStorageGb', 'GreaterEquals', 'Int64', '20'), 'Compliant'],
    [ruleText('FreeStorageGb', 'LessThan', 'Int64', 20), 'NonCompliant'],
    [ruleText('DistributionVersion', 'GreaterThan', 'Version', '22.04'), 'Compliant'],
    [ruleText('Distribution', 'IsEquals', 'String', 'rhel'), 'NonCompliant'],
  ])('%s is %s', (rule, state) => {
    const device = deviceOf({ firewallOn: true, freeStorageBytes: 20e9 })
    expect(linux.evaluate(itemOf(RULES, rule), device)).toMatchObject({ newComplianceState: state })
  })

  it.each([
    ['what the script does not find', ruleText('Colour', 'IsEquals', 'String', 'blue'), 65_008],
    ['what is no rule', '{', 65_009],
    ['a type that the found value does not have', ruleText('FirewallEnabled', 'IsEquals', 'Int64', 1), 65_010],
    ['an operator that there is not', ruleText('Distribution', 'Contains', 'String', 'u'), 65_010],
  ])('fails on %s with its own code', (_what, rule, errorCode) => {
    expect(linux.evaluate(itemOf(RULES, rule), deviceOf())).toMatchObject({ newComplianceState: 'Error', errorCode })
  })
})

describe('configuration', () => {
  it('runs a script as the user when the user is there, and as root at once', () => {
    const script = itemOf(SCRIPT, '#!/bin/sh')
    const asUser = deviceOf({}, 'ubuntu', { [CONTEXT]: 'user' })
    expect(linux.apply(script, asUser, attempt())).toMatchObject({ waitsFor: 'user' })
    expect(linux.apply(script, asUser, attempt({ after: 'user' })).settings).toEqual({ [SCRIPT]: '#!/bin/sh' })
    expect(linux.apply(script, deviceOf(), attempt()).settings).toEqual({ [SCRIPT]: '#!/bin/sh' })
  })

  it('fails by the script’s failure, more seldom with retries, and keeps what a script did when the policy goes', () => {
    const script = itemOf(SCRIPT, '#!/bin/sh')
    expect(linux.apply(script, deviceOf(), attempt({ failure: 1 })).result).toMatchObject({ errorCode: 65_007 })
    const failures = (retries: number): number =>
      Array.from({ length: 400 }, (_, i) =>
        linux.apply(script, deviceOf({}, 'ubuntu', { linux_customconfig_executionretries: retries }), {
          chance: createRng(`try ${i}`),
          failure: 0.5,
        }),
      ).filter(({ settings }) => !settings).length
    expect(failures(0)).toBeGreaterThan(160)
    expect(failures(3)).toBeLessThan(60)
    expect(linux.remove(script, deviceOf({}, 'ubuntu', { [SCRIPT]: '#!/bin/sh' }))).toEqual({})
  })

  it('waits for a restart where the kernel has to change, and is unknown to a distribution without it', () => {
    const block = itemOf(NETWORK, 'block')
    expect(linux.apply(block, deviceOf(), attempt())).toMatchObject({ waitsFor: 'restart' })
    expect(linux.apply(block, deviceOf(), attempt({ after: 'restart' })).settings).toEqual({ [NETWORK]: 'block' })
    expect(linux.apply(block, deviceOf({}, 'rhel'), attempt()).result).toMatchObject({ newComplianceState: 'Unknown' })
  })
})

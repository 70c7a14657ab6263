import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAssignmentFilter } from './assignment-filter.ts'
import type { RuleSubject } from './expression.ts'
import { parseMembershipRule } from './membership-rule.ts'

const codeOf = (result: { ok: boolean; refusal?: { code: string } }): string =>
  result.ok ? 'ok' : (result.refusal?.code ?? '')

const laptop: RuleSubject = {
  deviceOSType: 'Windows',
  deviceOSVersion: '10.0.26100.2314',
  deviceOwnership: 'Company',
  deviceModel: 'Surface Laptop 7',
  devicePhysicalIds: ['[ZTDId]:4711', '[OrderID]:kiosk'],
  devicePhysicalIDs: ['[ZTDId]:4711', '[OrderID]:kiosk'],
  extensionAttribute1: 'field',
  isRooted: false,
}

describe('membership rules', () => {
  const matches = (rule: string): boolean => {
    const parsed = parseMembershipRule(rule)
    if (!parsed.ok) throw new Error(parsed.refusal.message)
    return parsed.value.matches(laptop)
  }

  it.each([
    ['(device.deviceOSType -eq "windows") and (device.deviceOwnership -eq "Company")', true],
    ['device.deviceOSType -eq "Linux" or device.deviceModel -startsWith "surface"', true],
    ['not (device.deviceOSType -eq "Windows")', false],
    // `and` binds tighter than `or`
    ['device.deviceOSType -eq "Windows" or device.deviceOSType -eq "x" and device.deviceOwnership -eq "x"', true],
    ['device.devicePhysicalIds -any (_ -contains "[OrderID]:kiosk")', true],
    ['device.devicePhysicalIds -all (_ -startsWith "[ZTDId]")', false],
    ['device.deviceModel -match "^Surface (Laptop|Pro)"', true],
    ['device.deviceModel -notMatch "Latitude"', true],
    ['device.extensionAttribute1 -in ["field", "office"]', true],
    ['device.extensionAttribute1 -notIn ["field"]', false],
    ['device.extensionAttribute2 -eq null', true],
    ['device.extensionAttribute1 -ne null', true],
    ['device.deviceOSVersion -ge "10.0.22631"', true],
    ['device.isRooted -eq false', true],
    ['device.displayName -notContains "x"', true],
    // -not binds tighter than -and
    ['-not (device.isRooted -eq true) -and -not (device.deviceOSType -eq "Linux")', true],
    ['not device.isRooted -eq true or device.deviceOSType -eq "Linux"', true],
    // not a version, so text
    ['device.deviceOSVersion -eq "10.0 beta"', false],
    ['device.devicePhysicalIDs -any (_ -startsWith "[ztdid]")', true],
  ])('%s is %s', (rule, expected) => expect(matches(rule)).toBe(expected))

  it.each([
    ['device.deviceModle -eq "x"', 'rule/unknown-property', 'device.deviceModel'],
    ['device.memberOf -eq "x"', 'rule/operator-not-applicable', '-any'],
    ['device.memberOf -any (_ -eq "x")', 'rule/syntax', 'group.objectId'],
    ['Direct Reports for "x" or user.country -eq "NO"', 'rule/syntax', 'nothing else'],
    ['Direct Reports of "x"', 'rule/syntax', 'column 16'],
    ['Direct Reports for', 'rule/syntax', 'the id of a user'],
    ['device.deviceModel -equals "x"', 'rule/operator-not-applicable', '-equals'],
    ['device.deviceModel -eq', 'rule/syntax', 'the end'],
    ['(device.deviceModel -eq "x"', 'rule/syntax', '")"'],
    ['device.deviceModel -eq "x', 'rule/syntax', 'no end'],
    ['device.deviceModel -match "(a+)+"', 'rule/too-complex', 'repeated group'],
    ['device.deviceModel -startsWith null', 'rule/operator-not-applicable', 'null'],
    ['device.deviceModel -eq "x" and user.department -eq "y"', 'rule/mixed-members', 'both'],
    [`${'('.repeat(100)}device.isRooted -eq true${')'.repeat(100)}`, 'rule/too-complex', 'nested'],
    ['x'.repeat(3_073), 'rule/too-long', '3073'],
    ['_ -eq "x"', 'rule/syntax', 'device.model'],
    ['device.devicePhysicalIds -any (device.deviceModel -eq "x")', 'rule/syntax', '_'],
    ['device.devicePhysicalIds -any (_ -any (_ -eq "x"))', 'rule/operator-not-applicable', '-any'],
  ])('refuses %s with %s', (rule, code, text) => {
    const parsed = parseMembershipRule(rule)
    expect(codeOf(parsed)).toBe(code)
    expect(parsed.ok ? '' : parsed.refusal.message).toContain(text)
  })

  it('knows whom a rule is about', () => {
    const parsed = parseMembershipRule('user.department -eq "Sales"')
    expect(parsed.ok && parsed.value.members).toBe('user')
  })
})

describe('assignment filters', () => {
  const surface = {
    manufacturer: 'Microsoft Corporation',
    operatingSystemVersion: '10.0.9.1',
    isRooted: 'True',
    deviceOwnership: 'Corporate',
  }

  it.each([
    ['windows', '(device.manufacturer -eq "MICROSOFT CORPORATION")', true],
    ['windows', '(DEVICE.Manufacturer -Eq "microsoft corporation") AND (device.deviceOwnership -ne "Personal")', true],
    // versions compare by number: 10.0.9 is below 10.0.10
    ['windows', '(device.operatingSystemVersion -lt 10.0.10)', true],
    ['windows', '(device.operatingSystemVersion -ge 10.0.10) or (device.deviceOwnership -in ["Corporate"])', true],
    ['android', '(device.isRooted -eq "True")', true],
    ['windows', '(device.deviceCategory -eq $null)', true],
    ['windows', '(device.deviceOwnership -notContains "Corp")', false],
  ] as const)('%s: %s is %s', (platform, rule, expected) => {
    const parsed = parseAssignmentFilter(rule, platform)
    expect(parsed.ok && parsed.value.matches(surface)).toBe(expected)
  })

  it('refuses a property that the platform does not have', () => {
    expect(codeOf(parseAssignmentFilter('(device.operatingSystemSKU -eq "x")', 'macOS'))).toBe('rule/unknown-property')
    expect(codeOf(parseAssignmentFilter('(device.operatingSystemSKU -eq "x")', 'windows'))).toBe('ok')
    expect(codeOf(parseAssignmentFilter('(device.model -match "x")', 'windows'))).toBe('rule/operator-not-applicable')
  })

  it.each([
    ['(device.model -gt "x")', 'rule/operator-not-applicable'],
    ['(device.operatingSystemVersion -startsWith 10)', 'rule/operator-not-applicable'],
    ['(device.operatingSystemVersion -ge 10.x)', 'rule/syntax'],
    ['(device.operatingSystemVersion -ge 1.2.3.4.5)', 'rule/syntax'],
    ['(app.appVersion -eq "1")', 'rule/unknown-property'],
  ])('refuses %s with %s', (rule, code) => {
    expect(codeOf(parseAssignmentFilter(rule, 'windows'))).toBe(code)
  })

  it('for apps ask about apps and nothing else', () => {
    expect(codeOf(parseAssignmentFilter('(app.appVersion -eq "1")', 'iOS', 'apps'))).toBe('ok')
    expect(codeOf(parseAssignmentFilter('(device.model -eq "1")', 'iOS', 'apps'))).toBe('rule/unknown-property')
  })
})

describe('any text', () => {
  const words = [
    'device.model',
    '-eq',
    '"x"',
    '(',
    ')',
    'and',
    'or',
    'not',
    '-any',
    '_',
    '[',
    ']',
    ',',
    'null',
    "'a'",
    'eq',
    'in',
    'a/any(',
    'r:r',
    '10.0.1',
    '$null',
  ]
  const soup = fc.oneof(
    fc.string(),
    fc.array(fc.constantFrom(...words), { maxLength: 60 }).map((parts) => parts.join(' ')),
  )

  it('is a rule or a coded refusal, never an exception', () => {
    fc.assert(
      fc.property(soup, (text) => {
        for (const parsed of [parseMembershipRule(text), parseAssignmentFilter(text, 'windows')]) {
          if (parsed.ok) parsed.value.matches({ model: 'x' })
          else expect(parsed.refusal.code).toMatch(/^rule\//)
        }
      }),
      { numRuns: 3_000 },
    )
  })
})

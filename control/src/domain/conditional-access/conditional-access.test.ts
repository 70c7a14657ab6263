import { describe, expect, it } from 'vitest'
import { evaluatePolicies } from './evaluate.ts'
import { decideAccess } from './grant.ts'
import { isInRange } from './ip-range.ts'
import type { AccessPolicy, Conditions, GrantControls, NamedLocation, SignIn } from './policy.ts'

const signIn: SignIn = {
  who: { kind: 'user', id: 'ada', groupIds: ['sales'], roleIds: ['reader'] },
  what: { kind: 'applications', ids: ['mail'] },
  platform: 'iOS',
  clientAppType: 'browser',
  ipAddress: '10.1.2.3',
  country: 'NO',
  signInRisk: 'low',
  device: { isCompliant: true, deviceOwnership: 'Company' },
}
const everybody: Conditions = { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } }
const locations: readonly NamedLocation[] = [
  { id: 'office', isTrusted: true, ipRanges: [{ cidrAddress: '10.0.0.0/8' }] },
  { id: 'nordics', countriesAndRegions: ['NO', 'SE'] },
]

const policy = (conditions: Conditions, rest: Partial<AccessPolicy> = {}): AccessPolicy => ({
  id: 'p',
  state: 'enabled',
  conditions: { ...everybody, ...conditions },
  ...rest,
})
const reason = (wanted: AccessPolicy, of: SignIn = signIn): string | undefined =>
  evaluatePolicies([wanted], locations, of)[0]?.reason

describe('a conditional access policy', () => {
  it.each<[string, Conditions, string]>([
    ['everybody', {}, 'notSet'],
    ['a group that is in', { users: { includeGroups: ['sales'] } }, 'notSet'],
    ['a role that is in', { users: { includeRoles: ['reader'] } }, 'notSet'],
    ['one that is excluded though included', { users: { includeUsers: ['All'], excludeGroups: ['sales'] } }, 'users'],
    ['other users', { users: { includeUsers: ['joe'] } }, 'users'],
    ['another application', { applications: { includeApplications: ['files'] } }, 'application'],
    [
      'all applications but this',
      { applications: { includeApplications: ['All'], excludeApplications: ['mail'] } },
      'application',
    ],
    ['a user action', { applications: { includeUserActions: ['urn:user:registerdevice'] } }, 'application'],
    ['its platform', { platforms: { includePlatforms: ['iOS', 'android'] } }, 'notSet'],
    [
      'all platforms but its',
      { platforms: { includePlatforms: ['all'], excludePlatforms: ['iOS'] } },
      'devicePlatform',
    ],
    ['other client apps', { clientAppTypes: ['exchangeActiveSync', 'other'] }, 'clientApps'],
    ['its address', { locations: { includeLocations: ['office'] } }, 'notSet'],
    [
      'anywhere but trusted places',
      { locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } },
      'location',
    ],
    ['its country', { locations: { includeLocations: ['nordics'] } }, 'notSet'],
    ['a higher risk', { signInRiskLevels: ['high', 'medium'] }, 'signInRisk'],
    [
      'a device that is not compliant',
      { devices: { deviceFilter: { mode: 'include', rule: 'device.isCompliant -ne True' } } },
      'devices',
    ],
    [
      'all but compliant devices',
      { devices: { deviceFilter: { mode: 'exclude', rule: 'device.isCompliant -eq True' } } },
      'devices',
    ],
    [
      'a filter that cannot be read',
      { devices: { deviceFilter: { mode: 'include', rule: 'device.colour -eq "red"' } } },
      'invalidCondition',
    ],
    ['another way to sign in', { authenticationFlows: { transferMethods: 'deviceCodeFlow' } }, 'authenticationFlow'],
  ])('for %s', (_, conditions, expected) => expect(reason(policy(conditions))).toBe(expected))

  it('says when too little is known', () => {
    const { platform: _, ipAddress: __, ...unknown } = signIn
    expect(reason(policy({ platforms: { includePlatforms: ['iOS'] } }), unknown)).toBe('notEnoughInformation')
    expect(reason(policy({ platforms: { includePlatforms: ['all'] } }), unknown)).toBe('notSet')
    expect(reason(policy({ locations: { includeLocations: ['office'] } }), unknown)).toBe('notEnoughInformation')
  })

  it('does not apply when it is off or empty', () => {
    expect(reason({ ...policy({}), state: 'disabled' })).toBe('policyNotEnabled')
    expect(reason({ ...policy({}), conditions: null })).toBe('emptyPolicy')
  })

  it('is for service principals where it names them', () => {
    const robot: SignIn = { ...signIn, who: { kind: 'servicePrincipal', id: 'robot' } }
    expect(reason(policy({ clientApplications: { includeServicePrincipals: ['robot'] } }), robot)).toBe('notSet')
    expect(reason(policy({ clientApplications: { includeServicePrincipals: ['other'] } }), robot)).toBe(
      'workloadIdentities',
    )
    expect(reason(policy({}), robot)).toBe('users')
  })
})

describe('access', () => {
  const decide = (
    grants: readonly GrantControls[],
    satisfied: readonly string[],
    state: AccessPolicy['state'] = 'enabled',
  ) => {
    const policies = grants.map((grantControls, index) => policy({}, { id: String(index), grantControls, state }))
    return decideAccess(evaluatePolicies(policies, locations, signIn), new Set(satisfied))
  }
  const either: GrantControls = { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] }
  const both: GrantControls = { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] }
  const block: GrantControls = { operator: 'OR', builtInControls: ['block'] }

  it('needs every policy, with one or all of its controls', () => {
    expect(decide([either], ['mfa']).outcome).toBe('granted')
    expect(decide([both], ['mfa'])).toEqual({
      outcome: 'unsatisfied',
      missing: [{ policyId: '0', controls: ['compliantDevice'] }],
    })
    expect(decide([either, both], ['mfa']).missing).toEqual([{ policyId: '1', controls: ['compliantDevice'] }])
    expect(decide([], []).outcome).toBe('granted')
  })

  it('is blocked by one, whatever the others say, and never by one that only reports', () => {
    expect(decide([either, block], ['mfa']).outcome).toBe('blocked')
    expect(decide([block], [], 'enabledForReportingButNotEnforced').outcome).toBe('granted')
  })
})

describe('a range of addresses', () => {
  it.each([
    ['10.1.2.3', '10.0.0.0/8', true],
    ['11.1.2.3', '10.0.0.0/8', false],
    ['10.1.2.3', '10.1.2.3/32', true],
    ['1.2.3.4', '0.0.0.0/0', true],
    ['2001:db8::1', '2001:db8::/32', true],
    ['2001:db9::1', '2001:db8::/32', false],
    ['::1', '::/0', true],
    ['10.1.2.3', '2001:db8::/32', false],
    ['10.1.2.300', '10.0.0.0/8', false],
    ['nonsense', '10.0.0.0/8', false],
    ['10.1.2.3', '10.0.0.0/x', false],
    ['1:2:3:4:5:6:7', '::/0', false],
  ])('%s in %s: %s', (address, range, expected) => expect(isInRange(address, range)).toBe(expected))
})

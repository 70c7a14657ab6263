import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../test-support/graph.ts'

let graph: GraphOffice
let target: Entity
beforeAll(async () => {
  graph = await openGraph()
  const { id } = await graph.post('/groups', { displayName: 'g' })
  target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: id }
})
afterAll(() => graph?.[Symbol.asyncDispose]())

const typed = (type: string, rest: Entity = {}): Entity => ({
  '@odata.type': `#microsoft.graph.${type}`,
  displayName: 'x',
  ...rest,
})
const named: Entity = { displayName: 'x' }
const rules = [{ scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] }]
const script: Entity = { ...named, runAsAccount: 'system' }

/** What a client that restores tenants asserts: create, change, assign, delete; null for what the resource does not have. */
const rows: readonly (readonly [
  path: string,
  body: Entity,
  create: number,
  patch: readonly [method: string, status: number],
  assign: number | null,
  remove: number,
])[] = [
  ['deviceManagement/deviceConfigurations', typed('windows10GeneralConfiguration'), 201, ['PATCH', 204], 200, 200],
  [
    'deviceManagement/deviceCompliancePolicies',
    typed('windows10CompliancePolicy', { scheduledActionsForRule: rules }),
    201,
    ['PATCH', 204],
    200,
    200,
  ],
  ['deviceManagement/configurationPolicies', { name: 'x', platforms: 'linux' }, 201, ['PUT', 204], 200, 200],
  ['deviceManagement/compliancePolicies', { name: 'x', platforms: 'linux' }, 201, ['PATCH', 204], 200, 200],
  ['deviceManagement/reusablePolicySettings', named, 201, ['PUT', 204], null, 200],
  ['deviceManagement/deviceManagementScripts', script, 201, ['PATCH', 200], 200, 200],
  ['deviceManagement/deviceShellScripts', script, 201, ['PATCH', 200], 200, 200],
  ['deviceManagement/deviceHealthScripts', script, 201, ['PATCH', 200], 200, 200],
  ['deviceManagement/deviceCategories', named, 201, ['PATCH', 200], null, 200],
  ['deviceManagement/windowsFeatureUpdateProfiles', named, 201, ['PATCH', 200], 200, 200],
  [
    'deviceManagement/windowsAutopilotDeploymentProfiles',
    typed('azureADWindowsAutopilotDeploymentProfile'),
    201,
    ['PATCH', 200],
    null,
    200,
  ],
  [
    'deviceManagement/assignmentFilters',
    { ...named, platform: 'windows10AndLater', rule: '(device.model -eq "x")' },
    201,
    ['PATCH', 200],
    null,
    200,
  ],
  [
    'deviceManagement/deviceEnrollmentConfigurations',
    typed('deviceEnrollmentLimitConfiguration', { limit: 5 }),
    201,
    ['PATCH', 200],
    200,
    200,
  ],
  ['deviceManagement/roleDefinitions', typed('deviceAndAppManagementRoleDefinition'), 200, ['PATCH', 200], null, 200],
  ['deviceManagement/roleScopeTags', named, 200, ['PATCH', 200], 200, 200],
  ['deviceManagement/notificationMessageTemplates', named, 200, ['PATCH', 200], null, 200],
  ['deviceManagement/groupPolicyConfigurations', named, 201, ['PATCH', 200], 204, 200],
  ['deviceManagement/depOnboardingSettings', { tokenName: 'x' }, 201, ['PATCH', 204], null, 200],
  [
    'deviceAppManagement/mobileAppConfigurations',
    typed('iosMobileAppConfiguration', { targetedMobileApps: [] }),
    201,
    ['PATCH', 204],
    200,
    200,
  ],
  ['deviceAppManagement/iosManagedAppProtections', named, 201, ['PATCH', 204], 204, 204],
  ['deviceAppManagement/androidManagedAppProtections', named, 201, ['PATCH', 204], 204, 204],
  [
    'identity/conditionalAccess/policies',
    { ...named, state: 'disabled', conditions: {} },
    201,
    ['PATCH', 204],
    null,
    204,
  ],
]

describe('a write that succeeds', () => {
  it.each(rows)('of %s', async (collection, body, create, [method, patch], assign, remove) => {
    const made = await graph.ask('POST', `/${collection}`, body)
    const path = `/${collection}/${made.body['id']}`
    const { scheduledActionsForRule: _, ...changed } = body
    const change = {
      ...changed,
      description: 'y',
      ...(collection.endsWith('depOnboardingSettings') ? { description: undefined } : {}),
    }
    const patched = await graph.ask(method, path, JSON.parse(JSON.stringify(change)))
    const key = collection.endsWith('deviceEnrollmentConfigurations')
      ? 'enrollmentConfigurationAssignments'
      : 'assignments'
    const assigned = assign === null ? undefined : await graph.ask('POST', `${path}/assign`, { [key]: [{ target }] })
    const removed = await graph.ask('DELETE', path)
    expect([made.status, patched.status, assigned?.status ?? null, removed.status]).toEqual([
      create,
      patch,
      assign,
      remove,
    ])
    expect((await graph.ask('GET', path)).status).toBe(404)
  })
})

describe('a write that is refused', () => {
  const scripts = '/deviceManagement/deviceShellScripts'
  const codes: readonly (readonly [
    what: string,
    method: string,
    path: string,
    body: unknown,
    status: number,
    code: string,
  ])[] = [
    ['an unknown property', 'POST', scripts, { dispalyName: 'x' }, 400, 'BadRequest'],
    ['a wrong member', 'POST', scripts, { displayName: 'x', runAsAccount: 'root' }, 400, 'BadRequest'],
    ['a value of another type', 'POST', scripts, { displayName: 7 }, 400, 'BadRequest'],
    ['a missing type', 'POST', '/deviceAppManagement/mobileApps', { displayName: 'x' }, 400, 'BadRequest'],
    ['no object', 'POST', scripts, [], 400, 'BadRequest'],
    [
      'a group that is not there',
      'POST',
      '/groups/nobody/members/$ref',
      { '@odata.id': 'https://x/y' },
      404,
      'Request_ResourceNotFound',
    ],
    [
      'an unknown property of the directory',
      'POST',
      '/groups',
      { displayName: 'x', colour: 1 },
      400,
      'Request_BadRequest',
    ],
    ['an entity that is not there', 'PATCH', `${scripts}/nothing`, { displayName: 'x' }, 404, 'ResourceNotFound'],
    ['one that is built in', 'DELETE', '/deviceManagement/roleScopeTags/0', undefined, 400, 'BadRequest'],
    ['a segment that nobody knows', 'GET', '/deviceManagement/colours', undefined, 400, 'BadRequest'],
    ['what Muster does not serve', 'POST', `${scripts}/x/runNow`, {}, 501, 'NotImplemented'],
    ['another method', 'PATCH', '/subscribedSkus', {}, 405, 'Request_BadRequest'],
    [
      'a key that is taken',
      'POST',
      '/users',
      { userPrincipalName: 'a@b.c', displayName: 'x' },
      400,
      'Request_MultipleObjectsWithSameKeyValue',
    ],
  ]
  it.each(codes)('for %s', async (_, method, path, body, status, code) => {
    if (code === 'Request_MultipleObjectsWithSameKeyValue') await graph.ask(method, path, body)
    const refused = await graph.ask(method, path, body)
    expect([refused.status, (refused.body['error'] as Entity)['code']]).toEqual([status, code])
  })

  it('for want of a token, or of a role', async () => {
    const without = await graph.raw('POST', `/v1.0${scripts}`, undefined, named)
    expect([without.status, (without.body['error'] as Entity)['code']]).toEqual([401, 'InvalidAuthenticationToken'])
  })
})

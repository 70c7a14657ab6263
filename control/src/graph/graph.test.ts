import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph, TENANT_ID } from '../../test-support/graph.ts'
import { enrolmentRequest, policyReport } from '../../test-support/office.ts'
import { sweepCompliance } from '../app/sweep-compliance.ts'

const block = (hours = 0, ...more: Entity[]) => ({
  scheduledActionsForRule: [
    {
      ruleName: 'PasswordRequired',
      scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: hours }, ...more],
    },
  ],
})
const windowsPolicy = { '@odata.type': '#microsoft.graph.windows10CompliancePolicy', displayName: 'w' }
const COMPLIANCE = '/deviceManagement/deviceCompliancePolicies'
const CATALOG = '/deviceManagement/compliancePolicies'
const idOf = ({ id }: Entity): string => String(id)
const target = (type: string, rest: Entity = {}) => ({
  target: { '@odata.type': `#microsoft.graph.${type}AssignmentTarget`, ...rest },
})
const refusal = ({ status, body }: { status: number; body: Entity }) => {
  const { innerError, message } = body['error'] as { innerError: Entity; message: string }
  return { status, code: innerError['code'], message }
}
const audits = async (graph: GraphOffice) =>
  (await graph.get<{ value: Entity[] }>('/deviceManagement/auditEvents')).value

describe('policies', () => {
  it.each<[string, unknown]>([
    ['no actions at all', {}],
    [
      'no block among them',
      { scheduledActionsForRule: [{ scheduledActionConfigurations: [{ actionType: 'retire' }] }] },
    ],
    ['two blocks', block(0, { actionType: 'block', gracePeriodHours: 24 })],
    [
      'two rules',
      { scheduledActionsForRule: [...block().scheduledActionsForRule, ...block().scheduledActionsForRule] },
    ],
  ])('need exactly one rule with one block action: %s', async (_what, actions) => {
    await using graph = await openGraph()
    const refused = refusal(await graph.ask('POST', COMPLIANCE, { ...windowsPolicy, ...(actions as Entity) }))
    expect(refused).toMatchObject({ status: 400, code: 'graph/bad-body' })
    expect(refused.message).toContain('scheduledActionsForRule')
    expect((await graph.get<{ value: unknown[] }>(COMPLIANCE)).value).toEqual([])
    expect(await audits(graph)).toEqual([])
  })

  it('answer with the statuses of Graph, and one audit event for each change', async () => {
    await using graph = await openGraph()
    const created = await graph.ask('POST', COMPLIANCE, { ...windowsPolicy, ...block() })
    const path = `${COMPLIANCE}/${idOf(created.body)}`
    const statuses = [
      created.status,
      (await graph.ask('PATCH', path, { bitLockerEnabled: true })).status,
      (await graph.ask('POST', `${path}/assign`, { assignments: [target('allDevices')] })).status,
      (
        await graph.ask('POST', `${path}/scheduleActionsForRules`, {
          deviceComplianceScheduledActionForRules: block(24).scheduledActionsForRule,
        })
      ).status,
      (await graph.ask('DELETE', path)).status,
    ]
    expect(statuses).toEqual([201, 204, 200, 200, 200])
    const events = await audits(graph)
    expect(events.map(({ activityType }) => activityType)).toHaveLength(5)
    const patch = events.find(({ activityType }) => activityType === 'Patch DeviceCompliancePolicy')
    expect(patch).toMatchObject({
      activityOperationType: 'Patch',
      activityResult: 'Success',
      resources: [{ modifiedProperties: [{ displayName: 'bitLockerEnabled', oldValue: null, newValue: 'true' }] }],
    })
  })

  it('are assigned as a whole, with the ids that all devices and all users always have', async () => {
    await using graph = await openGraph()
    const id = idOf(await graph.post(COMPLIANCE, { ...windowsPolicy, ...block() }))
    const group = idOf(await graph.post('/groups', { displayName: 'g' }))
    const assign = (...assignments: unknown[]) => graph.ask('POST', `${COMPLIANCE}/${id}/assign`, { assignments })
    await assign(target('allDevices'), target('allLicensedUsers'))
    await assign(target('allLicensedUsers'), target('allDevices'), target('exclusionGroup', { groupId: group }))
    const { value } = await graph.get<{ value: Entity[] }>(`${COMPLIANCE}/${id}/assignments`)
    expect(value.map((each) => each['id'])).toEqual([
      `${id}_acacacac-9df4-4c7d-9d50-4ef0226f57a9`,
      `${id}_adadadad-808e-44e2-905a-0b7873a8a531`,
      `${id}_${group}`,
    ])
    const twice = await assign(target('group', { groupId: group }), target('exclusionGroup', { groupId: group }))
    expect(refusal(twice)).toMatchObject({ status: 400, message: expect.stringContaining('assignments.1.target') })
    expect(
      (await graph.get<{ assignments: unknown[] }>(`${COMPLIANCE}/${id}?$expand=assignments`)).assignments,
    ).toEqual(value)
  })

  it('keep both of two changes at once', async () => {
    await using graph = await openGraph()
    const id = idOf(await graph.post(COMPLIANCE, { ...windowsPolicy, ...block() }))
    const changes = [{ bitLockerEnabled: true }, { secureBootEnabled: true }, { displayName: 'both' }]
    await Promise.all(changes.map((change) => graph.ask('PATCH', `${COMPLIANCE}/${id}`, change)))
    expect(await graph.get(`${COMPLIANCE}/${id}`)).toMatchObject({
      bitLockerEnabled: true,
      secureBootEnabled: true,
      displayName: 'both',
    })
  })

  it('give grace to devices that are noncompliant already, and do nothing twice because of it', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const note = { actionType: 'notification', gracePeriodHours: 0 }
    const policy = await office.policy({
      scheduledActions: [
        { id: 'b', actionType: 'block', gracePeriodHours: 0 },
        { id: 'n', actionType: 'notification', gracePeriodHours: 0 },
      ],
    })
    const device = await office.device()
    await office.report(device, 1, { policies: [policyReport(policy, false)] })
    expect((await office.stored(device.id)).complianceState).toBe('noncompliant')
    await graph.post(`${CATALOG}/${policy.id}/setScheduledActions`, {
      scheduledActions: block(48, note).scheduledActionsForRule,
    })
    await sweepCompliance(office.publishDeps)
    expect(await office.stored(device.id)).toMatchObject({
      complianceState: 'inGracePeriod',
      graceUntilMs: office.clock.nowMs() + 48 * HOUR_MS,
    })
    expect(await office.store.notifications.count()).toBe(1)
  })
})

describe('the settings of the tenant', () => {
  it('decide at once on devices without a policy and on silent ones', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const device = await office.device()
    const patch = async (settings: Entity) => {
      await graph.ask('PATCH', '/deviceManagement', { settings })
      while ((await sweepCompliance(office.publishDeps)) > 0);
      return (await office.stored(device.id)).complianceState
    }
    expect(await patch({ secureByDefault: true })).toBe('noncompliant')
    expect(await patch({ secureByDefault: false })).toBe('compliant')
    office.clock.advance(5 * DAY_MS)
    expect(await patch({ deviceComplianceCheckinThresholdDays: 5 })).toBe('noncompliant')
    const states = `/deviceManagement/managedDevices/${device.id}/deviceCompliancePolicyStates`
    const { value } = await graph.get<{ value: Entity[] }>(states)
    expect(value).toMatchObject([
      {
        displayName: 'Default Device Compliance Policy',
        state: 'nonCompliant',
        settingStates: [
          { state: 'compliant' },
          { settingName: 'Is active', state: 'nonCompliant' },
          { state: 'compliant' },
        ],
      },
    ])
    expect(await patch({ deviceComplianceCheckinThresholdDays: 6 })).toBe('compliant')
  })

  it('are refused out of range, with where', async () => {
    await using graph = await openGraph()
    const settings = { deviceComplianceCheckinThresholdDays: 121 }
    const refused = refusal(await graph.ask('PATCH', '/deviceManagement', { settings }))
    expect(refused).toMatchObject({ status: 400, code: 'graph/bad-body' })
    expect(refused.message).toContain('settings.deviceComplianceCheckinThresholdDays')
  })

  it('are checked by the model, and kept where nothing acts upon them', async () => {
    await using graph = await openGraph()
    const patch = (body: Entity, version?: string) => graph.ask('PATCH', '/deviceManagement', body, version)
    expect((await patch({ settings: { enhancedJailBreak: true, secureByDefault: true } })).status).toBe(204)
    expect((await patch({ intuneBrand: { displayName: 'Contoso' }, intuneAccountId: TENANT_ID })).status).toBe(204)
    const settings = { enhancedJailBreak: true, secureByDefault: true, deviceComplianceCheckinThresholdDays: 30 }
    const kept = { intuneBrand: { displayName: 'Contoso' }, intuneAccountId: TENANT_ID }
    expect(await graph.get('/deviceManagement')).toMatchObject({ ...kept, settings })
    const { body } = await graph.ask('GET', '/deviceManagement', undefined, 'v1.0')
    expect(body['settings']).toEqual({ secureByDefault: true, deviceComplianceCheckinThresholdDays: 30 })
    for (const wrong of [
      { colour: 'red' },
      { settings: { secureByDefalt: true } },
      { settings: { derivedCredentialProvider: 'nobody' } },
      { intuneBrand: 'Contoso' },
      { managedDevices: [] },
    ])
      expect([wrong, (await patch(wrong)).status]).toEqual([wrong, 400])
    expect((await patch({ settings: { enhancedJailBreak: true } }, 'v1.0')).status).toBe(400)
    expect(await graph.get('/deviceManagement')).toMatchObject({ ...kept, settings })
  })
})

describe('people', () => {
  it('decide by what they are on groups, and by whether they are on compliance', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const device = await office.device()
    const user = String(device.userId)
    const rule = { groupTypes: ['DynamicMembership'], membershipRule: 'user.department -eq "Sales"' }
    const group = idOf(await graph.post('/groups', { displayName: 'sales', ...rule }))
    const members = async () => (await graph.get<{ value: Entity[] }>(`/groups/${group}/members`)).value.map(idOf)
    expect(await members()).toEqual([])
    expect((await graph.ask('PATCH', `/users/${user}`, { department: 'sales' })).status).toBe(204)
    expect(await members()).toEqual([user])
    const paused = { membershipRuleProcessingState: 'Paused', membershipRule: 'user.department -eq "Law"' }
    await graph.ask('PATCH', `/groups/${group}`, paused)
    expect(await members()).toEqual([user])
    await graph.ask('PATCH', `/groups/${group}`, { membershipRuleProcessingState: 'On' })
    expect(await members()).toEqual([])
    expect((await graph.ask('DELETE', `/users/${user}`)).status).toBe(204)
    await sweepCompliance(office.publishDeps)
    expect((await office.stored(device.id)).complianceState).toBe('noncompliant')
  })
})

describe('groups that follow from others', () => {
  const dynamic = (displayName: string, membershipRule: string) => ({
    displayName,
    groupTypes: ['DynamicMembership'],
    membershipRule,
  })

  it('hold the members of the groups that their rule names', async () => {
    await using graph = await openGraph()
    const ada = String((await graph.office.device()).userId)
    const joe = (await graph.office.user('joe')).id
    const people = idOf(await graph.post('/groups', { displayName: 'people' }))
    const sales = idOf(await graph.post('/groups', dynamic('sales', 'user.department -eq "Sales"')))
    const rule = `user.memberof -any (group.objectId -in ['${people}', '${sales}'])`
    const all = idOf(await graph.post('/groups', dynamic('all', rule)))
    const members = async (): Promise<readonly string[]> =>
      (await graph.get<{ value: Entity[] }>(`/groups/${all}/members`)).value.map(idOf).toSorted()
    expect(await members()).toEqual([])
    await graph.ask('POST', `/groups/${people}/members/$ref`, { '@odata.id': `https://x/users/${ada}` })
    expect(await members()).toEqual([ada])
    await graph.ask('PATCH', `/users/${joe}`, { department: 'Sales' })
    expect(await members()).toEqual([ada, joe].toSorted())
    await graph.ask('DELETE', `/groups/${people}/members/${ada}/$ref`)
    expect(await members()).toEqual([joe])
    await graph.ask('DELETE', `/groups/${sales}`)
    expect(await members()).toEqual([])
  })

  it('hold whom a manager manages', async () => {
    await using graph = await openGraph()
    const ada = (await graph.office.user('ada')).id
    const joe = (await graph.office.user('joe')).id
    const reports = idOf(await graph.post('/groups', dynamic('reports', `Direct Reports for "${ada}"`)))
    const members = async () => (await graph.get<{ value: Entity[] }>(`/groups/${reports}/members`)).value.map(idOf)
    expect((await graph.ask('GET', `/users/${joe}/manager`)).status).toBe(404)
    const set = await graph.ask('PUT', `/users/${joe}/manager/$ref`, { '@odata.id': `https://x/users/${ada}` })
    expect(set.status).toBe(204)
    expect(await graph.get(`/users/${joe}/manager`)).toMatchObject({ id: ada })
    expect((await graph.get<{ value: Entity[] }>(`/users/${ada}/directReports`)).value.map(idOf)).toEqual([joe])
    expect(await members()).toEqual([joe])
    await graph.ask('DELETE', `/users/${ada}`)
    expect(await members()).toEqual([])
    expect((await graph.ask('GET', `/users/${joe}/manager`)).status).toBe(404)
  })
})

describe('enrolment restrictions', () => {
  const BASE = '/deviceManagement/deviceEnrollmentConfigurations'
  const platform = (displayName: string, platformRestriction: Entity, platformType = 'linux') => ({
    '@odata.type': '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration',
    displayName,
    platformType,
    platformRestriction,
  })

  it('go by priority, and the default decides when none is assigned', async () => {
    await using graph = await openGraph()
    const { office } = graph
    await office.device()
    const outcome = async () => {
      const [reply] = await office.enrol(enrolmentRequest())
      return reply?.outcome === 'refused' ? reply.code : reply?.outcome
    }
    const open = idOf(await graph.post(BASE, platform('open', {})))
    const shut = idOf(await graph.post(BASE, platform('shut', { platformBlocked: true })))
    for (const id of [open, shut]) {
      await graph.post(`${BASE}/${id}/assign`, { enrollmentConfigurationAssignments: [target('allLicensedUsers')] })
    }
    expect(await outcome()).toBe('enrolled')
    expect((await graph.ask('POST', `${BASE}/${shut}/setPriority`, { priority: 1 })).status).toBe(200)
    expect(await outcome()).toBe('enrolment/platform-blocked')
    const { value } = await graph.get<{ value: Entity[] }>(`${BASE}?$orderby=priority`)
    expect(value.map(({ displayName, priority }) => [displayName, priority])).toEqual([
      ['All users and all devices', 0],
      ['All users and all devices', 0],
      ['shut', 1],
      ['open', 2],
    ])
    await graph.ask('DELETE', `${BASE}/${shut}`)
    await graph.ask('DELETE', `${BASE}/${open}`)
    const byDefault = `${BASE}/${TENANT_ID}_DefaultPlatformRestrictions`
    expect((await graph.ask('PATCH', byDefault, { linuxRestriction: { platformBlocked: true } })).status).toBe(200)
    expect(await outcome()).toBe('enrolment/platform-blocked')
    expect((await graph.ask('DELETE', byDefault)).status).toBe(400)
  })

  it.each<[Entity, string, string]>([
    [{ blockedManufacturers: ['x'] }, 'linux', 'blockedManufacturers'],
    [{ osMinimumVersion: 'new' }, 'ios', 'osMinimumVersion'],
    [{ osMinimumVersion: '18', osMaximumVersion: '17' }, 'ios', 'osMinimumVersion'],
  ])('refuse %j for %s', async (rule, platformType, where) => {
    await using graph = await openGraph()
    const refused = refusal(await graph.ask('POST', BASE, platform('r', rule, platformType)))
    expect(refused).toMatchObject({ status: 400, message: expect.stringContaining(where) })
  })
})

describe('assignment filters', () => {
  const BASE = '/deviceManagement/assignmentFilters'
  it('narrow at check-in, are shown in the words of Graph, and stay while they are needed', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const policy = await office.policy({ assignments: [] })
    const device = await office.device()
    const filter = await graph.post(BASE, { displayName: 'dell', platform: 'linux', rule: '(device.model -eq "X")' })
    const by = { deviceAndAppManagementAssignmentFilterId: idOf(filter) }
    const include = { ...by, deviceAndAppManagementAssignmentFilterType: 'include' }
    await graph.post(`${CATALOG}/${policy.id}/assign`, { assignments: [target('allDevices', include)] })
    const held = async () => {
      await office.visit(device)
      return (await office.store.devicePolicies.forDevices([device.id])).length
    }
    expect(await held()).toBe(0)
    const { inventory } = device
    const hardware = { ...inventory.hardware, model: 'x' }
    await office.report(device, 1, { inventory: { ...inventory, hardware } })
    expect(await held()).toBe(1)
    expect(refusal(await graph.ask('DELETE', `${BASE}/${idOf(filter)}`))).toMatchObject({ code: 'graph/in-use' })
    expect((await graph.ask('PATCH', `${BASE}/${idOf(filter)}`, { rule: '(device.model -eq "Y")' })).status).toBe(200)
    expect(await held()).toBe(0)
    const windows = await graph.post(BASE, {
      displayName: 'w',
      platform: 'windows10AndLater',
      rule: '(device.model -eq "X")',
    })
    expect(windows).toMatchObject({ platform: 'windows10AndLater', assignmentFilterManagementType: 'devices' })
    const wrong = { ...include, deviceAndAppManagementAssignmentFilterId: idOf(windows) }
    const refused = await graph.ask('POST', `${CATALOG}/${policy.id}/assign`, {
      assignments: [target('allDevices', wrong)],
    })
    expect(refused.status).toBe(400)
  })
})

describe('messages about noncompliance', () => {
  const BASE = '/deviceManagement/notificationMessageTemplates'
  it('speak the language of the user, with what they are about filled in', async () => {
    await using graph = await openGraph()
    const { office } = graph
    await office.token('linux', 'user')
    await office.user('ada', { preferredLanguage: 'de-AT', displayName: 'Ada' })
    const created = await graph.ask('POST', BASE, { displayName: 't' })
    expect(created.status).toBe(200)
    const id = idOf(created.body)
    const message = (locale: string, subject: string, messageTemplate: string) =>
      graph.ask('POST', `${BASE}/${id}/localizedNotificationMessages`, { locale, subject, messageTemplate })
    await message('en-us', 'Hello {{UserName}}', 'x')
    await message('de-de', 'Hallo {{UserName}}', '{{DeviceName}} ({{DeviceId}}): {{OSAndVersion}} {{Other}}')
    expect(refusal(await message('fr-fr', 's'.repeat(79), 'x')).message).toContain('subject')
    expect(await graph.get(`${BASE}/${id}`)).toMatchObject({ defaultLocale: 'en-us' })
    const note = { actionType: 'notification', gracePeriodHours: 0, notificationTemplateId: id }
    const policy = await office.policy()
    const missing = { ...note, notificationTemplateId: '12345678-0000-4000-8000-000000000000' }
    const schedule = (action: Entity) =>
      graph.ask('POST', `${CATALOG}/${policy.id}/setScheduledActions`, {
        scheduledActions: block(0, action).scheduledActionsForRule,
      })
    expect((await schedule(missing)).status).toBe(400)
    expect((await schedule(note)).status).toBe(200)
    const device = await office.device()
    await office.report(device, 1, { policies: [policyReport(policy, false)] })
    expect(await office.store.notifications.list({ limit: 10 })).toMatchObject([
      {
        sender: 'microsoft-noreply@microsoft.com',
        recipient: 'ada@contoso.example',
        subject: 'Hallo Ada',
        body: `${device.inventory.deviceName} (${device.id}): Linux (ubuntu) 24.04 {{Other}}`,
      },
    ])
    expect(refusal(await graph.ask('DELETE', `${BASE}/${id}`))).toMatchObject({ code: 'graph/in-use' })
  })
})

import { createHash } from 'node:crypto'
import { graphPolicyTypes } from '@muster/shared/contracts'
import { definitionsFor } from '../src/domain/check-settings.ts'
import type { SettingDefinition } from '../src/domain/management/management.ts'
import type { Device } from '../src/domain/model.ts'
import type { Entity, GraphOffice } from './graph.ts'
import { enrolmentRequest, policyReport } from './office.ts'

const target = (type: string, rest: Entity = {}): Entity => ({
  target: { '@odata.type': `#microsoft.graph.${type}`, ...rest },
})

/** Something in every set that Graph serves: devices with actions and results, policies of each type with each setting, and the rest. */
export async function furnish(graph: GraphOffice): Promise<void> {
  const { office, post } = graph
  const devices = await enrol(graph)
  const groupId = await directory(graph, devices)
  const filter = { displayName: 'f', platform: 'windows10AndLater', rule: '(device.model -eq "x")' }
  const { id: filterId } = await post('/deviceManagement/assignmentFilters', filter)
  await policies(graph, { groupId, filterId: String(filterId) })
  await restrictions(graph, groupId)
  const template = await post('/deviceManagement/notificationMessageTemplates', { displayName: 't' })
  const message = { locale: 'de-de', subject: 's', messageTemplate: 'm' }
  await post(`/deviceManagement/notificationMessageTemplates/${template['id']}/localizedNotificationMessages`, message)
  await post('/deviceManagement/reports/exportJobs', { reportName: 'Devices', format: 'csv' })
  await grants(graph)
  await signIn(graph)
  await post('/subscriptions', {
    changeType: 'updated',
    notificationUrl: 'https://receiver.example/hook',
    resource: 'groups',
    expirationDateTime: new Date(Date.now() + 3_600_000).toISOString(),
  })
  const policy = await office.policy({ graphType: 'linux' })
  const [linux] = devices
  await office.visit(linux)
  await office.report(linux, 1, { policies: [policyReport(policy, false)] })
  const listed = { ...(await office.stored(linux.id)), retireListedAtMs: office.clock.nowMs() }
  await office.store.transaction((tables) => tables.devices.put([listed]))
}

async function enrol({ office, ask }: GraphOffice): Promise<readonly [linux: Device, windows: Device]> {
  await office.user('ada', { department: 'Sales', country: 'DE' })
  await office.token('linux', 'user')
  await office.token('windows', 'entra-join', { secretSha256: createHash('sha256').update('w').digest('hex') })
  const linux = await office.device()
  const { inventory } = enrolmentRequest()
  const os = { name: 'Windows', version: '10.0.26100.1' }
  const posture = { ...inventory.posture, antivirusOn: true, antivirusCurrent: false, secureHardware: true }
  const rest = {
    platform: 'windows',
    mode: 'entra-join',
    token: 'w',
    inventory: { ...inventory, os, posture, software: 5 },
  } as const
  const windows = await office.device(rest)
  const actions = {
    windowsDefenderScan: { quickScan: true },
    rebootNow: {},
    locateDevice: {},
    createDeviceLogCollectionRequest: { templateType: { templateType: 'predefined' } },
  }
  for (const [action, body] of Object.entries(actions))
    await ask('POST', `/deviceManagement/managedDevices/${windows.id}/${action}`, body)
  return [linux, windows]
}

/** Users, groups and apps; the id of a group. */
async function directory({ office, post, ask }: GraphOffice, [linux]: readonly [Device, Device]): Promise<string> {
  const ben = await office.user('ben')
  const adaId = String(linux.userId)
  await ask('PUT', `/users/${adaId}/manager/$ref`, { '@odata.id': `https://localhost/v1.0/users/${ben.id}` })
  const members = [`https://localhost/users/${adaId}`, `https://localhost/devices/${linux.directoryId}`]
  const group = await post('/groups', { displayName: 'g', 'members@odata.bind': members })
  const owners = { 'owners@odata.bind': [`https://localhost/users/${adaId}`] }
  const outer = { displayName: 'o', ...owners, 'members@odata.bind': [`https://localhost/groups/${group['id']}`] }
  await post('/groups', outer)
  const rule = { groupTypes: ['DynamicMembership'], membershipRule: 'device.deviceModel -eq "x"' }
  await post('/groups', { displayName: 'd', ...rule })
  await ask('PATCH', `/users/${adaId}`, { usageLocation: 'DE' })
  const skuId = 'b05e124f-c7cc-45a0-a6aa-8cf78c946968'
  await post(`/users/${adaId}/assignLicense`, { addLicenses: [{ skuId }], removeLicenses: [] })
  const app = { appVersion: '1', deviceTag: 't', deviceName: 'd', platformVersion: '17', flaggedReasons: [] }
  const times = { userId: adaId, createdAtMs: office.clock.nowMs(), lastSyncAtMs: office.clock.nowMs() }
  const ids = { id: 'app-1', platform: 'iOS', appId: 'com.example.app' } as const
  await office.store.apps.put([{ ...ids, ...app, ...times }])
  return String(group['id'])
}

async function policies(
  { office, post }: GraphOffice,
  { groupId, filterId }: { readonly groupId: string; readonly filterId: string },
): Promise<void> {
  for (const { kind, platforms, resource, type } of graphPolicyTypes) {
    const settings = Object.fromEntries(definitionsFor(kind, platforms).map((each) => [each.name, sample(each)]))
    if (!type.startsWith('#')) {
      await office.policy({ kind, platforms, graphResource: resource, graphType: type, settings: settings as never })
      continue
    }
    const actions = kind === 'compliance' ? { scheduledActionsForRule: rules } : {}
    const { id } = await post(`/deviceManagement/${resource}`, {
      '@odata.type': type,
      displayName: 'p',
      ...settings,
      ...actions,
    })
    const filter = {
      deviceAndAppManagementAssignmentFilterId: filterId,
      deviceAndAppManagementAssignmentFilterType: 'include',
    }
    const filtered = platforms.includes('windows') ? filter : {}
    await post(`/deviceManagement/${resource}/${id}/assign`, {
      assignments: [target('allDevicesAssignmentTarget'), target('groupAssignmentTarget', { groupId, ...filtered })],
    })
  }
}

const rules = [{ ruleName: 'r', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 1 }] }]

async function restrictions({ post }: GraphOffice, groupId: string): Promise<void> {
  const base = '/deviceManagement/deviceEnrollmentConfigurations'
  const bodies = [
    { '@odata.type': '#microsoft.graph.deviceEnrollmentLimitConfiguration', displayName: 'l', limit: 5 },
    {
      '@odata.type': '#microsoft.graph.deviceEnrollmentPlatformRestrictionConfiguration',
      displayName: 'r',
      platformType: 'ios',
      platformRestriction: { osMinimumVersion: '17.0' },
    },
  ]
  for (const body of bodies) {
    const { id } = await post(base, body)
    await post(`${base}/${id}/assign`, {
      enrollmentConfigurationAssignments: [target('groupAssignmentTarget', { groupId })],
    })
  }
}

/** One of them fits the pattern of any setting. */
const texts = ['x', '2026-01-01', '2026-01-01T08:00:00', '#!/bin/sh']

function sample({ value }: SettingDefinition): unknown {
  switch (value.type) {
    case 'boolean':
      return true
    case 'integer':
      return value.min
    case 'choice':
      return value.choices[0]
    case 'version':
      return '1.0'
    case 'strings':
      return ['x']
    case 'string':
      return texts.find((text) => new RegExp(value.pattern ?? '').test(text))
  }
}

/** Somebody at the page of the authority, under a policy. */
async function signIn({ office, post, raw }: GraphOffice): Promise<void> {
  const [user] = await office.store.users.list()
  await post('/identity/conditionalAccess/policies', {
    displayName: 'c',
    state: 'enabledForReportingButNotEnforced',
    conditions: {
      clientAppTypes: ['all'],
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
  })
  const form = {
    client_id: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
    response_type: 'code',
    redirect_uri: 'http://localhost',
    scope: 'https://graph.microsoft.com/User.Read',
    username: String(user?.userPrincipalName),
  }
  await raw('POST', '/common/oauth2/v2.0/authorize', undefined, String(new URLSearchParams(form)))
}

/** An application with a role and a consent, a user with a role in the directory, and a group with one in Intune. */
async function grants({ office, post, get, ask }: GraphOffice): Promise<void> {
  const { appId } = await post('/applications', { displayName: 'a', keyCredentials: [] })
  const { id: principalId } = await post('/servicePrincipals', { appId })
  const graph = await get<{ id: string; appRoles: { id: string }[] }>(
    "/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')",
  )
  const role = { principalId, resourceId: graph.id, appRoleId: graph.appRoles[0]?.id }
  await post(`/servicePrincipals/${principalId}/appRoleAssignments`, role)
  const consent = { clientId: principalId, consentType: 'AllPrincipals', resourceId: graph.id, scope: 'User.Read' }
  await post('/oauth2PermissionGrants', consent)
  const endpoint = { capability: 'x', providerName: 'NACAPIService', uri: 'https://localhost/nac' }
  await post(`/servicePrincipals/${principalId}/endpoints`, endpoint)
  await ask('PATCH', '/deviceManagement/applePushNotificationCertificate', { appleIdentifier: 'a@contoso.example' })
  await post('/groups', {
    displayName: 's',
    'members@odata.bind': [`https://localhost/directoryObjects/${principalId}`],
  })
  const [user] = await office.store.users.list()
  const globalReader = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451'
  await post('/roleManagement/directory/roleAssignments', { principalId: user?.id, roleDefinitionId: globalReader })
  const [intuneRole] = (await get<{ value: { id: string }[] }>('/deviceManagement/roleDefinitions')).value
  const [group] = await office.store.groups.list()
  await post('/deviceManagement/roleAssignments', {
    '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleAssignment',
    displayName: 'i',
    members: [group?.id],
    scopeType: 'allDevices',
    'roleDefinition@odata.bind': `https://localhost/beta/deviceManagement/roleDefinitions('${intuneRole?.id}')`,
  })
}

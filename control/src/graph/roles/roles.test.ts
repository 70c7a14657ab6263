import { describe, expect, it } from 'vitest'
import type { Entity } from '../../../test-support/graph.ts'
import { openPeople, type People } from '../../../test-support/people.ts'

const DEVICES = '/deviceManagement/managedDevices'
const POLICIES = '/deviceManagement/deviceCompliancePolicies'
const FILTERS = '/deviceManagement/assignmentFilters'
const idOf = (entity: Entity): string => String(entity['id'])
const windows = (rest: Entity = {}): Entity => ({
  '@odata.type': '#microsoft.graph.windows10CompliancePolicy',
  displayName: 'p',
  bitLockerEnabled: true,
  scheduledActionsForRule: [
    { ruleName: 'r', scheduledActionConfigurations: [{ actionType: 'block', gracePeriodHours: 0 }] },
  ],
  ...rest,
})
const filter = (rest: Entity = {}): Entity => ({
  displayName: 'f',
  platform: 'windows10AndLater',
  rule: '(device.model -eq "x")',
  ...rest,
})
const to = (groupId: string): Entity => ({ '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId })
const tagDevice = async (people: People, deviceId: string, ...roleScopeTagIds: readonly string[]) =>
  expect((await people.graph.ask('PATCH', `${DEVICES}/${deviceId}`, { roleScopeTagIds })).status).toBe(204)

describe('a user without a role of the directory', () => {
  it('may do what a role of Intune allows, and is refused in its words', async () => {
    await using people = await openPeople()
    const device = await people.graph.office.device()
    const help = await people.group('help')
    await people.person('eve', help)
    await people.person('mallory')
    await people.give(await people.role('ManagedDevices_Read', 'RemoteTasks_SyncDevice'), help)
    expect(await people.idsFor('eve', DEVICES)).toEqual([device.id])
    expect((await people.as('eve', 'POST', `${DEVICES}/${device.id}/syncDevice`)).status).toBe(204)
    const below = `/users/${device.userId}/managedDevices/${device.id}`
    expect((await people.as('eve', 'POST', `${below}/syncDevice`)).status).toBe(204)
    expect((await people.as('eve', 'POST', `${below}/wipe`)).status).toBe(403)
    expect((await people.as('mallory', 'POST', `${below}/syncDevice`)).status).toBe(403)
    for (const [name, method, path] of [
      ['eve', 'POST', `${DEVICES}/${device.id}/wipe`],
      ['eve', 'DELETE', `${DEVICES}/${device.id}`],
      ['eve', 'GET', POLICIES],
      ['mallory', 'GET', DEVICES],
      ['mallory', 'POST', `${DEVICES}/${device.id}/syncDevice`],
    ] as const) {
      const { status, body } = await people.as(name, method, path)
      expect([path, status]).toEqual([path, 403])
      const error = body['error'] as Entity
      expect(error['code']).toBe('Forbidden')
      expect(JSON.parse(String(error['message']))['Message']).toMatch(
        /^User is not authorized to perform this operation/,
      )
    }
    expect((await people.as('admin', 'GET', POLICIES)).status).toBe(200)
  })

  it('may do through an application no more than its scopes', async () => {
    await using people = await openPeople()
    await people.graph.office.device()
    const help = await people.group('help')
    await people.person('eve', help)
    await people.give(await people.role('ManagedDevices_Read', 'DeviceCompliancePolices_Read'), help)
    const narrow = await people.tokenOf('eve', 'https://graph.microsoft.com/DeviceManagementConfiguration.Read.All')
    expect((await people.graph.raw('GET', `/v1.0${POLICIES}`, narrow)).status).toBe(200)
    const refused = await people.graph.raw('GET', `/v1.0${DEVICES}`, narrow)
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([403, expect.stringContaining('is needed')])
  })

  it('holds roles by rule as by hand, and loses them with the group', async () => {
    await using people = await openPeople()
    const device = await people.graph.office.device()
    const membershipRule = 'user.department -eq "Help"'
    const dynamic = {
      displayName: 'd',
      groupTypes: ['DynamicMembership'],
      membershipRule,
      membershipRuleProcessingState: 'On',
    }
    const group = idOf(await people.graph.post('/groups', dynamic))
    const eve = await people.person('eve')
    await people.give(await people.role('ManagedDevices_Read'), group)
    expect((await people.as('eve', 'GET', DEVICES)).status).toBe(403)
    await people.graph.ask('PATCH', `/users/${eve.id}`, { department: 'Help' })
    expect(await people.idsFor('eve', DEVICES)).toEqual([device.id])
    await people.graph.ask('PATCH', `/users/${eve.id}`, { department: 'Sales' })
    expect((await people.as('eve', 'GET', DEVICES)).status).toBe(403)
  })
})

describe('scope groups', () => {
  it('limit on which devices a remote action may be done, one by one and together', async () => {
    await using people = await openPeople()
    const { office } = people.graph
    const [near, far] = [await office.device(), await office.device()]
    const [help, inner] = [await people.group('help'), await people.group('within')]
    const [north, street] = [await people.group('north'), await people.group('street', near)]
    await people.person('eve', inner)
    await office.store.groups.add(help, [{ id: inner, type: 'group' }])
    await office.store.groups.add(north, [{ id: street, type: 'group' }])
    const role = await people.role('ManagedDevices_Read', 'ManagedDevices_Delete', 'RemoteTasks_SyncDevice')
    await people.give(role, help, { scopeType: 'resourceScope', resourceScopes: [north] })
    expect((await people.idsFor('eve', DEVICES)).toSorted()).toEqual([near.id, far.id].toSorted())
    expect((await people.as('eve', 'POST', `${DEVICES}/${near.id}/syncDevice`)).status).toBe(204)
    expect((await people.as('eve', 'POST', `${DEVICES}/${far.id}/syncDevice`)).status).toBe(403)
    const bulk = (deviceIds: string[], actionName = 'delete') =>
      people.as('eve', 'POST', `${DEVICES}/executeAction`, { actionName, deviceIds })
    expect((await bulk([near.id, far.id, 'nothing'])).body).toMatchObject({
      successfulDeviceIds: [near.id],
      failedDeviceIds: [far.id],
      notFoundDeviceIds: ['nothing'],
    })
    expect((await bulk([near.id], 'wipe')).status).toBe(403)
  })

  it('take devices of their users in', async () => {
    await using people = await openPeople()
    const device = await people.graph.office.device()
    const [owner] = await people.graph.office.store.users.getMany([device.userId ?? ''])
    if (!owner) throw new Error('the device has no user')
    const [help, owners] = [await people.group('help'), await people.group('owners', owner)]
    await people.person('eve', help)
    const role = await people.role('ManagedDevices_Read', 'RemoteTasks_SyncDevice')
    await people.give(role, help, { scopeType: 'resourceScope', resourceScopes: [owners] })
    expect((await people.as('eve', 'POST', `${DEVICES}/${device.id}/syncDevice`)).status).toBe(204)
  })

  it('limit to whom policies and kept objects are assigned', async () => {
    await using people = await openPeople()
    const { office } = people.graph
    const [near, far] = [await office.device(), await office.device()]
    const help = await people.group('help')
    const [north, south] = [await people.group('north', near), await people.group('south', far)]
    await people.person('eve', help)
    const role = await people.role(
      'DeviceCompliancePolices_Read',
      'DeviceCompliancePolices_Assign',
      'MobileApps_Read',
      'MobileApps_Assign',
    )
    await people.give(role, help, { scopeType: 'resourceScope', resourceScopes: [north] })
    const policy = `${POLICIES}/${idOf(await people.graph.post(POLICIES, windows()))}/assign`
    const app = `/deviceAppManagement/mobileApps/${idOf(
      await people.graph.post('/deviceAppManagement/mobileApps', {
        '@odata.type': '#microsoft.graph.webApp',
        displayName: 'a',
        publisher: 'p',
        appUrl: 'https://x',
      }),
    )}/assign`
    const all = { '@odata.type': '#microsoft.graph.allDevicesAssignmentTarget' }
    for (const [path, body] of [
      [policy, (...targets: Entity[]) => ({ assignments: targets.map((target) => ({ target })) })],
      [
        app,
        (...targets: Entity[]) => ({
          mobileAppAssignments: targets.map((target) => ({
            '@odata.type': '#microsoft.graph.mobileAppAssignment',
            intent: 'required',
            target,
          })),
        }),
      ],
    ] as const) {
      const status = async (name: string, ...targets: Entity[]) =>
        (await people.as(name, 'POST', path, body(...targets))).status
      expect([await status('eve', to(north)), await status('eve', to(south)), await status('eve', all)]).toEqual([
        200, 403, 403,
      ])
      // What somebody else has assigned outside stays: neither added to nor taken away.
      expect(await status('admin', to(north), to(south))).toBe(200)
      expect([await status('eve', to(south)), await status('eve', to(north)), await status('eve')]).toEqual([
        200, 403, 403,
      ])
    }
  })
})

describe('an object that is made with its assignments', () => {
  it('needs the right to assign, and groups in scope', async () => {
    await using people = await openPeople()
    const [makers, both] = [await people.group('makers'), await people.group('both')]
    const [north, south] = [await people.group('north'), await people.group('south')]
    await people.person('eve', makers)
    await people.person('bob', both)
    const scope = { scopeType: 'resourceScope', resourceScopes: [north] }
    const [make, assign] = ['MobileApps_Create', 'MobileApps_Assign']
    await people.give(await people.role(make), makers, scope)
    await people.give(await people.role(make, assign), both, scope)
    const status = async (name: string, ...groups: readonly string[]) => {
      const assignments = groups.map((group) => ({
        '@odata.type': '#microsoft.graph.mobileAppAssignment',
        intent: 'available',
        target: to(group),
      }))
      const app = { '@odata.type': '#microsoft.graph.webApp', displayName: 'a', publisher: 'p', appUrl: 'https://x' }
      return (await people.as(name, 'POST', '/deviceAppManagement/mobileApps', { ...app, assignments })).status
    }
    expect([await status('eve'), await status('eve', north)]).toEqual([201, 403])
    expect([await status('bob', north), await status('bob', north, south)]).toEqual([201, 403])
  })
})

describe('scope tags', () => {
  it('decide which devices are seen: counted, paged, filtered, by themselves and by what lies below', async () => {
    await using people = await openPeople()
    const { office } = people.graph
    const devices = [await office.device(), await office.device(), await office.device(), await office.device()]
    const [own, grouped, plain, both] = devices as [
      (typeof devices)[0],
      (typeof devices)[0],
      (typeof devices)[0],
      (typeof devices)[0],
    ]
    const [tag, other] = [await people.tag('north'), await people.tag('south')]
    const [group, inner] = [await people.group('tagged', both), await people.group('within', grouped)]
    await people.graph.office.store.groups.add(group, [{ id: inner, type: 'group' }])
    await people.graph.post(`/deviceManagement/roleScopeTags/${tag}/assign`, { assignments: [{ target: to(group) }] })
    await tagDevice(people, own.id, tag)
    await tagDevice(people, both.id, other)
    const help = await people.group('help')
    await people.person('eve', help)
    await people.give(await people.role('ManagedDevices_Read', 'RemoteTasks_SyncDevice'), help, {
      roleScopeTagIds: [tag],
    })
    const seen = [own.id, grouped.id, both.id].toSorted()
    expect((await people.idsFor('eve', DEVICES)).toSorted()).toEqual(seen)
    expect((await people.idsFor('eve', DEVICES, 'v1.0')).toSorted()).toEqual(seen)
    expect((await people.as('eve', 'GET', `${DEVICES}/$count`)).body).toBe(3)
    const first = (await people.as('eve', 'GET', `${DEVICES}?$top=2&$count=true&$orderby=deviceName`)).body
    expect([first['@odata.count'], (first['value'] as Entity[]).length]).toEqual([3, 2])
    const next = String(first['@odata.nextLink']).replace('https://localhost/beta', '')
    expect([...(first['value'] as Entity[]).map(idOf), ...(await people.idsFor('eve', next))].toSorted()).toEqual(seen)
    expect(await people.idsFor('eve', `${DEVICES}?$filter=id eq '${plain.id}'`)).toEqual([])
    for (const below of ['', '/deviceName', '/deviceCompliancePolicyStates'])
      expect((await people.as('eve', 'GET', `${DEVICES}/${plain.id}${below}`)).status).toBe(404)
    expect((await people.as('eve', 'POST', `${DEVICES}/${plain.id}/syncDevice`)).status).toBe(404)
    expect((await people.as('eve', 'GET', `${DEVICES}('${both.id}')`)).body['roleScopeTagIds']).toEqual([tag, other])
    const requests = [own, plain].map(({ id }, index) => ({
      id: String(index),
      method: 'GET',
      url: `${DEVICES}/${id}`,
    }))
    const { body } = await people.as('eve', 'POST', '/$batch', { requests })
    expect((body['responses'] as Entity[]).map(({ status }) => status)).toEqual([200, 404])
  })

  it('decide which objects are seen, in either version', async () => {
    await using people = await openPeople()
    const [tag] = [await people.tag('north')]
    const help = await people.group('help')
    await people.person('eve', help)
    const everything = ['DeviceCompliancePolices', 'AssignmentFilter', 'DeviceConfigurations', 'MobileApps', 'Roles']
    await people.give(await people.role(...everything.map((name) => `${name}_Read`)), help, { roleScopeTagIds: [tag] })
    const app = { '@odata.type': '#microsoft.graph.webApp', displayName: 'a', publisher: 'p', appUrl: 'https://x' }
    const script = { displayName: 's', fileName: 'a.ps1', runAsAccount: 'system', scriptContent: 'ZWNobw==' }
    const assignment = '/deviceManagement/roleAssignments'
    for (const [path, body, property, inV1] of [
      [POLICIES, windows(), 'roleScopeTagIds', true],
      [FILTERS, filter(), 'roleScopeTags', false],
      ['/deviceAppManagement/mobileApps', app, 'roleScopeTagIds', true],
      ['/deviceManagement/deviceManagementScripts', script, 'roleScopeTagIds', false],
      ['/deviceManagement/notificationMessageTemplates', { displayName: 't' }, 'roleScopeTagIds', true],
    ] as const) {
      const hidden = idOf(await people.graph.post(path, body))
      const shown = idOf(await people.graph.post(path, { ...body, [property]: [tag] }))
      const versions = inV1 ? ['beta', 'v1.0'] : ['beta']
      for (const version of versions) {
        expect([path, await people.idsFor('eve', path, version)]).toEqual([path, [shown]])
        expect((await people.as('eve', 'GET', `${path}/$count`, undefined, version)).body).toBe(1)
        const status = async (id: string, rest = '') =>
          (await people.as('eve', 'GET', `${path}/${id}${rest}`, undefined, version)).status
        expect([path, await status(shown), await status(hidden)]).toEqual([path, 200, 404])
        expect(await status(hidden, '/displayName')).toBe(404)
        if (!/Filters|Templates/.test(path)) expect(await status(hidden, '?$expand=assignments')).toBe(404)
      }
      expect((await people.as('eve', 'PATCH', `${path}/${shown}`, {})).status).toBe(403)
    }
    const [given] = await people.idsFor('eve', assignment)
    expect((await people.as('eve', 'GET', `${assignment}/${given}`)).body['roleScopeTagIds']).toEqual([tag])
  })

  it('are the maker’s on what is new, and nobody gives or takes one that they do not hold', async () => {
    await using people = await openPeople()
    const [north, south] = [await people.tag('north'), await people.tag('south')]
    const help = await people.group('help')
    await people.person('eve', help)
    const rights = ['Read', 'Create', 'Update', 'Delete'].flatMap((verb) => [
      `DeviceConfigurations_${verb}`,
      `DeviceCompliancePolices_${verb}`,
      `AssignmentFilter_${verb}`,
    ])
    await people.give(await people.role(...rights), help, { roleScopeTagIds: [north] })
    const script = { displayName: 's', fileName: 'a.ps1', runAsAccount: 'system', scriptContent: 'ZWNobw==' }
    for (const [path, body, property] of [
      [POLICIES, windows(), 'roleScopeTagIds'],
      [FILTERS, filter(), 'roleScopeTags'],
      ['/deviceManagement/deviceManagementScripts', script, 'roleScopeTagIds'],
    ] as const) {
      const made = await people.as('eve', 'POST', path, body)
      expect([made.status, made.body[property]]).toEqual([201, [north]])
      const own = `${path}/${idOf(made.body)}`
      for (const tags of [[south], [north, south], ['0'], []])
        expect((await people.as('eve', 'POST', path, { ...body, [property]: tags })).status).toBe(403)
      expect((await people.as('eve', 'PATCH', own, { [property]: [north, south] })).status).toBe(403)
      expect((await people.as('eve', 'PATCH', own, { [property]: ['99'] })).status).toBe(400)
      expect((await people.graph.ask('PATCH', own, { [property]: [north, south] })).status).toBeLessThan(300)
      expect((await people.as('eve', 'PATCH', own, { [property]: [north] })).status).toBe(403)
      expect(
        (await people.as('eve', 'PATCH', own, { description: 'x', [property]: [south, north] })).status,
      ).toBeLessThan(300)
      expect((await people.graph.get<Entity>(own))[property]).toEqual(expect.arrayContaining([north, south]))
      expect((await people.as('eve', 'DELETE', own)).status).toBeLessThan(300)
    }
  })

  it('are given to devices in scope alone, and by who holds them', async () => {
    await using people = await openPeople()
    const [near, far] = [await people.graph.office.device(), await people.graph.office.device()]
    const [north, south] = [await people.tag('north'), await people.tag('south')]
    const [help, street, road] = [
      await people.group('help'),
      await people.group('street', near),
      await people.group('road', far),
    ]
    await people.person('eve', help)
    const role = await people.role('ManagedDevices_Read', 'Roles_Read', 'Roles_Assign', 'Roles_Delete')
    await people.give(role, help, { roleScopeTagIds: [north], scopeType: 'resourceScope', resourceScopes: [street] })
    const assign = async (tag: string, ...groups: readonly string[]) =>
      (
        await people.as('eve', 'POST', `/deviceManagement/roleScopeTags/${tag}/assign`, {
          assignments: groups.map((group) => ({ target: to(group) })),
        })
      ).status
    expect([await assign(north, road), await assign(south, street), await assign(north, street)]).toEqual([
      403, 403, 200,
    ])
    expect(await people.idsFor('eve', DEVICES)).toEqual([near.id])
    expect((await people.as('eve', 'DELETE', `/deviceManagement/roleScopeTags/${south}`)).status).toBe(403)
  })

  it('are never numbered again', async () => {
    await using people = await openPeople()
    const first = await people.tag('a')
    await people.graph.ask('DELETE', `/deviceManagement/roleScopeTags/${first}`)
    expect(await people.tag('b')).not.toBe(first)
  })

  it('and scopes go no further in the roles that somebody gives on', async () => {
    await using people = await openPeople()
    const north = await people.tag('north')
    const help = await people.group('help')
    await people.person('eve', help)
    const role = await people.role('Roles_Read', 'Roles_Assign')
    await people.give(role, help, { roleScopeTagIds: [north], scopeType: 'resourceScope', resourceScopes: [help] })
    const assignments = '/deviceManagement/roleAssignments'
    const give = (rest: Entity) =>
      people.as('eve', 'POST', assignments, {
        '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleAssignment',
        displayName: 'x',
        members: [help],
        'roleDefinition@odata.bind': `https://graph.microsoft.com/beta/deviceManagement/roleDefinitions('${role}')`,
        ...rest,
      })
    const made = await give({ resourceScopes: [help] })
    expect([made.status, made.body['roleScopeTagIds']]).toEqual([200, [north]])
    for (const rest of [
      { scopeType: 'allDevicesAndLicensedUsers' },
      { resourceScopes: [help], roleScopeTagIds: [] },
      { resourceScopes: [help], roleScopeTagIds: ['0'] },
    ])
      expect((await give(rest)).status).toBe(403)
    const own = `${assignments}/${idOf(made.body)}`
    expect((await people.as('eve', 'PATCH', own, { scopeType: 'allDevices' })).status).toBe(403)
    expect((await people.as('eve', 'PATCH', own, { roleScopeTagIds: [] })).status).toBe(403)
  })
})

import { describe, expect, it } from 'vitest'
import type { Entity } from '../../../test-support/graph.ts'
import { openPeople, type People } from '../../../test-support/people.ts'
import { resourceActions } from '../../domain/intune-roles/actions.ts'

const ROLES = '/deviceManagement/roleDefinitions'
const ASSIGNMENTS = '/deviceManagement/roleAssignments'
const GLOBAL_READER = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451'
const idOf = (entity: Entity | undefined): string => String(entity?.['id'])

async function allowed(people: People, name: string, scope?: string): Promise<readonly string[]> {
  const path = `/deviceManagement/getEffectivePermissions${scope === undefined ? '' : `(scope='${scope}')`}`
  const { status, body } = await people.as(name, 'GET', path, undefined, 'v1.0')
  expect(status).toBe(200)
  const [permission] = body['value'] as Entity[]
  const [actions] = (permission?.['resourceActions'] ?? []) as readonly Entity[]
  return actions?.['allowedResourceActions'] as readonly string[]
}

describe('what somebody may do in Intune', () => {
  it('is told to them: by a role of Intune, by one of the directory, or nothing', async () => {
    await using people = await openPeople()
    const help = await people.group('help')
    await people.person('eve', help)
    await people.person('mallory')
    const reader = await people.person('rita')
    await people.graph.post('/roleManagement/directory/roleAssignments', {
      principalId: reader.id,
      roleDefinitionId: GLOBAL_READER,
    })
    await people.give(await people.role('ManagedDevices_Read', 'RemoteTasks_Wipe'), help)
    const [read, wipe] = ['Microsoft.Intune_ManagedDevices_Read', 'Microsoft.Intune_RemoteTasks_Wipe']
    expect(await allowed(people, 'eve')).toEqual([read, wipe])
    expect(await allowed(people, 'eve', 'RemoteTasks')).toEqual([wipe])
    expect(await allowed(people, 'mallory')).toEqual([])
    expect(await allowed(people, 'admin')).toHaveLength(resourceActions.length)
    const reading = await allowed(people, 'rita')
    expect([reading.includes(read), reading.includes(wipe)]).toEqual([true, false])
  })

  it('is limited by groups and tags where they say so', async () => {
    await using people = await openPeople()
    const [help, north] = [await people.group('help'), await people.group('north')]
    const eve = await people.person('eve', help)
    const role = await people.role('ManagedDevices_Read', 'Roles_Read')
    await people.give(role, help, {
      scopeType: 'resourceScope',
      resourceScopes: [north],
      roleScopeTagIds: [await people.tag('t')],
    })
    const scoped = async (name: string, resource: string) =>
      (await people.as(name, 'GET', `/deviceManagement/scopedForResource(resource='${resource}')`)).body['value']
    expect([await scoped('eve', 'ManagedDevices'), await scoped('admin', 'ManagedDevices')]).toEqual([true, false])
    const operation = '/deviceManagement/resourceOperations/Microsoft.Intune_ManagedDevices_Read'
    const of = async (id: string) =>
      (await people.as('admin', 'GET', `${operation}/getScopesForUser(userid='${id}')`)).body['value']
    expect(await of(eve.id)).toEqual([north])
    expect((await people.as('eve', 'GET', `${operation}/getScopesForUser`)).body['value']).toEqual([north])
    expect((await people.as('eve', 'GET', operation)).body).toMatchObject({
      resourceName: 'ManagedDevices',
      actionName: 'Read',
    })
    expect((await people.as('eve', 'GET', `${operation}x`)).status).toBe(404)
  })
})

describe('assignments', () => {
  it('are found with their role and tags, and from the role', async () => {
    await using people = await openPeople()
    const { graph } = people
    const [group, tag] = [await people.group('g'), await people.tag('north')]
    const [role, other] = [await people.role('ManagedDevices_Read'), await people.role('Roles_Read')]
    const id = await people.give(role, group, { roleScopeTagIds: [tag] })
    const [listed] = (await graph.get<{ value: Entity[] }>(`${ASSIGNMENTS}?$expand=roleDefinition,roleScopeTags`)).value
    expect(listed).toMatchObject({
      id,
      roleDefinition: { id: role },
      roleScopeTags: [{ id: tag, displayName: 'north' }],
    })
    const inV1 = await graph.ask('GET', `${ASSIGNMENTS}/${id}?$expand=roleDefinition`, undefined, 'v1.0')
    expect(inV1.body).toMatchObject({ id, members: [group], roleDefinition: { id: role } })
    const idsAt = async (path: string) => (await graph.get<{ value: Entity[] }>(path)).value.map(idOf)
    expect(await idsAt(`${ROLES}/${role}/roleAssignments`)).toEqual([id])
    expect(await idsAt(`${ROLES}/${other}/roleAssignments`)).toEqual([])
    expect((await graph.ask('GET', `${ROLES}/${other}/roleAssignments/${id}`)).status).toBe(404)
    const expanded = (await graph.get<{ value: Entity[] }>(`${ROLES}?$expand=roleAssignments&$filter=id eq '${role}'`))
      .value
    expect(expanded).toMatchObject([{ id: role, roleAssignments: [{ id }] }])
    const [builtIn] = (await graph.get<{ value: Entity[] }>(`${ROLES}?$filter=isBuiltIn eq true`)).value
    const byBuiltIn = await people.give(idOf(builtIn), group)
    expect((await graph.get<Entity>(`${ASSIGNMENTS}/${byBuiltIn}/roleDefinition`))['displayName']).toBe(
      builtIn?.['displayName'],
    )
  })

  it('are made below their role as well, and no further than anywhere else', async () => {
    await using people = await openPeople()
    const help = await people.group('help')
    await people.person('eve', help)
    const tag = await people.tag('north')
    const role = await people.role('Roles_Read', 'Roles_Assign')
    await people.give(role, help, { roleScopeTagIds: [tag], scopeType: 'resourceScope', resourceScopes: [help] })
    await people.graph.ask('PATCH', `${ROLES}/${role}`, { roleScopeTagIds: [tag] })
    const body = (rest: Entity): Entity => ({
      '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleAssignment',
      displayName: 'below',
      members: [help],
      resourceScopes: [help],
      ...rest,
    })
    const below = `${ROLES.toUpperCase()}/${role}/roleAssignments`
    expect((await people.as('eve', 'POST', below, body({ scopeType: 'allDevices' }))).status).toBe(403)
    expect((await people.as('eve', 'POST', below, body({ roleScopeTagIds: ['0'] }))).status).toBe(403)
    const made = await people.as('eve', 'POST', below, body({}))
    expect([made.status, made.body['roleScopeTagIds']]).toEqual([200, [tag]])
    expect((await people.graph.get<Entity>(`${ASSIGNMENTS}/${idOf(made.body)}/roleDefinition`))['id']).toBe(role)
    expect(
      (await people.as('eve', 'POST', `${ASSIGNMENTS}/${idOf(made.body)}/roleScopeTags`, {})).status,
    ).toBeGreaterThan(400)
    expect((await people.as('eve', 'DELETE', `${below}/${idOf(made.body)}`)).status).toBe(200)
    expect((await people.graph.ask('GET', `${ASSIGNMENTS}/${idOf(made.body)}`)).status).toBe(404)
  })
})

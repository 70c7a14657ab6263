import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'
import { openPeople } from '../../../test-support/people.ts'
import { builtInRoles } from '../../domain/intune-roles/built-in-roles.ts'

const DEFINITIONS = '/roleManagement/deviceManagement/roleDefinitions'
const ASSIGNMENTS = '/roleManagement/deviceManagement/roleAssignments'

describe('Intune’s roles among those of Microsoft 365', () => {
  it('are those of Intune, with what they allow', async () => {
    await using people = await openPeople()
    const { graph } = people
    const role = await people.role('ManagedDevices_Read', 'RemoteTasks_SyncDevice')
    const { value } = await graph.get<{ value: Entity[] }>(DEFINITIONS)
    expect(value).toHaveLength(builtInRoles.length + 1)
    expect(value.filter((each) => each['isBuiltIn'] === true)).toHaveLength(builtInRoles.length)
    const allowedResourceActions = ['Microsoft.Intune_ManagedDevices_Read', 'Microsoft.Intune_RemoteTasks_SyncDevice']
    expect(await graph.get(`${DEFINITIONS}/${role}`)).toMatchObject({
      isBuiltIn: false,
      isEnabled: true,
      rolePermissions: [{ allowedResourceActions }],
    })
    expect((await graph.ask('GET', `${DEFINITIONS}/nothing`)).status).toBe(404)
  })

  it('are assigned to groups, over the tenant, groups or what Intune names', async () => {
    await using people = await openPeople()
    const { graph } = people
    const [help, north] = [await people.group('help'), await people.group('north')]
    const role = await people.role('ManagedDevices_Read')
    const everywhere = await people.give(role, help)
    const there = await people.give(role, help, { scopeType: 'resourceScope', resourceScopes: [north] })
    const devices = await people.give(role, help, { scopeType: 'allDevices' })
    const { value } = await graph.get<{ value: Entity[] }>(`${ASSIGNMENTS}?$expand=roleDefinition($select=id)`)
    const shown = { principalIds: [help], roleDefinitionId: role, roleDefinition: { id: role } }
    expect(value).toMatchObject([
      { id: everywhere, ...shown, directoryScopeIds: ['/'], appScopeIds: [] },
      { id: there, ...shown, directoryScopeIds: [north], appScopeIds: [] },
      { id: devices, ...shown, directoryScopeIds: [], appScopeIds: ['allDevices'] },
    ])
    const ofRole = await graph.get<{ value: Entity[] }>(`${ASSIGNMENTS}?$filter=roleDefinitionId eq '${help}'`)
    expect(ofRole.value).toEqual([])
  })

  it('are seen by who sees them in Intune', async () => {
    await using people = await openPeople()
    const help = await people.group('help')
    await people.person('eve', help)
    await people.person('mallory')
    const tag = await people.tag('north')
    await people.give(await people.role('Roles_Read'), help, { roleScopeTagIds: [tag] })
    for (const name of ['roleDefinitions', 'roleAssignments']) {
      const unified = await people.idsFor('eve', `/roleManagement/deviceManagement/${name}`)
      expect(unified).toEqual(await people.idsFor('eve', `/deviceManagement/${name}`))
      const all = await people.idsFor('admin', `/roleManagement/deviceManagement/${name}`)
      for (const id of all) {
        const { status } = await people.as('eve', 'GET', `/roleManagement/deviceManagement/${name}/${id}`)
        expect(status).toBe(unified.includes(id) ? 200 : 404)
      }
      expect((await people.as('mallory', 'GET', `/roleManagement/deviceManagement/${name}`)).status).toBe(403)
    }
  })

  it('are written in Intune alone', async () => {
    await using graph = await openGraph()
    expect((await graph.ask('POST', DEFINITIONS, { displayName: 'x' })).status).toBe(405)
  })
})

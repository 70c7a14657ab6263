import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'

const ROLES = '/deviceManagement/roleDefinitions'
const idOf = (entity: Entity): string => String(entity['id'])
const permissions = (...allowedResourceActions: readonly string[]) => [
  { resourceActions: [{ allowedResourceActions }] },
]

describe('Intune roles', () => {
  it('are built in and never change, or custom, of actions that there are', async () => {
    await using graph = await openGraph()
    const { value } = await graph.get<{ value: Entity[] }>(`${ROLES}?$filter=isBuiltIn eq true`)
    expect(value.map((role) => role['displayName'])).toContain('Help Desk Operator')
    const helpDesk = String(value.find((role) => role['displayName'] === 'Help Desk Operator')?.['id'])
    expect((await graph.ask('PATCH', `${ROLES}/${helpDesk}`, { displayName: 'x' })).status).toBe(400)
    expect((await graph.ask('DELETE', `${ROLES}/${helpDesk}`)).status).toBe(400)
    const type = '#microsoft.graph.deviceAndAppManagementRoleDefinition'
    const wipers = {
      '@odata.type': type,
      displayName: 'Wipers',
      rolePermissions: permissions('Microsoft.Intune_RemoteTasks_Wipe'),
    }
    expect((await graph.ask('POST', ROLES, wipers)).status).toBe(200)
    const wrong = { ...wipers, rolePermissions: permissions('Microsoft.Intune_RemoteTasks_Explode') }
    expect((await graph.ask('POST', ROLES, wrong)).status).toBe(400)
  })

  it('are given to members of groups, and tags are numbered behind the default one', async () => {
    await using graph = await openGraph()
    const [role] = (await graph.get<{ value: Entity[] }>(ROLES)).value
    const group = idOf(await graph.post('/groups', { displayName: 'help desk' }))
    const assignment = {
      '@odata.type': '#microsoft.graph.deviceAndAppManagementRoleAssignment',
      displayName: 'help',
      members: [group],
      resourceScopes: [group],
      'roleDefinition@odata.bind': `https://graph.microsoft.com/beta${ROLES}('${role?.['id']}')`,
    }
    expect((await graph.ask('POST', '/deviceManagement/roleAssignments', assignment)).status).toBe(200)
    for (const wrong of [{ members: ['nobody'] }, { 'roleDefinition@odata.bind': 'x' }])
      expect((await graph.ask('POST', '/deviceManagement/roleAssignments', { ...assignment, ...wrong })).status).toBe(
        400,
      )
    const tag = await graph.post<Entity>('/deviceManagement/roleScopeTags', { displayName: 'north' })
    expect(tag['id']).toBe('1')
    const found = await graph.post<{ value: Entity[] }>('/deviceManagement/roleScopeTags/getRoleScopeTagsById', {
      roleScopeTagIds: ['0', '1', '7'],
    })
    expect(found.value.map(idOf)).toEqual(['0', '1'])
  })
})

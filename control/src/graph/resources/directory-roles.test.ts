import { describe, expect, it } from 'vitest'
import { type Entity, openGraph } from '../../../test-support/graph.ts'
import { openPeople } from '../../../test-support/people.ts'

const idsIn = (value: unknown): readonly unknown[] => (value as readonly Entity[]).map(({ id }) => id)
const INTUNE_ADMINISTRATOR = '3a2c62db-5318-420d-8d74-23affee5d9d5'

describe('roles of the directory', () => {
  it('have members, which are their assignments', async () => {
    await using graph = await openGraph()
    const [ada, ben] = [await graph.office.user('ada'), await graph.office.user('ben')]
    const role = `/directoryRoles(roleTemplateId='${INTUNE_ADMINISTRATOR}')`
    expect(await graph.get(role)).toMatchObject({ id: INTUNE_ADMINISTRATOR, displayName: 'Intune Administrator' })
    const add = (id: string) => graph.ask('POST', `${role}/members/$ref`, { '@odata.id': `https://x/v1.0/users/${id}` })
    expect((await add(ada.id)).status).toBe(204)
    expect((await add(ada.id)).status).toBe(400)
    const assigned = await graph.post<Entity>('/roleManagement/directory/roleAssignments', {
      principalId: ben.id,
      roleDefinitionId: INTUNE_ADMINISTRATOR,
    })
    const members = async () => idsIn((await graph.get(`${role}/members`))['value'])
    expect((await members()).toSorted()).toEqual([ada.id, ben.id].toSorted())
    expect(idsIn((await graph.get(`/users/${ada.id}/memberOf`))['value'])).toEqual([INTUNE_ADMINISTRATOR])
    expect((await graph.ask('DELETE', `${role}/members/${ada.id}/$ref`)).status).toBe(204)
    expect((await graph.ask('DELETE', `${role}/members/${ada.id}/$ref`)).status).toBe(404)
    expect(await members()).toEqual([ben.id])
    expect(idsIn((await graph.get('/roleManagement/directory/roleAssignments'))['value'])).toEqual([assigned['id']])
    expect((await add(INTUNE_ADMINISTRATOR)).status, 'a role is nobody').toBe(404)
  })

  it('are all active, each by its template', async () => {
    await using graph = await openGraph()
    const [roles, templates] = [await graph.get('/directoryRoles'), await graph.get('/directoryRoleTemplates')]
    expect(idsIn(roles['value'])).toEqual(idsIn(templates['value']))
    const activated = await graph.ask('POST', '/directoryRoles', { roleTemplateId: INTUNE_ADMINISTRATOR })
    expect(activated).toMatchObject({ status: 201, body: { roleTemplateId: INTUNE_ADMINISTRATOR } })
    for (const path of ['/directoryRoles', '/directoryRoleTemplates'])
      expect((await graph.ask('GET', `${path}/11111111-2222-4333-8444-555555555555`)).status).toBe(404)
    expect((await graph.ask('POST', '/directoryRoles', { roleTemplateId: 'x' })).status).toBe(400)
  })

  it('are given by who may give roles', async () => {
    await using people = await openPeople()
    const eve = await people.person('eve')
    const path = `/directoryRoles/${INTUNE_ADMINISTRATOR}/members`
    const refused = await people.as('eve', 'POST', `${path}/$ref`, { '@odata.id': `https://x/users/${eve.id}` })
    expect(refused.status).toBe(403)
    expect((await people.as('admin', 'GET', path)).body['value']).toEqual([])
  })
})

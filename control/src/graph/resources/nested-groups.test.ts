import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../../test-support/graph.ts'
import { transitiveGroupsOf, transitiveMembersOf } from '../../app/memberships.ts'

const idOf = (entity: Entity): string => String(entity['id'])
const ids = async (graph: GraphOffice, path: string): Promise<readonly string[]> =>
  (await graph.get<{ value: Entity[] }>(path)).value.map(idOf).toSorted()
const newGroup = async (graph: GraphOffice, body: Entity = {}): Promise<string> =>
  idOf(await graph.post('/groups', { displayName: 'g', mailNickname: 'g', ...body }))
const join = (graph: GraphOffice, group: string, id: string, property = 'members') =>
  graph.ask('POST', `/groups/${group}/${property}/$ref`, { '@odata.id': `https://x/v1.0/directoryObjects/${id}` })
const sorted = (...texts: readonly string[]): readonly string[] => texts.toSorted()

/** `outer` ⊃ `inner` ⊃ the device and Ada. */
async function nest(graph: GraphOffice) {
  const device = await graph.office.device()
  const inner = await newGroup(graph, { displayName: 'inner' })
  const outer = await newGroup(graph, { displayName: 'outer' })
  const ada = String(device.userId)
  for (const [group, id] of [
    [inner, device.directoryId],
    [inner, ada],
    [outer, inner],
  ] as const)
    expect((await join(graph, group, id)).status).toBe(204)
  return { device, ada, inner, outer }
}

describe('groups within groups', () => {
  it('have members and transitive members, and members know their groups', async () => {
    await using graph = await openGraph()
    const { device, ada, inner, outer } = await nest(graph)
    const all = sorted(inner, ada, device.directoryId)
    expect(await ids(graph, `/groups/${outer}/members`)).toEqual([inner])
    expect(await ids(graph, `/groups/${outer}/transitiveMembers`)).toEqual(all)
    expect(await ids(graph, `/groups/${outer}/transitiveMembers/microsoft.graph.user`)).toEqual([ada])
    const eventual = { consistencylevel: 'eventual' }
    const { authorization } = graph
    const url = `/v1.0/groups/${outer}/transitiveMembers/microsoft.graph.device/$count`
    expect((await graph.answer({ method: 'GET', url, body: undefined, authorization, headers: eventual })).body).toBe(1)
    for (const path of [`/users/${ada}`, `/devices/${device.directoryId}`]) {
      expect(await ids(graph, `${path}/memberOf`)).toEqual([inner])
      expect(await ids(graph, `${path}/transitiveMemberOf/microsoft.graph.group`)).toEqual(sorted(inner, outer))
    }
    expect(await ids(graph, `/groups/${inner}/memberOf`)).toEqual([outer])
  })

  it('answer which groups somebody is in', async () => {
    await using graph = await openGraph()
    const { device, ada, inner, outer } = await nest(graph)
    const other = await newGroup(graph)
    const groupIds = [other, outer, inner]
    for (const path of [`/users/${ada}`, `/devices/${device.directoryId}`, `/directoryObjects/${ada}`]) {
      const checked = await graph.post<{ value: string[] }>(`${path}/checkMemberGroups`, { groupIds })
      expect(checked.value).toEqual([outer, inner])
      const got = await graph.post<{ value: string[] }>(`${path}/getMemberGroups`, { securityEnabledOnly: true })
      expect(got.value.toSorted()).toEqual(sorted(inner, outer))
    }
    const roleDefinitionId = 'f2ef992c-3afb-46b9-b7cf-a126ee74c451'
    await graph.post('/roleManagement/directory/roleAssignments', { principalId: ada, roleDefinitionId })
    const objects = await graph.post<{ value: string[] }>(`/users/${ada}/getMemberObjects`, {})
    expect(objects.value.toSorted()).toEqual(sorted(inner, outer, roleDefinitionId))
    expect(await ids(graph, `/users/${ada}/memberOf/microsoft.graph.directoryRole`)).toEqual([roleDefinitionId])
    expect((await graph.ask('POST', `/users/${ada}/checkMemberGroups`, { groupIds: [] })).status).toBe(400)
  })

  it('are targeted through each other, and follow what comes and goes within', async () => {
    await using graph = await openGraph()
    const { device, inner, outer } = await nest(graph)
    const policy = await graph.office.policy({ graphType: 'linux', assignments: [] })
    const path = `/deviceManagement/${policy.graphResource}/${policy.id}`
    const target = { '@odata.type': '#microsoft.graph.groupAssignmentTarget', groupId: outer }
    await graph.post(`${path}/assign`, { assignments: [{ target }] })
    const held = async () =>
      (await graph.office.store.devicePolicies.forDevices([device.id])).map((row) => row.policyId)
    expect(await held()).toEqual([policy.id])
    expect((await graph.ask('DELETE', `/groups/${outer}/members/${inner}/$ref`)).status).toBe(204)
    expect(await held()).toEqual([])
    await join(graph, outer, inner)
    expect(await held()).toEqual([policy.id])
    expect((await graph.ask('DELETE', `/groups/${inner}`)).status).toBe(204)
    expect(await held()).toEqual([])
    expect(await ids(graph, `/groups/${outer}/members`)).toEqual([])
  })

  it('refuse what is there, what is not, and themselves', async () => {
    await using graph = await openGraph()
    const { ada, inner, outer } = await nest(graph)
    const codeOf = ({ status, body }: { status: number; body: Entity }) => [
      status,
      (body['error'] as Entity | undefined)?.['code'],
    ]
    expect(codeOf(await join(graph, inner, ada))).toEqual([400, 'Request_BadRequest'])
    expect(codeOf(await join(graph, inner, inner))).toEqual([400, 'Request_BadRequest'])
    expect(
      codeOf(
        await join(
          graph,
          inner,
          outer.replace(/^./, (c) => (c === '0' ? '1' : '0')),
        ),
      ),
    ).toEqual([404, 'Request_ResourceNotFound'])
    expect(codeOf(await graph.ask('DELETE', `/groups/${outer}/members/${ada}/$ref`))).toEqual([
      404,
      'Request_ResourceNotFound',
    ])
    // Two groups may be in each other.
    expect((await join(graph, inner, outer)).status).toBe(204)
    expect(await ids(graph, `/groups/${inner}/transitiveMemberOf`)).toEqual([outer])
  })

  it('are reached as a plain walk reaches them, whoever is in whom', async () => {
    const node = fc.integer({ min: 0, max: 7 })
    await using graph = await openGraph()
    const { store } = graph.office
    const name = (run: number, index: number): string => `${run}/${index}`
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(node, node), { maxLength: 24 }), async (edges) => {
        run += 1
        for (const [group, member] of edges)
          await store.transaction((tables) =>
            tables.groups.add(name(run, group), [{ type: 'group', id: name(run, member) }]),
          )
        const above = (from: number): ReadonlySet<number> => {
          const seen = new Set<number>()
          const walk = (at: number): void => {
            for (const [group, member] of edges)
              if (member === at && !seen.has(group)) {
                seen.add(group)
                walk(group)
              }
          }
          walk(from)
          return seen
        }
        const all = [0, 1, 2, 3, 4, 5, 6, 7]
        const groupsOf = await transitiveGroupsOf(
          store,
          all.map((index) => name(run, index)),
        )
        for (const index of all) {
          const own = (groupsOf.get(name(run, index)) ?? []).toSorted()
          expect(own).toEqual([...above(index)].map((each) => name(run, each)).toSorted())
          const members = (await transitiveMembersOf(store, name(run, index))).map(({ id }) => id)
          const below = all.filter((each) => each !== index && above(each).has(index))
          expect(members.toSorted()).toEqual(below.map((each) => name(run, each)).toSorted())
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('a group', () => {
  it('has owners, and keeps what Graph knows of it beside', async () => {
    await using graph = await openGraph()
    const ada = await graph.office.user('ada')
    const ben = await graph.office.user('ben')
    const group = await newGroup(graph, {
      securityEnabled: true,
      visibility: 'Private',
      'owners@odata.bind': [`https://x/v1.0/users/${ada.id}`],
    })
    expect(await ids(graph, `/groups/${group}/owners`)).toEqual([ada.id])
    expect((await join(graph, group, ben.id, 'owners')).status).toBe(204)
    expect((await join(graph, group, ben.id, 'owners')).status).toBe(400)
    expect((await graph.ask('DELETE', `/groups/${group}/owners/${ada.id}/$ref`)).status).toBe(204)
    expect(await ids(graph, `/groups/${group}/owners`)).toEqual([ben.id])
    expect(await graph.get(`/groups/${group}`)).toMatchObject({ mailNickname: 'g', visibility: 'Private' })
    expect((await graph.ask('PATCH', `/groups/${group}`, { visibility: null })).status).toBe(204)
    expect(await graph.get(`/groups/${group}`)).not.toHaveProperty('visibility')
    for (const body of [{ dispalyName: 'x' }, { displayName: 7 }, { createdDateTime: '2026-01-01T00:00:00Z' }])
      expect((await graph.ask('PATCH', `/groups/${group}`, body)).status).toBe(400)
  })
})

describe('an object of the directory', () => {
  it('is found by its id alone, and several at once', async () => {
    await using graph = await openGraph()
    const { device, ada, inner } = await nest(graph)
    expect(await graph.get(`/directoryObjects/${ada}`)).toMatchObject({ '@odata.type': '#microsoft.graph.user' })
    expect(await graph.get(`/directoryObjects/${device.directoryId}`)).toMatchObject({ deviceId: device.entraDeviceId })
    expect((await graph.ask('GET', '/directoryObjects/nobody')).status).toBe(404)
    const asked = { ids: [inner, 'nobody', ada], types: [] as string[] }
    const byIds = async (body: Entity) =>
      (await graph.post<{ value: Entity[] }>('/directoryObjects/getByIds', body)).value.map(idOf)
    expect(await byIds(asked)).toEqual([inner, ada])
    expect(await byIds({ ...asked, types: ['group', 'device'] })).toEqual([inner])
  })
})

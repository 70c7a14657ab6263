import { DAY_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { type Entity, type GraphOffice, type GraphReply, openGraph } from '../../test-support/graph.ts'
import { openPeople } from '../../test-support/people.ts'

interface Delta {
  readonly value: readonly Entity[]
  readonly link: string
  readonly pages: number
}

/** Follow the pages from a path or a link to the end. */
async function read(graph: GraphOffice, from: string): Promise<Delta> {
  const value: Entity[] = []
  let next: string | undefined = from
  for (let pages = 1; ; pages++) {
    const body: Entity = await graph.get<Entity>(String(next).replace('https://localhost/beta', ''))
    value.push(...(body['value'] as Entity[]))
    next = body['@odata.nextLink'] as string | undefined
    const link = body['@odata.deltaLink']
    expect([next === undefined, link === undefined]).toEqual([link !== undefined, next !== undefined])
    if (link !== undefined) return { value, link: String(link), pages }
  }
}
const idsOf = ({ value }: Delta): string[] => value.map(({ id }) => String(id)).toSorted()
const idsIn = ({ body }: GraphReply): readonly string[] =>
  ((body['value'] ?? []) as Entity[]).map(({ id }) => String(id)).toSorted()

describe('a delta', () => {
  it('has everything at first, page by page, and then what has changed', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const made = await Promise.all(['ada', 'joe', 'kim', 'lee', 'max'].map((name) => office.user(name)))
    const first = await read(graph, '/users/delta?$top=2&$select=displayName')
    expect(first.pages).toBe(3)
    expect(idsOf(first)).toEqual(made.map(({ id }) => id).toSorted())
    expect(Object.keys(first.value[0] ?? {}).toSorted()).toEqual(['displayName', 'id'])
    const [ada, joe] = made
    expect((await read(graph, first.link)).value).toEqual([])
    await graph.ask('PATCH', `/users/${ada?.id}`, { displayName: 'Ada L.' })
    await graph.ask('PATCH', `/users/${ada?.id}`, { displayName: 'Ada Lovelace' })
    await graph.ask('DELETE', `/users/${joe?.id}`)
    const nora = await graph.post<Entity>('/users', { userPrincipalName: 'nora@contoso.example', displayName: 'Nora' })
    const then = await read(graph, first.link)
    expect(then.value).toEqual([
      { id: ada?.id, displayName: 'Ada Lovelace' },
      { id: joe?.id, '@removed': { reason: 'deleted' } },
      { id: nora['id'], displayName: 'Nora' },
    ])
    expect((await read(graph, then.link)).value).toEqual([])
    // An old link tells the same again.
    expect(idsOf(await read(graph, first.link))).toEqual(idsOf(then))
  })

  it('tells after the first reading what changes during it', async () => {
    await using graph = await openGraph()
    for (const name of ['ada', 'joe', 'kim']) await graph.office.user(name)
    const begun = await graph.get<Entity>('/users/delta?$top=1')
    const { value } = await graph.get<{ value: Entity[] }>('/users')
    const [seen] = begun['value'] as Entity[]
    await graph.ask('PATCH', `/users/${seen?.['id']}`, { jobTitle: 'Pilot' })
    const rest = await read(graph, String(begun['@odata.nextLink']))
    expect(rest.value).toHaveLength(value.length - 1)
    expect((await read(graph, rest.link)).value).toMatchObject([{ id: seen?.['id'], jobTitle: 'Pilot' }])
  })

  it('begins now when the latest is asked for', async () => {
    await using graph = await openGraph()
    await graph.office.user('ada')
    const now = await read(graph, '/users/delta?$deltatoken=latest')
    expect(now.value).toEqual([])
    const { id } = await graph.office.user('joe')
    expect(idsOf(await read(graph, now.link))).toEqual([id])
  })

  it('of groups has who came and who went', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const user = String(device.userId)
    const group = await graph.post<Entity>('/groups', {
      displayName: 'g',
      'members@odata.bind': [`https://graph/v1.0/users/${user}`],
    })
    const first = await read(graph, '/groups/delta')
    expect(first.value).toMatchObject([{ id: group['id'], 'members@delta': [{ id: user }] }])
    const path = `/groups/${group['id']}/members`
    await graph.ask('DELETE', `${path}/${user}/$ref`)
    await graph.ask('POST', `${path}/$ref`, { '@odata.id': `https://graph/v1.0/devices/${device.directoryId}` })
    const { value } = await read(graph, first.link)
    expect(value).toHaveLength(1)
    expect(value[0]?.['members@delta']).toEqual([
      { '@odata.type': '#microsoft.graph.device', id: device.directoryId },
      { '@odata.type': '#microsoft.graph.user', id: user, '@removed': { reason: 'deleted' } },
    ])
  })

  it('of devices is silent about check-ins, and knows who has left the directory', async () => {
    await using graph = await openGraph()
    const { office } = graph
    const device = await office.device()
    const first = await read(graph, '/devices/delta')
    expect(idsOf(first)).toEqual([device.directoryId])
    office.clock.advance(60_000)
    await office.visit(device)
    expect((await read(graph, first.link)).value).toEqual([])
    const { inventory } = device
    await office.report(device, 1, { inventory: { ...inventory, deviceName: 'renamed' } })
    expect((await read(graph, first.link)).value).toMatchObject([{ id: device.directoryId, displayName: 'renamed' }])
    await office.store.devices.put([{ ...(await office.stored(device.id)), lifecycle: 'retired', leftDirectory: true }])
    expect((await read(graph, first.link)).value).toEqual([
      { id: device.directoryId, '@removed': { reason: 'deleted' } },
    ])
  })

  it('of directory objects has all kinds, each with its type, and those that are asked for', async () => {
    await using graph = await openGraph()
    const device = await graph.office.device()
    const group = await graph.post<Entity>('/groups', { displayName: 'g' })
    const all = await read(graph, '/directoryObjects/delta?$top=1')
    expect(idsOf(all)).toEqual([device.directoryId, String(device.userId), String(group['id'])].toSorted())
    const filter = encodeURIComponent("isof('microsoft.graph.group')")
    const groups = await read(graph, `/directoryObjects/delta?$filter=${filter}`)
    expect(groups.value).toMatchObject([{ '@odata.type': '#microsoft.graph.group', id: group['id'] }])
  })

  it('refuses a token that is old, of another set, or made up', async () => {
    await using graph = await openGraph()
    const { link } = await read(graph, '/users/delta')
    const { search } = new URL(link)
    expect(await graph.ask('GET', `/groups/delta${search}`)).toMatchObject({ status: 400 })
    expect(await graph.ask('GET', '/users/delta?$deltatoken=x')).toMatchObject({ status: 400 })
    graph.office.clock.advance(31 * DAY_MS)
    const url = `/beta/users/delta${search}`
    const old = await graph.answer({ method: 'GET', url, authorization: graph.authorization, body: undefined })
    expect(old).toMatchObject({
      status: 410,
      headers: { location: 'https://localhost/beta/users/delta' },
      body: { error: { code: 'syncStateNotFound' } },
    })
  })
})

describe('who sees a delta', () => {
  const sets = ['users', 'groups', 'devices'] as const
  const scopes = ['User.Read.All', 'Group.Read.All', 'Device.Read.All', 'Directory.Read.All', 'User.Read']

  it('is who sees the list, and as much of it, whatever Intune lets them do', async () => {
    await using people = await openPeople()
    const { graph } = people
    const help = await people.group('help', await graph.office.device())
    await people.person('eve', help)
    // Tags limit what is seen of Intune, and the directory has none.
    await people.give(await people.role('ManagedDevices_Read'), help, { roleScopeTagIds: [await people.tag('north')] })
    const seen: string[] = []
    for (const scope of [...scopes, 'DeviceManagementManagedDevices.Read.All']) {
      const token = await people.tokenOf('eve', scope)
      for (const set of sets) {
        const list = await graph.raw('GET', `/v1.0/${set}?$select=id`, token)
        const delta = await graph.raw('GET', `/v1.0/${set}/delta?$select=id`, token)
        expect([scope, set, delta.status]).toEqual([scope, set, list.status])
        expect(idsIn(delta)).toEqual(idsIn(list))
        if (delta.status === 200) seen.push(`${set} with ${scope}`)
      }
    }
    expect(seen).toEqual([
      'users with User.Read.All',
      'groups with Group.Read.All',
      'devices with Device.Read.All',
      ...sets.map((set) => `${set} with Directory.Read.All`),
    ])
  })

  it('of all kinds of objects is who may read the whole directory', async () => {
    await using people = await openPeople()
    await people.person('eve')
    const statuses = scopes.map(async (scope) => {
      const token = await people.tokenOf('eve', scope)
      return [scope, (await people.graph.raw('GET', '/v1.0/directoryObjects/delta', token)).status]
    })
    expect(await Promise.all(statuses)).toEqual(
      scopes.map((scope) => [scope, scope === 'Directory.Read.All' ? 200 : 403]),
    )
  })

  it('is asked again at each link', async () => {
    await using people = await openPeople()
    await people.person('eve')
    const [may, mayNot] = [await people.tokenOf('eve', 'User.Read.All'), await people.tokenOf('eve', 'Group.Read.All')]
    for (const [option, name] of [
      ['?$top=1', '@odata.nextLink'],
      ['', '@odata.deltaLink'],
    ]) {
      const { body } = await people.graph.raw('GET', `/v1.0/users/delta${option}`, may)
      const { pathname, search } = new URL(String(body[String(name)]))
      expect((await people.graph.raw('GET', pathname + search, may)).status).toBe(200)
      const refused = await people.graph.raw('GET', pathname + search, mayNot)
      expect(refused).toMatchObject({ status: 403, body: { error: { code: 'Authorization_RequestDenied' } } })
      expect(refused.body).not.toHaveProperty('value')
    }
  })
})

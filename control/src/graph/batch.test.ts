import { expect, it } from 'vitest'
import { type Entity, type GraphOffice, openGraph } from '../../test-support/graph.ts'

interface Item {
  readonly id: string
  readonly status: number
  readonly headers: Record<string, string>
  readonly body?: Entity
}
async function batched(graph: GraphOffice, requests: readonly unknown[]): Promise<readonly Item[]> {
  const { responses } = await graph.post<{ responses: Item[] }>('/$batch', { requests })
  return responses
}
const create = (id: string | number, displayName: string, more: Entity = {}) => ({
  id,
  method: 'POST',
  url: '/groups',
  headers: { 'Content-Type': 'application/json' },
  body: { displayName },
  ...more,
})

it('answers each request with its id as a text, a status, headers and a body', async () => {
  await using graph = await openGraph()
  const responses = await batched(graph, [
    { id: 1, method: 'get', url: 'groups?$select=displayName' },
    { id: 'two', method: 'GET', url: '/users/nobody' },
    { id: '3', method: 'GET', url: '/users/$count', headers: { ConsistencyLevel: 'eventual' } },
    { id: '4', method: 'GET', url: '/users/$count' },
    { id: '5', method: 'POST', url: '/$batch', body: { requests: [] } },
  ])
  expect(responses.map(({ id, status }) => [id, status])).toEqual([
    ['1', 200],
    ['two', 404],
    ['3', 200],
    ['4', 400],
    ['5', 400],
  ])
  for (const { headers } of responses) expect(Object.keys(headers).length).toBeGreaterThan(0)
  expect(responses[2]?.body).toBe(0)
})

it('waits for what a request depends on, and does not make it when that failed', async () => {
  await using graph = await openGraph()
  const responses = await batched(graph, [
    create('last', 'last', { dependsOn: ['middle'] }),
    create('middle', 'middle', { dependsOn: [7] }),
    create(7, 'first'),
    create('bad', ''),
    create('after bad', 'never', { dependsOn: ['bad'] }),
    create('after that', 'never', { dependsOn: ['after bad', '7'] }),
  ])
  const status = Object.fromEntries(responses.map((each) => [each.id, each.status]))
  expect(status).toEqual({ last: 201, middle: 201, '7': 201, bad: 400, 'after bad': 424, 'after that': 424 })
  const { value } = await graph.get<{ value: Entity[] }>('/deviceManagement/auditEvents')
  const made = value.flatMap(({ resources }) => (resources as Entity[]).map(({ displayName }) => displayName))
  expect(made.toSorted()).toEqual(['first', 'last', 'middle'])
})

it('takes and gives what is no JSON in Base64', async () => {
  await using graph = await openGraph()
  const body = Buffer.from(JSON.stringify({ displayName: 'encoded' })).toString('base64')
  const [made] = await batched(graph, [create('1', '', { body })])
  expect(made).toMatchObject({ status: 201, body: { displayName: 'encoded' } })
  const [name] = await batched(graph, [
    { id: '1', method: 'GET', url: `/groups/${made?.body?.['id']}/displayName/$value` },
  ])
  expect(Buffer.from(String(name?.body), 'base64').toString()).toBe('encoded')
})

const get = (id: unknown, more: Entity = {}) => ({ id, method: 'GET', url: '/users', ...more })
it.each<[string, unknown]>([
  ['more than twenty', { requests: Array.from({ length: 21 }, (_, id) => get(id)) }],
  ['an id twice', { requests: [get('1'), get(1)] }],
  ['what is not there', { requests: [get('1', { dependsOn: ['2'] })] }],
  ['itself', { requests: [get('1', { dependsOn: ['1'] })] }],
  [
    'a circle',
    { requests: [get('1', { dependsOn: ['2'] }), get('2', { dependsOn: ['3'] }), get('3', { dependsOn: ['1'] })] },
  ],
  ['another method', { requests: [get('1', { method: 'TRACE' })] }],
  ['no requests', {}],
])('refuses %s as a whole', async (_what, body) => {
  await using graph = await openGraph()
  expect(await graph.ask('POST', '/$batch', body)).toMatchObject({
    status: 400,
    body: { error: { code: 'BadRequest' } },
  })
})

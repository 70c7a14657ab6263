import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  casesOf,
  type FuzzRequest,
  json,
  type Known,
  makeKnown,
  requests,
  strayRequests,
  unsoundness,
  urlOf,
} from '../../test-support/fuzz-requests.ts'
import { type Entity, type GraphOffice, type GraphReply, openGraph } from '../../test-support/graph.ts'

let graph: GraphOffice
let known: Known
beforeAll(async () => {
  graph = await openGraph()
  known = await makeKnown(graph)
})
afterAll(() => graph?.[Symbol.asyncDispose]())

async function answerTo(request: FuzzRequest): Promise<GraphReply> {
  const { route, headers, body } = request
  const url = `/beta${urlOf(request, known)}`
  const { authorization } = graph
  const answered = await graph.answer({ method: route.method, url, authorization, headers, body })
  return { status: answered.status, body: (answered.body ?? {}) as Entity }
}

it('answers whatever it is asked with success or with a coded error, and fails at nothing', async () => {
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      expect(unsoundness(await answerTo(request), `/beta${urlOf(request, known)}`)).toBeUndefined()
    }),
    casesOf(0.35),
  )
}, 300_000)

it('answers at any address, with any method, to anything', async () => {
  const { authorization } = graph
  await fc.assert(
    fc.asyncProperty(strayRequests, async (request) => {
      const { status, body } = await graph.answer({ ...request, authorization })
      expect(unsoundness({ status, body: (body ?? {}) as Entity }, request.url)).toBeUndefined()
    }),
    casesOf(0.23),
  )
}, 300_000)

it('answers any batch, and every request in it', async () => {
  const id = fc.constantFrom('1', '2', '3', 4, 5)
  const item = requests.chain((request) =>
    fc.record(
      {
        id,
        method: fc.constantFrom(request.route.method, request.route.method.toLowerCase()),
        url: fc.constantFrom(
          urlOf(request, known),
          urlOf(request, known).slice(1),
          `https://localhost/v1.0${urlOf(request, known)}`,
        ),
        headers: fc.constant(request.headers),
        body: fc.oneof(fc.constant(request.body), fc.base64String({ maxLength: 20 })),
        dependsOn: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.array(id, { maxLength: 2 })),
      },
      { requiredKeys: ['id', 'method', 'url'] },
    ),
  )
  const items = fc.oneof(
    fc.uniqueArray(item, { maxLength: 5, selector: (each) => String(each.id) }),
    fc.array(item, { maxLength: 22 }),
  )
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 5, arbitrary: items }, json), async (batched) => {
      const reply = await graph.ask('POST', '/$batch', { requests: batched })
      expect(unsoundness(reply, '/beta/$batch')).toBeUndefined()
      if (reply.status !== 200) return
      const responses = reply.body['responses'] as (GraphReply & { id: string; headers: unknown })[]
      expect(responses.map((each) => each.id)).toEqual((batched as { id: unknown }[]).map((each) => String(each.id)))
      for (const response of responses) {
        expect(response.headers).toBeTypeOf('object')
        expect(response.status < 500 || response.status === 501, JSON.stringify(response)).toBe(true)
      }
    }),
    casesOf(0.1),
  )
}, 300_000)

it('leaves nothing behind of what it refuses', async () => {
  // A world of its own: all of it is looked at for each request.
  await graph[Symbol.asyncDispose]()
  graph = await openGraph()
  known = await makeKnown(graph)
  const state = async () => {
    const { store } = graph.office
    const [policies, filtersNow, groups, restrictions, templates, users, audit, outbox] = await Promise.all([
      store.policies.list(),
      store.filters.list(),
      store.groups.list(),
      store.restrictions.list(),
      store.templates.list(),
      store.users.list(),
      store.audit.list({ limit: 100_000 }),
      store.outbox.oldest(100_000),
    ])
    return JSON.stringify([policies, filtersNow, groups, restrictions, templates, users, audit.length, outbox.length])
  }
  await fc.assert(
    fc.asyncProperty(requests, async (request) => {
      fc.pre(request.route.method !== 'GET')
      const before = await state()
      const { status } = await answerTo(request)
      if (status >= 400) expect(await state()).toBe(before)
    }),
    casesOf(0.02),
  )
}, 300_000)

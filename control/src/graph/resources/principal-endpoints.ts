import { z } from 'zod'
import type { GraphObject } from '../../app/ports.ts'
import { parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import { answer, auditOf, type GraphAnswer, type GraphRequest, type GraphRoute, notFound } from '../graph-request.ts'
import { completeEntity } from '../model/complete-entity.ts'
import { entityModel } from '../model/entity-model.ts'
import { principalOf } from './service-principals.ts'

const collectionOf = (principalId: string): string => `servicePrincipals/${principalId}/endpoints`
const shown = (endpoint: GraphObject) => completeEntity(entityModel('beta'), 'endpoint', endpoint)

async function listed(request: GraphRequest) {
  const { store } = request.control.deps
  const set = collectionOf((await principalOf(store, request)).id)
  return { set, endpoints: await store.objects.list(set) }
}

const list = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { set, endpoints } = await listed(request)
  return memoryPage(request, set, endpoints.map(shown))
}

const get = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { set, endpoints } = await listed(request)
  const id = request.params['endpoint'] ?? ''
  return entityAnswer(request, set, shown(endpoints.find((each) => each.id === id) ?? notFound('Endpoint', id)))
}

const audit = (request: GraphRequest, operation: 'Create' | 'Delete', { id, ...endpoint }: GraphObject) =>
  auditOf(
    request,
    { activityType: `${operation} Endpoint`, operation, category: 'Application', componentName: 'Directory' },
    { id, type: 'Endpoint', displayName: String(endpoint['providerName'] ?? ''), modifiedProperties: [] },
  )

/** Graph's schema has all of it as the service's own, so that it is read by itself. */
const Shape = z.strictObject({
  '@odata.type': z.string().optional(),
  capability: z.string().min(1).max(200),
  providerName: z.string().max(200).nullish(),
  providerId: z.string().max(200).nullish(),
  providerResourceId: z.string().max(200).nullish(),
  uri: z.url().max(2_000),
})

/** Who stands in for a service of Intune, such as one for network access control, says here where it is. */
const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const endpoint: GraphObject = { ...parseBody(Shape, request.body), id: request.control.deps.ids.guid() }
  const set = await request.control.deps.store.transaction(async (tables) => {
    const collection = collectionOf((await principalOf(tables, request)).id)
    await tables.objects.put(collection, [endpoint])
    await tables.audit.append([audit(request, 'Create', endpoint)])
    return collection
  })
  return entityAnswer(request, set, shown(endpoint), 201)
}

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await request.control.deps.store.transaction(async (tables) => {
    const collection = collectionOf((await principalOf(tables, request)).id)
    const id = request.params['endpoint'] ?? ''
    const before = (await tables.objects.get(collection, id)) ?? notFound('Endpoint', id)
    await tables.objects.delete(collection, id)
    await tables.audit.append([audit(request, 'Delete', before)])
  })
  return answer(204)
}

const SET = '/servicePrincipals/{id}/endpoints'
const WRITE = 'Application.ReadWrite.All'

/** Where the services of an application are: clients of Intune find network access control and others by it. */
export const principalEndpointRoutes: readonly GraphRoute[] = [
  { method: 'GET', path: SET, role: 'Application.Read.All', of: { type: 'endpoint', many: true }, handle: list },
  { method: 'POST', path: SET, role: WRITE, handle: create },
  { method: 'GET', path: `${SET}/{endpoint}`, role: 'Application.Read.All', of: { type: 'endpoint' }, handle: get },
  { method: 'DELETE', path: `${SET}/{endpoint}`, role: WRITE, handle: remove },
]

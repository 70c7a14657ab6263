import { z } from 'zod'
import { relicensed, type Subscription, subscriptions } from '../../domain/licences.ts'
import type { User } from '../../domain/model.ts'
import { badBody, parseBody } from '../body.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import {
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
  orRefuse,
} from '../graph-request.ts'
import { userEntity, userOf } from './users.ts'

type Entity = Readonly<Record<string, unknown>>

const planEntities = ({ plans }: Subscription, disabled: readonly string[] = []): readonly Entity[] =>
  plans.map(({ id, name }) => ({
    servicePlanId: id,
    servicePlanName: name,
    provisioningStatus: disabled.includes(id) ? 'Disabled' : 'Success',
    appliesTo: 'User',
  }))

async function skuEntities({ control, tenantId }: GraphRequest): Promise<readonly Entity[]> {
  const consumed = new Map<string, number>()
  for (const { licences = [] } of await control.deps.store.users.list())
    for (const { skuId } of licences) consumed.set(skuId, (consumed.get(skuId) ?? 0) + 1)
  return subscriptions.map((subscription) => ({
    id: `${tenantId}_${subscription.skuId}`,
    accountId: tenantId,
    accountName: control.deps.tenant,
    appliesTo: 'User',
    capabilityStatus: 'Enabled',
    consumedUnits: consumed.get(subscription.skuId) ?? 0,
    prepaidUnits: { enabled: subscription.units, suspended: 0, warning: 0, lockedOut: 0 },
    skuId: subscription.skuId,
    skuPartNumber: subscription.partNumber,
    subscriptionIds: [],
    servicePlans: planEntities(subscription),
  }))
}

const getSku = async (request: GraphRequest): Promise<GraphAnswer> => {
  const id = request.params['id'] ?? ''
  const sku = (await skuEntities(request)).find((each) => each['id'] === id)
  return entityAnswer(request, 'subscribedSkus', sku ?? notFound('SubscribedSku', id))
}

/** What a user has, subscription by subscription. */
const listDetails = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { id, licences = [] } = await userOf(request.control.deps.store, request)
  const details = licences.flatMap(({ skuId, disabledPlans }) =>
    subscriptions
      .filter((each) => each.skuId === skuId)
      .map((subscription) => ({
        id: `${id}_${skuId}`,
        skuId,
        skuPartNumber: subscription.partNumber,
        servicePlans: planEntities(subscription, disabledPlans),
      })),
  )
  return memoryPage(request, `users('${id}')/licenseDetails`, details)
}

const AssignShape = z.object({
  addLicenses: z.array(z.object({ skuId: z.guid(), disabledPlans: z.array(z.guid()).max(200).default([]) })).max(100),
  removeLicenses: z.array(z.guid()).max(100),
})

const assign = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { addLicenses: add, removeLicenses: remove } = parseBody(AssignShape, request.body)
  const user = await request.control.deps.store.transaction(async (tables) => {
    const before = await userOf(tables, request)
    // Where somebody works decides on what they may be licensed for.
    if (add.length > 0 && !before.further?.['usageLocation'])
      badBody('License assignment cannot be done for user with invalid usage location.', 'addLicenses')
    const after: User = { ...before, licences: orRefuse(relicensed(before.licences ?? [], { add, remove })) }
    await tables.users.put(after)
    const modified = modifiedProperties({ licences: before.licences ?? [] }, { licences: after.licences })
    const audit = auditOf(
      request,
      { activityType: 'Change user license', operation: 'Action', category: 'Other', componentName: 'Directory' },
      { id: after.id, type: 'User', displayName: after.displayName, modifiedProperties: modified },
    )
    await tables.audit.append([audit])
    return after
  })
  return entityAnswer(request, 'users', userEntity(user))
}

/** https://learn.microsoft.com/graph/api/resources/subscribedsku */
export const licenceRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/subscribedSkus',
    role: 'Organization.Read.All',
    of: { type: 'subscribedSku', many: true },
    handle: async (request) => memoryPage(request, 'subscribedSkus', await skuEntities(request)),
  },
  {
    method: 'GET',
    path: '/subscribedSkus/{id}',
    role: 'Organization.Read.All',
    of: { type: 'subscribedSku' },
    handle: getSku,
  },
  {
    method: 'GET',
    path: '/users/{id}/licenseDetails',
    role: 'User.Read.All',
    of: { type: 'licenseDetails', many: true },
    handle: listDetails,
  },
  { method: 'POST', path: '/users/{id}/assignLicense', role: 'User.ReadWrite.All', handle: assign },
]

import { CodedError } from '@muster/shared/core'
import type { Tables } from '../../app/ports.ts'
import type { Receivers } from '../../app/receivers.ts'
import { validateReceiver } from '../../app/validate-receiver.ts'
import {
  type ChangeSubscription,
  endOf,
  LIFETIME_MAX_MINUTES,
  reauthorized,
} from '../../domain/subscriptions/subscription.ts'
import { type ChangeType, type Watched, watchedBy } from '../../domain/subscriptions/watched.ts'
import { entityAnswer, memoryPage } from '../collection.ts'
import {
  answer,
  auditOf,
  type GraphAnswer,
  type GraphRequest,
  type GraphRoute,
  modifiedProperties,
  notFound,
  type Yields,
} from '../graph-request.ts'
import { entityModel } from '../model/entity-model.ts'
import { type EntityValue, readEntity } from '../model/read-entity.ts'
import { iso } from './managed-device.ts'

/** What an application, and what a tenant may have of subscriptions for the directory. */
const MAX_OF_APPLICATION = 100
const MAX_OF_TENANT = 1_000
const CLIENT_STATE_CHARS_MAX = 128
const URL_CHARS_MAX = 2_048

const subscriptionEntity = (subscription: ChangeSubscription): Readonly<Record<string, unknown>> => ({
  id: subscription.id,
  resource: subscription.resource,
  applicationId: subscription.applicationId,
  changeType: subscription.changeTypes.join(','),
  clientState: subscription.clientState ?? null,
  notificationUrl: subscription.notificationUrl,
  notificationQueryOptions: null,
  lifecycleNotificationUrl: subscription.lifecycleNotificationUrl ?? null,
  expirationDateTime: iso(subscription.expiresAtMs),
  creatorId: subscription.creatorId,
  includeResourceData: null,
  latestSupportedTlsVersion: subscription.latestSupportedTlsVersion,
  encryptionCertificate: null,
  encryptionCertificateId: null,
  notificationUrlAppId: null,
})

const refuse = (message: string): never => {
  throw new CodedError('graph/bad-subscription', message)
}

/** Who calls out; nobody does in a world that is one process on its own clock. */
function receiversOf({ control }: GraphRequest): Receivers {
  const { notifying } = control.deps
  if (!notifying)
    throw new CodedError('graph/not-served', 'Nothing calls out of a virtual world: there is nobody to tell.')
  return notifying.receivers
}

const create = async (request: GraphRequest): Promise<GraphAnswer> => {
  const receivers = receiversOf(request)
  const { store, ids, wall } = request.control.deps
  const given = readEntity(entityModel(request.version), 'subscription', request.body, { mode: 'create' })
  for (const name of ['changeType', 'notificationUrl', 'resource', 'expirationDateTime'])
    if (given[name] === undefined || given[name] === null)
      refuse(`${name} is a required property for subscription creation`)
  const subscription = await subscriptionFrom(request, given)
  await refuseTooMany(store, subscription)
  for (const url of receiverUrls(subscription)) await validateReceiver(receivers, url, ids.guid())
  const made = await store.transaction(async (tables) => {
    await refuseTooMany(tables, subscription)
    const expiresAtMs = endIn(given, wall.nowMs())
    const toldUpTo = await tables.directoryChanges.latest()
    const made = { ...subscription, authorizedAtMs: wall.nowMs(), expiresAtMs, toldUpTo }
    await tables.subscriptions.put(made)
    await tables.audit.append([audit(request, 'Create', undefined, made)])
    return made
  })
  return entityAnswer(request, 'subscriptions', subscriptionEntity(made), 201)
}

async function subscriptionFrom(request: GraphRequest, given: EntityValue): Promise<ChangeSubscription> {
  const { ids, wall } = request.control.deps
  const { actor, appId } = request
  const watched = await watchedFor(request, String(given['resource']))
  if (given['includeResourceData'] === true)
    refuse(`'includeResourceData' is not supported for the resource '${watched.set.path}'.`)
  const { set, ...part } = watched
  const lifecycle = given['lifecycleNotificationUrl']
  const state = given['clientState']
  if (typeof state === 'string' && state.length > CLIENT_STATE_CHARS_MAX)
    refuse(`'clientState' cannot be longer than ${CLIENT_STATE_CHARS_MAX} characters.`)
  return {
    id: ids.guid(),
    resource: String(given['resource']),
    watched: { ...part, set: set.path },
    changeTypes: changeTypesIn(String(given['changeType']), watched),
    notificationUrl: urlIn(given, 'notificationUrl'),
    ...(typeof lifecycle === 'string' ? { lifecycleNotificationUrl: urlIn(given, 'lifecycleNotificationUrl') } : {}),
    ...(typeof state === 'string' ? { clientState: state } : {}),
    latestSupportedTlsVersion: tlsVersionIn(given),
    applicationId: appId,
    creatorId: actor.id,
    authorizedAtMs: wall.nowMs(),
    expiresAtMs: endIn(given, wall.nowMs()),
    toldUpTo: 0,
  }
}

/** What a subscription is for, if there is such a thing and the sender may hear of it. */
async function watchedFor(request: GraphRequest, resource: string): Promise<Watched> {
  const { actor, holds, control } = request
  const isUser = actor.type === 'user'
  const watched = watchedBy(resource, isUser ? actor.id : undefined)
  if (!watched) return refuse(`Resource '${resource}' does not support change notifications.`)
  const { set, id } = watched
  if (!holds(set.role) || (isUser && !set.forUsers)) {
    const whom = isUser && !set.forUsers ? 'of an application' : ''
    throw new CodedError(
      'graph/forbidden',
      `Insufficient privileges to complete the operation: a token ${whom} with ${set.role} is needed.`.replace(
        '  ',
        ' ',
      ),
    )
  }
  if (id === undefined) return watched
  return { ...watched, id: (await idIn(control.deps.store, watched.set.kind, id)) ?? notFound(set.path, id) }
}

/** The id of an entity that is there; users have names as well. */
async function idIn(tables: Tables, kind: Watched['set']['kind'], id: string): Promise<string | undefined> {
  switch (kind) {
    case 'user':
      return ((await tables.users.get(id)) ?? (await tables.users.findByPrincipalName([id]))[0])?.id
    case 'group':
      return (await tables.groups.get(id))?.id
    case 'device':
      return (await tables.devices.findInDirectory([id]))[0]?.directoryId
    default: {
      const [device] = await tables.devices.getMany([id])
      return device?.lifecycle === 'managed' ? device.id : undefined
    }
  }
}

function changeTypesIn(text: string, { set }: Watched): readonly ChangeType[] {
  const named = [...new Set(text.split(',').map((each) => each.trim().toLowerCase()))]
  const known = named.map((name) => set.changeTypes.find((each) => each === name))
  if (known.includes(undefined)) refuse(`Invalid 'changeType' attribute: '${text}'.`)
  return known.flatMap((each) => each ?? [])
}

/** An address that can be called: HTTPS, or HTTP on this machine. */
function urlIn(given: EntityValue, name: string): string {
  const text = String(given[name])
  const url = text.length > URL_CHARS_MAX ? null : URL.parse(text)
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '')
  const isCallable = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback)
  if (!url || !isCallable || url.hash !== '')
    return refuse(`The '${name}' must be an address with HTTPS; HTTP is for loopback addresses alone.`)
  if (url.username !== '' || url.password !== '') return refuse(`The '${name}' cannot have a user or a password in it.`)
  return url.href
}

function tlsVersionIn(given: EntityValue): string {
  const version = String(given['latestSupportedTlsVersion'] ?? 'v1_2')
  if (!/^v1_[0-3]$/.test(version)) refuse(`Invalid 'latestSupportedTlsVersion' attribute: '${version}'.`)
  return version
}

function endIn(given: EntityValue, nowMs: number): number {
  const end = endOf(Date.parse(String(given['expirationDateTime'])), nowMs)
  if (end === undefined) {
    const message = `Subscription expiration can only be ${LIFETIME_MAX_MINUTES} minutes in the future.`
    throw new CodedError('graph/subscription-too-long', message)
  }
  return end
}

async function refuseTooMany({ subscriptions }: Pick<Tables, 'subscriptions'>, own: ChangeSubscription): Promise<void> {
  const there = (await subscriptions.list()).filter(({ removed }) => !removed)
  const ofApplication = there.filter(({ applicationId }) => applicationId === own.applicationId)
  const whose =
    ofApplication.length >= MAX_OF_APPLICATION
      ? `The application has ${MAX_OF_APPLICATION}`
      : there.length >= MAX_OF_TENANT
        ? `The tenant has ${MAX_OF_TENANT}`
        : undefined
  if (whose === undefined) return
  throw new CodedError('graph/too-many-subscriptions', `${whose} subscriptions, which is as many as it may have.`)
}

/** Addresses that have to say that they want to be called. */
const receiverUrls = ({ notificationUrl, lifecycleNotificationUrl }: ChangeSubscription): ReadonlySet<string> =>
  new Set([notificationUrl, ...(lifecycleNotificationUrl === undefined ? [] : [lifecycleNotificationUrl])])

const isOwn = (
  request: GraphRequest,
  { applicationId, removed, expiresAtMs, creatorId }: ChangeSubscription,
): boolean =>
  applicationId === request.appId &&
  (request.actor.type !== 'user' || creatorId === request.actor.id) &&
  !removed &&
  expiresAtMs > request.control.deps.wall.nowMs()

/** A subscription of the application that asks: others have none of its business. */
async function ownOf(tables: Pick<Tables, 'subscriptions'>, request: GraphRequest): Promise<ChangeSubscription> {
  const id = request.params['id'] ?? ''
  const subscription = await tables.subscriptions.get(id)
  return subscription && isOwn(request, subscription) ? subscription : notFound('subscription', id)
}

const update = async (request: GraphRequest): Promise<GraphAnswer> => {
  const receivers = receiversOf(request)
  const { store, ids, wall } = request.control.deps
  const given = readEntity(entityModel(request.version), 'subscription', request.body, { mode: 'patch' })
  const { '@odata.type': _, ...named } = given
  const changeable = ['expirationDateTime', 'notificationUrl']
  const names = Object.keys(named)
  if (names.length === 0 || names.some((name) => !changeable.includes(name) || named[name] === null))
    refuse(`A subscription can be changed in ${changeable.join(' and ')} alone.`)
  const before = await ownOf(store, request)
  await watchedFor(request, before.resource)
  const url = given['notificationUrl'] === undefined ? undefined : urlIn(given, 'notificationUrl')
  if (given['expirationDateTime'] !== undefined) endIn(given, wall.nowMs())
  if (url !== undefined && url !== before.notificationUrl) await validateReceiver(receivers, url, ids.guid())
  const after = await store.transaction(async (tables) => {
    const now = await ownOf(tables, request)
    const nowMs = wall.nowMs()
    const end = given['expirationDateTime'] === undefined ? {} : { expiresAtMs: endIn(given, nowMs) }
    const after = reauthorized(now, nowMs, { ...end, ...(url === undefined ? {} : { notificationUrl: url }) })
    await tables.subscriptions.put(after)
    await tables.audit.append([audit(request, 'Patch', now, after)])
    return after
  })
  return entityAnswer(request, 'subscriptions', subscriptionEntity(after))
}

const reauthorize = async (request: GraphRequest): Promise<GraphAnswer> => {
  const { store, wall } = request.control.deps
  await watchedFor(request, (await ownOf(store, request)).resource)
  await store.transaction(async (tables) => {
    const subscription = await ownOf(tables, request)
    // The time until the next question is counted from here; that it has been asked once is forgotten with a renewal.
    const { lifecycle: _, ...rest } = subscription
    await tables.subscriptions.put({ ...rest, authorizedAtMs: wall.nowMs() })
  })
  return answer(204)
}

const remove = async (request: GraphRequest): Promise<GraphAnswer> => {
  await request.control.deps.store.transaction(async (tables) => {
    const subscription = await ownOf(tables, request)
    await tables.subscriptions.delete(subscription.id)
    await tables.audit.append([audit(request, 'Delete', subscription, undefined)])
  })
  return answer(204)
}

/** What goes into the audit event; the client's secret does not. */
function audit(
  request: GraphRequest,
  operation: 'Create' | 'Patch' | 'Delete',
  before: ChangeSubscription | undefined,
  after: ChangeSubscription | undefined,
) {
  const { id, resource } = after ?? before ?? { id: '', resource: '' }
  const shown = (subscription: ChangeSubscription | undefined) => {
    if (!subscription) return undefined
    const { clientState: _, ...rest } = subscriptionEntity(subscription)
    return rest
  }
  return auditOf(
    request,
    { activityType: `${operation} Subscription`, operation, category: 'Other', componentName: 'Directory' },
    {
      id,
      type: 'Subscription',
      displayName: resource,
      modifiedProperties: modifiedProperties(shown(before), shown(after)),
    },
  )
}

const SUBSCRIPTION: Yields = { type: 'subscription' }
/** Which role is needed is up to the resource that is watched. */
const OPEN = { role: 'User.Read.All', anyToken: true } as const

export const subscriptionRoutes: readonly GraphRoute[] = [
  {
    method: 'GET',
    path: '/subscriptions',
    ...OPEN,
    of: { ...SUBSCRIPTION, many: true },
    handle: async (request) => {
      const all = await request.control.deps.store.subscriptions.list()
      return memoryPage(request, 'subscriptions', all.filter((each) => isOwn(request, each)).map(subscriptionEntity))
    },
  },
  { method: 'POST', path: '/subscriptions', ...OPEN, handle: create },
  {
    method: 'GET',
    path: '/subscriptions/{id}',
    ...OPEN,
    of: SUBSCRIPTION,
    handle: async (request) =>
      entityAnswer(request, 'subscriptions', subscriptionEntity(await ownOf(request.control.deps.store, request))),
  },
  { method: 'PATCH', path: '/subscriptions/{id}', ...OPEN, handle: update },
  { method: 'DELETE', path: '/subscriptions/{id}', ...OPEN, handle: remove },
  { method: 'POST', path: '/subscriptions/{id}/reauthorize', ...OPEN, handle: reauthorize },
]

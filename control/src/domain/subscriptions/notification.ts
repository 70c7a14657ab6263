import type { DirectoryChange } from '../directory-change.ts'
import type { ChangeSubscription } from './subscription.ts'
import type { ChangeType, Watched } from './watched.ts'

/** What a receiver is told (https://learn.microsoft.com/graph/api/resources/changenotification). */
export type ChangeNotification = Readonly<Record<string, unknown>>

/** Everything that has happened to one entity. */
interface Happened {
  readonly own: DirectoryChange | undefined
  readonly parts: readonly DirectoryChange[]
}

/** What a subscription says of changes, oldest first; of each entity once. `tenantId` is told as well. */
export function notificationsOf(
  subscription: ChangeSubscription,
  watched: Watched,
  changes: readonly DirectoryChange[],
  tenantId: string,
): readonly ChangeNotification[] {
  const notifications: ChangeNotification[] = []
  for (const [id, happened] of byEntity(watched, changes)) {
    const changeType = typeOf(subscription, watched, happened)
    if (changeType === undefined) continue
    const sequence = Math.max(...[...happened.parts, happened.own].map((change) => change?.sequence ?? 0))
    const { path, type } = watched.set.shown
    const members = changeType === 'deleted' ? [] : happened.parts.map(memberOf)
    notifications.push({
      // The same again when it has to be told again.
      id: `${subscription.id}_${sequence}`,
      ...about(subscription, tenantId),
      changeType,
      resource: `${path}/${id}`,
      resourceData: {
        '@odata.type': type,
        '@odata.id': `${path}/${id}`,
        id,
        organizationId: tenantId,
        sequenceNumber: sequence,
        ...(members.length === 0 ? {} : { 'members@delta': members }),
      },
    })
  }
  return notifications
}

/** What the receiver of a subscription's own fate is told. */
export function lifecycleNotification(subscription: ChangeSubscription, tenantId: string): ChangeNotification {
  return { ...about(subscription, tenantId), lifecycleEvent: subscription.lifecycle?.event ?? null }
}

const about = ({ id, expiresAtMs, clientState }: ChangeSubscription, tenantId: string): ChangeNotification => ({
  subscriptionId: id,
  subscriptionExpirationDateTime: new Date(expiresAtMs).toISOString(),
  clientState: clientState ?? null,
  tenantId,
})

function byEntity(
  { set, id: wanted, membersOnly }: Watched,
  changes: readonly DirectoryChange[],
): Map<string, Happened> {
  const found = new Map<string, Happened>()
  for (const change of changes) {
    const isPart = set.parts.includes(change.kind)
    if (change.kind !== set.kind && !isPart) continue
    const id = isPart ? (change.id.split('/')[0] ?? '') : change.id
    if (wanted !== undefined && wanted !== id) continue
    // Of a group whose members are watched only its end is told besides.
    if (membersOnly && !isPart && !change.deleted) continue
    const before = found.get(id) ?? { own: undefined, parts: [] }
    found.set(id, isPart ? { ...before, parts: [...before.parts, change] } : { ...before, own: change })
  }
  return found
}

/** As what it is told. A set without `created` has changes instead, and so has its end for who asked for changes only. */
function typeOf(
  { changeTypes, toldUpTo }: ChangeSubscription,
  { set }: Watched,
  { own }: Happened,
): ChangeType | undefined {
  const isNew = own !== undefined && own.createdSequence > toldUpTo
  const happened: ChangeType = own?.deleted ? 'deleted' : isNew ? 'created' : 'updated'
  if (changeTypes.includes(happened)) return happened
  const isChange = !set.changeTypes.includes('created') || (happened === 'created' && changedSince(own))
  return isChange && changeTypes.includes('updated') ? 'updated' : undefined
}

const changedSince = (own: DirectoryChange | undefined): boolean =>
  own !== undefined && own.sequence > own.createdSequence

function memberOf({ id, deleted }: DirectoryChange): ChangeNotification {
  return { id: id.split('/')[1] ?? '', ...(deleted ? { '@removed': 'deleted' } : {}) }
}

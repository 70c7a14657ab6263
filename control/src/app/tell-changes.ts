import { type Clock, type EpochMs, SECOND_MS } from '@muster/shared/core'
import { type DirectoryChange, memberKinds } from '../domain/directory-change.ts'
import {
  type ChangeNotification,
  lifecycleNotification,
  notificationsOf,
} from '../domain/subscriptions/notification.ts'
import { afterFailure, type ChangeSubscription, isDue, needsRenewal } from '../domain/subscriptions/subscription.ts'
import { watchedOf } from '../domain/subscriptions/watched.ts'
import type { Store } from './ports.ts'
import type { Receivers } from './receivers.ts'

export interface TellingDeps {
  readonly store: Store
  readonly receivers: Receivers
  readonly tenantId: string
  /** Subscriptions last in the time in which their receivers live. */
  readonly wall: Clock
}

export interface Telling {
  /** Tell what is to be told now. Receivers that are being told already are left alone. */
  tell(): Promise<void>
  /** Give up what is under way; it is told after the next start. */
  stop(): Promise<void>
}

/** Graph waits three seconds for a receiver. */
const ANSWER_MS = 3 * SECOND_MS
/** Changes that are looked at for one call. */
const CHANGES_MAX = 200

/**
 * Tells the receivers of subscriptions what has changed, at least once and in order: a subscription knows up to which
 * change it has been told, and that moves when its receiver has said that it has heard. What one address is to be told goes
 * in one call.
 */
export function createTelling(deps: TellingDeps): Telling {
  const { store, wall } = deps
  let stopped = false
  const underWay = new Map<string, Promise<void>>()
  /** Up to where there is nothing of what a subscription watches. */
  const seen = new Map<string, number>()

  const once = (key: string, work: () => Promise<void>): void => {
    if (underWay.has(key)) return
    const job = work().finally(() => underWay.delete(key))
    underWay.set(key, job)
  }
  const call = (url: string, value: readonly ChangeNotification[]): Promise<boolean> =>
    heard(deps.receivers, url, value)

  /** One call to an address; whether there is more to tell it at once. */
  const tellSome = async (url: string): Promise<boolean> => {
    const telling: Told[] = []
    for (const subscription of await store.subscriptions.list())
      if (subscription.notificationUrl === url && isWatching(subscription, wall.nowMs()))
        telling.push(await changesFor(deps, subscription, seen))
    const value = telling.flatMap(({ notifications }) => notifications)
    const isHeard = value.length === 0 || (await call(url, value))
    if (stopped) return false
    await noteTold(
      telling.filter(({ subscription, upTo }) => upTo > subscription.toldUpTo),
      isHeard,
    )
    return isHeard && telling.some(({ more }) => more)
  }

  const noteTold = async (telling: readonly Told[], isHeard: boolean): Promise<void> => {
    if (telling.length === 0) return
    await store.transaction(async (tables) => {
      for (const { subscription, upTo, notifications } of telling) {
        // It may have been renewed or deleted meanwhile.
        const now = await tables.subscriptions.get(subscription.id)
        if (!now || now.removed) continue
        const after = isHeard || notifications.length === 0 ? toldTo(now, upTo) : unheard(now, wall.nowMs())
        if (after) await tables.subscriptions.put(after)
        else await tables.subscriptions.delete(now.id)
      }
    })
  }

  const tellLifecycle = async (subscription: ChangeSubscription, url: string): Promise<void> => {
    const isHeard = await call(url, [lifecycleNotification(subscription, deps.tenantId)])
    if (stopped) return
    await store.transaction(async (tables) => {
      const now = await tables.subscriptions.get(subscription.id)
      if (now?.lifecycle?.event !== subscription.lifecycle?.event || !now?.lifecycle) return
      const failing = isHeard ? undefined : afterFailure(now.lifecycle.failing, wall.nowMs())
      const { lifecycle, ...rest } = now
      if (failing) await tables.subscriptions.put({ ...rest, lifecycle: { event: lifecycle.event, failing } })
      else if (now.removed) await tables.subscriptions.delete(now.id)
      else await tables.subscriptions.put(rest)
    })
  }

  return {
    tell: async () => {
      const nowMs = wall.nowMs()
      const subscriptions = await currentOf(deps, nowMs)
      for (const id of seen.keys()) if (!subscriptions.some((each) => each.id === id)) seen.delete(id)
      const watching = subscriptions.filter((each) => isWatching(each, nowMs))
      for (const url of new Set(watching.map(({ notificationUrl }) => notificationUrl)))
        once(url, async () => {
          while (!stopped && (await tellSome(url)));
        })
      for (const each of subscriptions) {
        const { id, lifecycle, lifecycleNotificationUrl: url } = each
        if (url !== undefined && lifecycle && isDue(lifecycle.failing, nowMs))
          once(`lifecycle of ${id}`, () => tellLifecycle(each, url))
      }
      await Promise.all(underWay.values())
    },
    stop: async () => {
      stopped = true
      deps.receivers.close()
      await Promise.allSettled(underWay.values())
    },
  }
}

/** What a subscription is to be told, and how far that goes. */
interface Told {
  readonly subscription: ChangeSubscription
  readonly notifications: readonly ChangeNotification[]
  readonly upTo: number
  /** There may be more behind. */
  readonly more: boolean
}

const isWatching = ({ removed, failing, expiresAtMs }: ChangeSubscription, nowMs: EpochMs): boolean =>
  !removed && expiresAtMs > nowMs && isDue(failing, nowMs)

/** Subscriptions as they are at a time: without those that are over, and with those that are to be renewed asked to. */
async function currentOf({ store }: TellingDeps, nowMs: EpochMs): Promise<readonly ChangeSubscription[]> {
  const all = await store.subscriptions.list()
  const isOver = ({ expiresAtMs, removed }: ChangeSubscription) => !removed && expiresAtMs <= nowMs
  const wanting = (each: ChangeSubscription) =>
    each.lifecycleNotificationUrl !== undefined && !each.removed && needsRenewal(each, nowMs)
  if (!all.some((each) => isOver(each) || wanting(each))) return all
  return store.transaction(async (tables) => {
    for (const each of await tables.subscriptions.list()) {
      if (isOver(each)) await tables.subscriptions.delete(each.id)
      else if (wanting(each))
        await tables.subscriptions.put({
          ...each,
          lifecycle: { event: 'reauthorizationRequired' },
          askedToRenew: true,
        })
    }
    return tables.subscriptions.list()
  })
}

async function changesFor(
  { store, tenantId }: TellingDeps,
  subscription: ChangeSubscription,
  seen: Map<string, number>,
): Promise<Told> {
  const { directoryChanges } = store
  const watched = watchedOf(subscription.watched)
  const { kind, parts } = watched.set
  const latest = await directoryChanges.latest()
  const from = Math.max(subscription.toldUpTo, seen.get(subscription.id) ?? 0)
  const changes = latest > from ? await directoryChanges.since(from, [kind, ...parts], CHANGES_MAX) : []
  const last = changes.at(-1)
  if (!last) {
    seen.set(subscription.id, Math.max(from, latest))
    return { subscription, notifications: [], upTo: subscription.toldUpTo, more: false }
  }
  const named = await withDirectoryIds(store, changes)
  return {
    subscription,
    notifications: notificationsOf(subscription, watched, named, tenantId),
    upTo: last.sequence,
    more: changes.length === CHANGES_MAX,
  }
}

/** Groups know devices by their own id, clients of the directory by another. */
async function withDirectoryIds(
  { devices }: Pick<Store, 'devices'>,
  changes: readonly DirectoryChange[],
): Promise<readonly DirectoryChange[]> {
  const memberOf = ({ id }: DirectoryChange): string => id.split('/')[1] ?? ''
  const members = changes.filter(({ kind }) => memberKinds.some((each) => each === kind)).map(memberOf)
  if (members.length === 0) return changes
  const known = new Map((await devices.getMany(members)).map(({ id, directoryId }) => [id, directoryId]))
  return changes.map((change) => {
    const directoryId = known.get(memberOf(change))
    return directoryId === undefined ? change : { ...change, id: `${change.id.split('/')[0]}/${directoryId}` }
  })
}

function toldTo({ failing: _, ...subscription }: ChangeSubscription, upTo: number): ChangeSubscription {
  return { ...subscription, toldUpTo: Math.max(subscription.toldUpTo, upTo) }
}

/** After a call that nobody heard: to be tried again, or over; undefined when nobody wants to know that it is over. */
function unheard(subscription: ChangeSubscription, nowMs: EpochMs): ChangeSubscription | undefined {
  const failing = afterFailure(subscription.failing, nowMs)
  if (failing) return { ...subscription, failing }
  if (subscription.lifecycleNotificationUrl === undefined) return undefined
  return { ...subscription, removed: true, lifecycle: { event: 'subscriptionRemoved' } }
}

/** Whether a receiver says that it has heard. */
async function heard(receivers: Receivers, url: string, value: readonly ChangeNotification[]): Promise<boolean> {
  const body = JSON.stringify({ value })
  const reply = await receivers
    .post({ url, contentType: 'application/json; charset=utf-8', body, timeoutMs: ANSWER_MS })
    .catch(() => undefined)
  return reply !== undefined && reply.status >= 200 && reply.status < 300
}

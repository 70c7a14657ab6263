import { type EpochMs, HOUR_MS, MINUTE_MS, SECOND_MS } from '@muster/shared/core'
import type { ChangeType } from './watched.ts'

/** An application that wants to be told of changes, and what it has been told. Times are the wall's: clients live there. */
export interface ChangeSubscription {
  readonly id: string
  /** As the client wrote it. */
  readonly resource: string
  /** The path of the set, and the id of the one entity of it. */
  readonly watched: { readonly set: string; readonly id?: string; readonly membersOnly: boolean }
  readonly changeTypes: readonly ChangeType[]
  readonly notificationUrl: string
  readonly lifecycleNotificationUrl?: string
  /** A secret of the client's, told with each notification. */
  readonly clientState?: string
  readonly latestSupportedTlsVersion: string
  readonly applicationId: string
  /** The user, or the application, that subscribed. */
  readonly creatorId: string
  readonly authorizedAtMs: EpochMs
  readonly expiresAtMs: EpochMs
  /** The sequence of the last change that was told, or that there was nothing to tell of. */
  readonly toldUpTo: number
  /** Its receiver does not answer. */
  readonly failing?: Failing
  /** What is to be told of the subscription itself. */
  readonly lifecycle?: { readonly event: LifecycleEvent; readonly failing?: Failing }
  /** It has been asked to renew, since it last did. */
  readonly askedToRenew?: true
  /** It is over, and kept only until that is told. */
  readonly removed?: true
}

export type LifecycleEvent = 'reauthorizationRequired' | 'subscriptionRemoved'

/** Since when, how often, and when next. */
export interface Failing {
  readonly sinceMs: EpochMs
  readonly attempts: number
  readonly retryAtMs: EpochMs
}

/** Directory resources can be watched for up to 29 days; Graph makes less than 45 minutes 45 minutes. */
export const LIFETIME_MAX_MINUTES = 41_760
const LIFETIME_MIN_MS = 45 * MINUTE_MS
/** A receiver is tried for up to four hours. */
const PATIENCE_MS = 4 * HOUR_MS
const PAUSE_MAX_MS = 5 * MINUTE_MS
/** How long before its end a subscription is asked to renew, at most. */
const RENEWAL_MS = 3 * HOUR_MS

/** When a subscription ends that is to end at a time; undefined if that is past, or further away than it may be. */
export function endOf(wantedMs: EpochMs, nowMs: EpochMs): EpochMs | undefined {
  if (!(wantedMs > nowMs) || wantedMs > nowMs + LIFETIME_MAX_MINUTES * MINUTE_MS) return undefined
  return Math.max(wantedMs, nowMs + LIFETIME_MIN_MS)
}

/** The next attempt after one that failed: later each time. Undefined when it has been tried for long enough. */
export function afterFailure(failing: Failing | undefined, nowMs: EpochMs): Failing | undefined {
  const { sinceMs = nowMs, attempts = 0 } = failing ?? {}
  if (nowMs - sinceMs >= PATIENCE_MS) return undefined
  const pauseMs = Math.min(SECOND_MS * 2 ** attempts, PAUSE_MAX_MS)
  return { sinceMs, attempts: attempts + 1, retryAtMs: nowMs + pauseMs }
}

export const isDue = (failing: Failing | undefined, nowMs: EpochMs): boolean =>
  failing === undefined || failing.retryAtMs <= nowMs

/** Whether a subscription is to be asked to renew: in the last quarter of its time, three hours before its end at most. */
export function needsRenewal(
  { askedToRenew, authorizedAtMs, expiresAtMs }: ChangeSubscription,
  nowMs: EpochMs,
): boolean {
  const noticeMs = Math.min((expiresAtMs - authorizedAtMs) / 4, RENEWAL_MS)
  return askedToRenew === undefined && nowMs >= expiresAtMs - noticeMs
}

/** A subscription that has been renewed, or authorized anew, with what else that changes. */
export function reauthorized(
  { askedToRenew: _, lifecycle: __, ...subscription }: ChangeSubscription,
  nowMs: EpochMs,
  changed: Partial<Pick<ChangeSubscription, 'expiresAtMs' | 'notificationUrl'>> = {},
): ChangeSubscription {
  return { ...subscription, ...changed, authorizedAtMs: nowMs }
}

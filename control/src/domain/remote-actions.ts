import { enrolmentMode, type NativeCommand, type RemoteActionName } from '@muster/shared/contracts'
import { DAY_MS, type EpochMs, ok, type Result, refuse } from '@muster/shared/core'
import { managementOf } from './management/index.ts'
import type { Device, ManagementState, RemoteAction, RemoteActionState } from './model.ts'

/** Retire, wipe and delete take a device out of management and trump everything else. */
const departures: ReadonlySet<RemoteActionName> = new Set(['retire', 'wipe', 'delete'])

export const isDeparture = (action: RemoteActionName): boolean => departures.has(action)

/** Requests per tenant and day. Source: Intune, remote actions, tenant limits (2026). */
export const dailyLimits: Readonly<Partial<Record<RemoteActionName, number>>> = {
  wipe: 500,
  retire: 1_000,
  delete: 1_000,
}

export const dailyLimitSinceMs = (nowMs: EpochMs): EpochMs => nowMs - DAY_MS

/** Whether the tenant may request an action `times` more today. Refusal: `action/daily-limit`. */
export function checkDailyLimit(action: RemoteActionName, requestedToday: number, times: number): Result<true> {
  const limit = dailyLimits[action]
  if (limit === undefined || requestedToday + times <= limit) return ok(true)
  return refuse(
    'action/daily-limit',
    `${action} was requested ${requestedToday} times in 24 hours; ${limit} are allowed`,
  )
}

/**
 * The command that carries an action out on a device, or `undefined` where its platform or mode has no such action.
 * Delete sends what takes the device out of management there: a wipe on corporate Android, a retire elsewhere.
 */
export function commandFor(
  action: RemoteActionName,
  parameters: Readonly<Record<string, unknown>>,
  device: Pick<Device, 'platform' | 'mode'>,
): NativeCommand | undefined {
  const mode = enrolmentMode(device.platform, device.mode)
  if (!mode) return undefined
  return managementOf(device.platform).renderAction(action, parameters, { platform: device.platform, mode })
}

/**
 * The other open actions that a new one makes pointless: its own kind, and all when it takes the device out. A departure
 * that has been handed over cannot be called back: the device may be gone with it already, so it stays open for its answer.
 */
export function superseded(open: readonly RemoteAction[], action: RemoteActionName): readonly RemoteAction[] {
  return open
    .filter((other) => isDeparture(action) || other.action === action)
    .filter((other) => !isDeparture(other.action) || other.state === 'pending')
}

/** Whether anything may still be asked of a device that is on its way out. Refusal: `action/device-leaving`. */
export function checkNotLeaving(open: readonly RemoteAction[], action: RemoteActionName): Result<true> {
  const leaving = open.find((other) => isDeparture(other.action) && other.state === 'active')
  if (!leaving || isDeparture(action)) return ok(true)
  return refuse('action/device-leaving', `a ${leaving.action} is under way on this device`)
}

/** `managementState` once an action has been requested, handed over, or has failed. */
export function managementStateAfter(action: RemoteActionName, state: RemoteActionState): ManagementState | undefined {
  const wiping = action === 'wipe'
  // Done, and the device is still there: a wipe that kept its enrolment.
  if (isDeparture(action) && state === 'done') return 'managed'
  if (action === 'delete') return 'deletePending'
  if (action !== 'retire' && !wiping) return undefined
  if (state === 'pending') return wiping ? 'wipePending' : 'retirePending'
  if (state === 'active') return wiping ? 'wipeIssued' : 'retireIssued'
  if (state === 'failed' || state === 'notSupported') return wiping ? 'wipeFailed' : 'retireFailed'
  return state === 'canceled' ? 'managed' : undefined
}

/** Where a device stands when it has carried out an action that takes it out; `undefined` when it stays. */
export function lifecycleAfter(action: RemoteActionName, keepEnrolment: boolean): Device['lifecycle'] | undefined {
  if (action === 'retire') return 'retired'
  if (action === 'delete') return 'deleted'
  return action === 'wipe' && !keepEnrolment ? 'wiped' : undefined
}

import type { EpochMs } from '@muster/shared/core'
import type { Device, Notification, RemoteAction, ScheduledAction } from '../domain/model.ts'
import { takesPushMessages } from '../domain/push-messages.ts'
import { commandFor } from '../domain/remote-actions.ts'
import type { Judged } from './judge-devices.ts'
import type { Ids } from './ports.ts'

/** What actions for noncompliance come to: messages, remote actions, and the device on the retire list. */
export interface Consequences {
  readonly device: Device
  readonly notifications: readonly Notification[]
  readonly actions: readonly RemoteAction[]
}

const service = { type: 'service', id: 'compliance', displayName: 'Actions for noncompliance' } as const

/**
 * Carry out the scheduled actions that are due. `retire` puts the device on the retire list and never retires by itself;
 * `block` is the compliance state itself. Several pushes at once collapse to one.
 */
export function consequencesOf(
  { device, dueActions }: Judged,
  mailOf: (userId: string) => string | undefined,
  context: { readonly ids: Ids; readonly nowMs: EpochMs; readonly correlationId: string },
): Consequences {
  let after = device
  const notifications: Notification[] = []
  const actions: RemoteAction[] = []
  for (const { row, action } of dueActions) {
    const note = notificationFor(action, device, row.policyId, mailOf, context)
    const pushedAlready = note?.channel === 'push' && notifications.some(({ channel }) => channel === 'push')
    if (note && !pushedAlready) notifications.push(note)
    const putOnList = action.actionType === 'retire' || action.actionType === 'wipe'
    if (
      putOnList &&
      after.retireListedAtMs === undefined &&
      commandFor(action.actionType === 'wipe' ? 'wipe' : 'retire', {}, device)
    ) {
      after = { ...after, retireListedAtMs: context.nowMs }
    }
    if (action.actionType === 'remoteLock' && commandFor('remoteLock', {}, device)) actions.push(lock(device, context))
  }
  return { device: after, notifications, actions }
}

function notificationFor(
  { actionType }: ScheduledAction,
  device: Device,
  policyId: string,
  mailOf: (userId: string) => string | undefined,
  { ids, nowMs }: { readonly ids: Ids; readonly nowMs: EpochMs },
): Notification | undefined {
  const mail = device.userId === undefined ? undefined : mailOf(device.userId)
  const note = (channel: Notification['channel'], recipient: string): Notification => ({
    id: ids.guid(),
    atMs: nowMs,
    deviceId: device.id,
    policyId,
    channel,
    recipient,
    subject: `${device.inventory.deviceName} does not meet the requirements of your organisation`.slice(0, 78),
  })
  // No mail address, no mail: the user principal name is not used instead.
  if (actionType === 'notification') return mail === undefined ? undefined : note('email', mail)
  if (actionType !== 'pushNotification' || device.userId === undefined || !takesPushMessages(device.platform))
    return undefined
  return note('push', device.userId)
}

function lock(
  device: Device,
  { ids, nowMs, correlationId }: { readonly ids: Ids; readonly nowMs: EpochMs; readonly correlationId: string },
): RemoteAction {
  return {
    id: ids.guid(),
    deviceId: device.id,
    action: 'remoteLock',
    parameters: {},
    state: 'pending',
    requestedAtMs: nowMs,
    requestedBy: service,
    correlationId,
  }
}

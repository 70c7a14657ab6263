import type { EpochMs } from '@muster/shared/core'
import type { Device, DevicePolicy, RemoteAction, ScheduledAction, User } from '../domain/model.ts'
import type { Notification, NotificationTemplate } from '../domain/notification.ts'
import { messageFor, SENDER } from '../domain/notification-message.ts'
import { takesPushMessages } from '../domain/push-messages.ts'
import { commandFor } from '../domain/remote-actions.ts'
import type { Judged } from './judge-devices.ts'
import type { Ids } from './ports.ts'

/** What actions for noncompliance come to: messages, remote actions, and the device on the retire list. */
export interface Consequences {
  readonly device: Device
  readonly rows: readonly DevicePolicy[]
  readonly notifications: readonly Notification[]
  readonly actions: readonly RemoteAction[]
}

export interface ConsequenceContext {
  readonly user: User | undefined
  readonly templates: ReadonlyMap<string, NotificationTemplate>
  readonly ids: Ids
  readonly nowMs: EpochMs
  readonly correlationId: string
}

const service = { type: 'service', id: 'compliance', displayName: 'Actions for noncompliance' } as const

/**
 * Carry out the scheduled actions that are due. `retire` puts the device on the retire list and never retires by itself;
 * `block` is the compliance state itself. Several pushes of one policy on one day (UTC) collapse to one.
 */
export function consequencesOf({ device, rows, dueActions }: Judged, context: ConsequenceContext): Consequences {
  const pushedAtMs = new Map(rows.map((row) => [row.policyId, row.pushedAtMs]))
  const notifications: Notification[] = []
  const actions: RemoteAction[] = []
  let listed = device.retireListedAtMs !== undefined
  for (const { row, action } of dueActions) {
    const { policyId } = row
    const note = notificationFor(action, device, policyId, context)
    const repeated = note?.channel === 'push' && sameDay(pushedAtMs.get(policyId), context.nowMs)
    if (note && !repeated) notifications.push(note)
    if (note?.channel === 'push') pushedAtMs.set(policyId, context.nowMs)
    listed ||= putsOnRetireList(action, device)
    if (action.actionType === 'remoteLock' && commandFor('remoteLock', {}, device)) actions.push(lock(device, context))
  }
  return {
    device: listed ? { ...device, retireListedAtMs: device.retireListedAtMs ?? context.nowMs } : device,
    rows: rows.map((row) => {
      const pushed = pushedAtMs.get(row.policyId)
      return pushed === undefined ? row : { ...row, pushedAtMs: pushed }
    }),
    notifications,
    actions,
  }
}

const dayOf = (atMs: EpochMs): string => new Date(atMs).toISOString().slice(0, 10)
const sameDay = (a: EpochMs | undefined, b: EpochMs): boolean => a !== undefined && dayOf(a) === dayOf(b)

/** Only where there is such a command: Linux has none. */
function putsOnRetireList({ actionType }: ScheduledAction, device: Device): boolean {
  return (actionType === 'retire' || actionType === 'wipe') && commandFor(actionType, {}, device) !== undefined
}

function notificationFor(
  { actionType, notificationTemplateId }: ScheduledAction,
  device: Device,
  policyId: string,
  { user, templates, ids, nowMs }: ConsequenceContext,
): Notification | undefined {
  if (!user) return undefined
  const channel = channelOf(actionType, device)
  // No mail address, no mail: the user principal name is not used instead.
  const recipient = channel === 'email' ? user.mail : user.id
  if (channel === undefined || recipient === undefined) return undefined
  const template = templates.get(notificationTemplateId ?? '')
  return {
    id: ids.guid(),
    atMs: nowMs,
    deviceId: device.id,
    policyId,
    channel,
    sender: SENDER,
    recipient,
    ...messageFor(template, user, device),
  }
}

function channelOf(actionType: ScheduledAction['actionType'], device: Device): Notification['channel'] | undefined {
  if (actionType === 'notification') return 'email'
  return actionType === 'pushNotification' && takesPushMessages(device.platform) ? 'push' : undefined
}

function lock(device: Device, { ids, nowMs, correlationId }: ConsequenceContext): RemoteAction {
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

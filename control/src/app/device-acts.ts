import type { Clock } from '@muster/shared/core'
import type { Actor, AuditEvent, Device } from '../domain/model.ts'
import type { Ids, Signal } from './ports.ts'

/** Who does what to a device, and under which correlation id. */
export interface DeviceAct {
  readonly deviceId: string
  readonly actor: Actor
  readonly correlationId: string
}

/** What a device does by itself is done in its own name. */
export const itself = ({ id, inventory: { deviceName } }: Device): Actor => ({
  type: 'service',
  id,
  displayName: deviceName,
})

/** The record of something that was done to a device's identity. */
export function actOn(
  { clock, ids }: { readonly clock: Clock; readonly ids: Ids },
  { id, inventory, scopeTagIds }: Device,
  { actor, correlationId }: Omit<DeviceAct, 'deviceId'>,
  activityType: string,
  changed: { readonly name: string; readonly oldValue: string | null; readonly newValue: string | null },
): AuditEvent {
  return {
    id: ids.guid(),
    atMs: clock.nowMs(),
    activityType,
    operation: 'Action',
    result: 'Success',
    category: 'Device',
    componentName: 'ManagedDevices',
    actor,
    correlationId,
    ...(scopeTagIds ? { scopeTagIds } : {}),
    resources: [{ id, type: 'ManagedDevice', displayName: inventory.deviceName, modifiedProperties: [changed] }],
  }
}

/** Told of a device that is in other hands from now on. */
export const transferSignal = (
  { id, inventory: { deviceName } }: Device,
  { from, to, atMs, correlationId }: { from: string; to: string; atMs: number; correlationId: string },
): Signal => ({
  atMs,
  what: 'device.transferred',
  text: `${deviceName} went from agent ${from} to agent ${to}`,
  deviceId: id,
  correlationId,
})

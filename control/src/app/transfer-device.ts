import { type Clock, ok, type Result, refuse } from '@muster/shared/core'
import { actOn, type DeviceAct, transferSignal } from './device-acts.ts'
import { pokesFor, type Waking } from './poke-plan.ts'
import type { Ids, Signals, Store } from './ports.ts'

export interface TransferDeps extends Waking {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
}

/**
 * Give a device into the hands of another agent: only through that one is it heard from now on. Its certificate stays; who
 * has not got its key can do nothing with the transfer. Nothing is done for a device that is there already.
 * Refusal: `checkin/unknown-device`.
 */
export async function transferDevice(
  { store, clock, ids, signals, poke, relay }: TransferDeps,
  act: DeviceAct & { readonly agentId: string },
): Promise<Result<{ readonly from: string; readonly to: string }>> {
  const { deviceId, agentId: to, correlationId } = act
  const moved = await store.transaction(async (tables) => {
    const [device] = await tables.devices.getMany([deviceId])
    if (device?.lifecycle !== 'managed') return refuse('checkin/unknown-device', `no device is managed as ${deviceId}`)
    const from = device.agentId
    if (from === to) return ok({ device, from })
    const after = { ...device, agentId: to }
    await tables.devices.put([after])
    const changed = { name: 'agentId', oldValue: from, newValue: to }
    await tables.audit.append([actOn({ clock, ids }, device, act, 'transferDevice ManagedDevice', changed)])
    await tables.outbox.append(pokesFor([after], { ...poke, reason: 'sync', correlationId }))
    return ok({ device, from })
  })
  if (!moved.ok) return moved
  const { device, from } = moved.value
  if (from !== to) {
    relay()
    signals.emit(transferSignal(device, { from, to, atMs: clock.nowMs(), correlationId }))
  }
  return ok({ from, to })
}

import type { DeviceSelector } from '@muster/shared/contracts'
import { selectionDraw } from '@muster/shared/core'
import type { Slot } from './slots.ts'

/**
 * The devices that an order is for. Of those that match, the share is the same devices every time for the same salt:
 * each is in or out by its own draw, whatever agent it lives on and whoever else there is.
 */
export function selectDevices(slots: Iterable<Slot>, selector: DeviceSelector): readonly Slot[] {
  const { group, platform, deviceIds, share, salt } = selector
  const ids = deviceIds && new Set(deviceIds)
  const chosen: Slot[] = []
  for (const slot of slots) {
    const { state } = slot
    if (group !== undefined && state.group !== group) continue
    if (platform !== undefined && state.platform !== platform) continue
    if (ids && (state.deviceId === undefined || !ids.has(state.deviceId))) continue
    if (share < 1 && selectionDraw(state.seed, salt, state.key) >= share) continue
    chosen.push(slot)
  }
  return chosen
}

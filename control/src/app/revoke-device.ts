import { type Clock, type EpochMs, ok, type Result, refuse } from '@muster/shared/core'
import type { DeviceCertificate } from '../domain/model.ts'
import { actOn, type DeviceAct } from './device-acts.ts'
import type { Ids, Signals, Store } from './ports.ts'

export interface RevokeDeps {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
}

/**
 * Take a device's word from it: every certificate that it has is revoked, and nothing that it has said and that is not
 * committed by then is ever committed. The commit of this is the boundary: writers take turns, and each takes its time when
 * it has its turn. Its record stays; it may enrol anew. Refusal: `checkin/unknown-device`.
 */
export async function revokeDevice(
  { store, clock, ids, signals }: RevokeDeps,
  act: DeviceAct & { readonly reason: NonNullable<DeviceCertificate['revocationReason']> },
): Promise<Result<{ readonly revokedAtMs: EpochMs; readonly certificates: number }>> {
  const { deviceId, reason, correlationId } = act
  const revoked = await store.transaction(async (tables) => {
    const nowMs = clock.nowMs()
    const [device] = await tables.devices.getMany([deviceId])
    if (!device) return refuse('checkin/unknown-device', `no device has the id ${deviceId}`)
    const all = await tables.certificates.forDevices([deviceId])
    const inForce = all.filter(({ state }) => state !== 'revoked')
    await tables.certificates.put(
      inForce.map((each) => ({ ...each, state: 'revoked', revokedAtMs: nowMs, revocationReason: reason })),
    )
    const changed = { name: 'certificateState', oldValue: 'active', newValue: `revoked (${reason})` }
    await tables.audit.append([actOn({ clock, ids }, device, act, 'revokeCertificates ManagedDevice', changed)])
    return ok({ device, nowMs, certificates: inForce.length })
  })
  if (!revoked.ok) return revoked
  const { device, nowMs, certificates } = revoked.value
  const text = `${device.inventory.deviceName}: its certificates are revoked (${reason})`
  signals.emit({ atMs: nowMs, what: 'device.revoked', text, deviceId, correlationId })
  return ok({ revokedAtMs: nowMs, certificates })
}

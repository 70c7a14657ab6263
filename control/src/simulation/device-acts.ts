import { DeviceRevocation, DeviceTransfer } from '@muster/shared/contracts'
import { unwrap } from '@muster/shared/core'
import { revokeDevice } from '../app/revoke-device.ts'
import { transferDevice } from '../app/transfer-device.ts'
import type { Control } from '../control.ts'
import { parseBody } from './body.ts'
import type { SimulationRequest } from './routes.ts'

/** What is done to a device's identity, each with an audit event: taken from it, or given to another agent. `undefined`: another path. */
export async function serveDeviceActs(
  { deps, signals, poke, relay }: Control,
  { method, path, body, actor, correlationId }: SimulationRequest,
): Promise<unknown> {
  const [, deviceId = '', act] = /^\/devices\/([^/]+)\/(revoke|transfer)$/.exec(path) ?? []
  if (method !== 'POST' || act === undefined) return undefined
  const { store, clock, ids } = deps
  const by = { deviceId, actor, correlationId }
  if (act === 'revoke')
    return unwrap(
      await revokeDevice({ store, clock, ids, signals }, { ...by, ...parseBody(DeviceRevocation, body ?? {}) }),
    )
  const waking = { poke, relay: () => relay.wake() }
  return unwrap(
    await transferDevice({ store, clock, ids, signals, ...waking }, { ...by, ...parseBody(DeviceTransfer, body) }),
  )
}

import type { RemoteActionName } from '@muster/shared/contracts'
import type { Clock, EpochMs, Result } from '@muster/shared/core'
import { ok } from '@muster/shared/core'
import type { Actor, AuditEvent, Device, RemoteAction } from '../domain/model.ts'
import {
  checkDailyLimit,
  checkNotLeaving,
  commandFor,
  dailyLimitSinceMs,
  managementStateAfter,
  superseded,
} from '../domain/remote-actions.ts'
import { pokesFor, type Waking } from './poke-plan.ts'
import type { Ids, Store, Tables } from './ports.ts'

export interface ActionDeps extends Waking {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
}

export interface ActionRequest {
  readonly action: RemoteActionName
  readonly deviceIds: readonly string[]
  readonly parameters: Readonly<Record<string, unknown>>
  readonly requestedBy: Actor
  readonly correlationId: string
  /** One audit event for the request; its result is `Failure` when no device could be asked. */
  readonly audit: AuditEvent
}

/** As Graph's `bulkManagedDeviceActionResult` sorts device ids. */
export interface ActionOutcome {
  readonly successful: readonly string[]
  readonly failed: readonly string[]
  readonly notFound: readonly string[]
  readonly notSupported: readonly string[]
}

/**
 * Request a remote action on devices. It is pending until the device checks in (which a poke asks it to do), active when
 * handed over, then done, failed or not supported. Retire, wipe and delete cancel what else was open; delete hides the
 * device at once. Refusal for the whole request: `action/daily-limit`.
 */
export async function requestActions(deps: ActionDeps, asked: ActionRequest): Promise<Result<ActionOutcome>> {
  const request = { ...asked, deviceIds: [...new Set(asked.deviceIds)] }
  const nowMs = deps.clock.nowMs()
  const result = await deps.store.transaction(async (tables): Promise<Result<ActionOutcome>> => {
    const today = await tables.actions.countSince(request.action, dailyLimitSinceMs(nowMs))
    const allowed = checkDailyLimit(request.action, today, request.deviceIds.length)
    if (!allowed.ok) return allowed
    const sorted = await sortDevices(tables, request)
    await record(deps, tables, request, sorted, nowMs)
    return ok({
      successful: sorted.able.map(({ device }) => device.id),
      failed: sorted.failed,
      notFound: sorted.notFound,
      notSupported: sorted.unable.map((device) => device.id),
    })
  })
  deps.relay()
  return result
}

interface Sorted {
  readonly able: readonly { readonly device: Device; readonly open: readonly RemoteAction[] }[]
  readonly unable: readonly Device[]
  readonly failed: readonly string[]
  readonly notFound: readonly string[]
}

async function sortDevices(tables: Tables, { action, deviceIds, parameters }: ActionRequest): Promise<Sorted> {
  const devices = (await tables.devices.getMany(deviceIds)).filter((device) => device.lifecycle === 'managed')
  const openOf = Map.groupBy(await tables.actions.open(deviceIds), (open) => open.deviceId)
  const found = new Set(devices.map((device) => device.id))
  const supports = (device: Device): boolean => commandFor(action, parameters, device) !== undefined
  const supported = devices.filter(supports).map((device) => ({ device, open: openOf.get(device.id) ?? [] }))
  return {
    able: supported.filter(({ open }) => checkNotLeaving(open, action).ok),
    unable: devices.filter((device) => !supports(device)),
    failed: supported.filter(({ open }) => !checkNotLeaving(open, action).ok).map(({ device }) => device.id),
    notFound: deviceIds.filter((id) => !found.has(id)),
  }
}

async function record(
  deps: ActionDeps,
  tables: Tables,
  request: ActionRequest,
  sorted: Sorted,
  nowMs: EpochMs,
): Promise<void> {
  const { action, parameters, requestedBy, correlationId } = request
  const make = (device: Device, state: RemoteAction['state']): RemoteAction => ({
    id: deps.ids.guid(),
    deviceId: device.id,
    action,
    parameters,
    state,
    requestedAtMs: nowMs,
    requestedBy,
    correlationId,
    ...(state === 'pending' ? {} : { finishedAtMs: nowMs }),
  })
  const canceled = sorted.able.flatMap(({ open }) => superseded(open, action))
  await tables.actions.put([
    ...canceled.map((open): RemoteAction => ({ ...open, state: 'canceled', finishedAtMs: nowMs })),
    ...sorted.able.map(({ device }) => make(device, 'pending')),
    ...sorted.unable.map((device) => make(device, 'notSupported')),
  ])
  const managementState = managementStateAfter(action, 'pending')
  if (managementState) {
    const lifecycle = action === 'delete' ? { lifecycle: 'deleted' as const } : {}
    await tables.devices.put(sorted.able.map(({ device }) => ({ ...device, managementState, ...lifecycle })))
  }
  const result = sorted.able.length > 0 ? 'Success' : 'Failure'
  await tables.audit.append([{ ...request.audit, result }])
  const devices = sorted.able.map(({ device }) => device)
  await tables.outbox.append(pokesFor(devices, { ...deps.poke, reason: 'action', correlationId }))
}

import type { Clock } from '@muster/shared/core'
import type { AuditEvent, Device, Policy } from '../domain/model.ts'
import { judgeAndAct } from './judge-and-act.ts'
import { freshPlanner, type Planning } from './planning.ts'
import { type PokeContext, pokesFor } from './poke-plan.ts'
import type { Ids, Signals, Store, Tables } from './ports.ts'
import { retargetDevices } from './retarget-devices.ts'

export interface PublishDeps {
  readonly store: Store
  readonly planning: Planning
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
  readonly poke: Pick<PokeContext, 'tenant' | 'checkInsPerSecond' | 'speed'>
  /** Tell the relay that the outbox has something. */
  readonly relay: () => void
}

/** Devices that are retargeted at a time. */
const PAGE = 1_000

/** What an administrator's change writes beside the change itself. */
export interface Change {
  readonly correlationId: string
  readonly audit: AuditEvent
}

/**
 * Change policies, filters or groups, and bring every device in line with it, in one transaction: the change, the targets,
 * the audit event and the pokes are there together or not at all. `platforms` narrows who can be touched. Answers how
 * many devices' policy sets changed.
 */
export async function publish(
  deps: PublishDeps,
  change: Change,
  platforms: readonly Device['platform'][] | undefined,
  write: (tables: Tables) => Promise<void>,
): Promise<number> {
  const nowMs = deps.clock.nowMs()
  const touched = await deps.store.transaction(async (tables) => {
    await write(tables)
    await tables.audit.append([change.audit])
    const devices = await retargetAll(deps, tables, change.correlationId, platforms)
    await tables.outbox.append(
      pokesFor(devices, { ...deps.poke, reason: 'policy', correlationId: change.correlationId }),
    )
    return devices.length
  })
  deps.planning.invalidate()
  deps.relay()
  deps.signals.emit({
    atMs: nowMs,
    what: 'policy.published',
    text: `${change.audit.activityType}: ${touched} devices`,
    correlationId: change.correlationId,
  })
  return touched
}

async function retargetAll(
  deps: PublishDeps,
  tables: Tables,
  correlationId: string,
  platforms: readonly Device['platform'][] | undefined,
): Promise<readonly Pick<Device, 'id' | 'agentId'>[]> {
  const nowMs = deps.clock.nowMs()
  const planner = await freshPlanner(tables)
  const policies = await tables.policies.list()
  const touched: Pick<Device, 'id' | 'agentId'>[] = []
  let after: string | undefined
  for (;;) {
    const page = await tables.devices.page({
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
      ...(platforms ? { platforms } : {}),
    })
    const changed = (await retargetDevices(tables, planner, page, { nowMs, correlationId })).filter(
      (entry) => entry.changed,
    )
    if (changed.length > 0) {
      // What no longer applies, or applies now, may change a device's compliance without a report.
      const rows = Map.groupBy(
        await tables.devicePolicies.forDevices(changed.map(({ device }) => device.id)),
        (row) => row.deviceId,
      )
      const acted = await judgeAndAct(
        tables,
        changed.map(({ device }) => ({ device, rows: rows.get(device.id) ?? [] })),
        { ids: deps.ids, nowMs, policies, correlationId: () => correlationId },
      )
      await tables.devices.put(acted.devices)
      touched.push(...changed.map(({ device: { id, agentId } }) => ({ id, agentId })))
    }
    const last = page.at(-1)
    if (!last || page.length < PAGE) return touched
    after = last.id
  }
}

/** The next revision of a policy after an edit: settings count, names and descriptions do not. */
export function revised(before: Policy, after: Omit<Policy, 'revision'>): Policy {
  const sameSettings = JSON.stringify(before.settings) === JSON.stringify(after.settings)
  const samePlatforms = JSON.stringify(before.platforms) === JSON.stringify(after.platforms)
  return { ...after, revision: sameSettings && samePlatforms ? before.revision : before.revision + 1 }
}

/** Platforms that a change from one policy to another can touch. */
export const platformsTouched = (...policies: readonly (Policy | undefined)[]): readonly Device['platform'][] => [
  ...new Set(policies.flatMap((policy) => policy?.platforms ?? [])),
]

import type { Clock } from '@muster/shared/core'
import type { AuditEvent, Device, Policy } from '../domain/model.ts'
import { judgeAndAct } from './judge-and-act.ts'
import type { Planner } from './planner.ts'
import { freshPlanner, type Planning } from './planning.ts'
import { pokesFor, type Waking } from './poke-plan.ts'
import type { Ids, Signals, Store, Tables } from './ports.ts'
import { retargetDevices } from './retarget-devices.ts'

export interface PublishDeps extends Waking {
  readonly store: Store
  readonly planning: Planning
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
}

/** Devices that are retargeted at a time. */
const PAGE = 1_000

export interface Change {
  readonly correlationId: string
  /** Platforms that the change can touch; all when absent. */
  readonly platforms?: readonly Device['platform'][]
}

/** What an administrator's change came to, beside what it wrote. */
export interface Written {
  readonly audit: AuditEvent
  /** The only devices that the change can touch; all of the platforms when absent. */
  readonly devices?: readonly Device[]
  /** True when compliance may come out differently although no policy set changes: a grace period, a setting of the tenant. */
  readonly evaluate?: boolean
}

/**
 * Change policies, filters, groups, users or settings, and bring every device in line with it, in one transaction: the
 * change, the targets, the audit event and the pokes are there together or not at all. `write` reads what it changes from
 * the tables it is given, so that two changes at once do not undo each other. Answers how many devices' policy sets
 * changed.
 */
export async function publish(
  deps: PublishDeps,
  change: Change,
  write: (tables: Tables) => Promise<Written>,
): Promise<number> {
  const nowMs = deps.clock.nowMs()
  const { audit, touched } = await deps.store.transaction(async (tables) => {
    const written = await write(tables)
    await tables.audit.append([written.audit])
    const devices = await retargetAll(deps, tables, change, written)
    await tables.outbox.append(
      pokesFor(devices, { ...deps.poke, reason: 'policy', correlationId: change.correlationId }),
    )
    // Before the next transaction can ask for it, so that no device is planned by what held before.
    deps.planning.invalidate()
    return { audit: written.audit, touched: devices.length }
  })
  deps.relay()
  deps.signals.emit({
    atMs: nowMs,
    what: 'policy.published',
    text: `${audit.activityType}: ${touched} devices`,
    correlationId: change.correlationId,
  })
  return touched
}

type Touched = Pick<Device, 'id' | 'agentId'>

async function retargetAll(
  deps: PublishDeps,
  tables: Tables,
  change: Change,
  written: Written,
): Promise<readonly Touched[]> {
  const planner = await freshPlanner(tables)
  const policies = await tables.policies.list()
  if (written.devices) return retargetPage(deps, tables, { planner, policies, change, written }, written.devices)
  const touched: Touched[] = []
  let after: string | undefined
  for (;;) {
    const page = await tables.devices.page({
      limit: PAGE,
      ...(after === undefined ? {} : { after }),
      ...(change.platforms ? { platforms: change.platforms } : {}),
    })
    touched.push(...(await retargetPage(deps, tables, { planner, policies, change, written }, page)))
    const last = page.at(-1)
    if (!last || page.length < PAGE) return touched
    after = last.id
  }
}

async function retargetPage(
  { clock, ids, poke }: PublishDeps,
  tables: Tables,
  {
    planner,
    policies,
    change: { correlationId },
    written,
  }: { planner: Planner; policies: readonly Policy[]; change: Change; written: Written },
  page: readonly Device[],
): Promise<readonly Touched[]> {
  const nowMs = clock.nowMs()
  const retargeted = await retargetDevices(tables, planner, page, { nowMs, correlationId })
  const changed = retargeted.filter((entry) => entry.changed)
  if (written.evaluate) {
    const others = retargeted.filter((entry) => !entry.changed)
    await tables.devices.put(others.map(({ device }) => ({ ...device, nextEvaluationAtMs: nowMs })))
  }
  if (changed.length === 0) return []
  // What no longer applies, or applies now, may change a device's compliance without a report.
  const rows = Map.groupBy(
    await tables.devicePolicies.forDevices(changed.map(({ device }) => device.id)),
    (row) => row.deviceId,
  )
  const acted = await judgeAndAct(
    tables,
    changed.map(({ device }) => ({ device, rows: rows.get(device.id) ?? [] })),
    { ids, nowMs, policies, poke, occasion: 'change', correlationId: () => correlationId },
  )
  await tables.devices.put(acted.devices)
  return changed.map(({ device: { id, agentId } }) => ({ id, agentId }))
}

/** The next revision of a policy after an edit: settings count, names and descriptions do not. */
export function revised(before: Policy, after: Omit<Policy, 'revision'>): Policy {
  const sameSettings = JSON.stringify(before.settings) === JSON.stringify(after.settings)
  const samePlatforms = JSON.stringify(before.platforms) === JSON.stringify(after.platforms)
  return { ...after, revision: sameSettings && samePlatforms ? before.revision : before.revision + 1 }
}

import type { Clock } from '@muster/shared/core'
import { judgeAndAct } from './judge-and-act.ts'
import type { Waking } from './poke-plan.ts'
import type { Ids, Signal, Signals, Store } from './ports.ts'

export interface SweepDeps extends Waking {
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
}

/** Devices that one transaction of the sweep looks at. */
const BATCH = 500

/**
 * Look again at devices whose compliance may have changed by time alone: grace periods that end, validity periods that
 * pass, errors held for too long, scheduled actions that fall due. Answers how many it looked at.
 */
export async function sweepCompliance({ store, clock, ids, signals, poke, relay }: SweepDeps): Promise<number> {
  const nowMs = clock.nowMs()
  const emitted: Signal[] = []
  const looked = await store.transaction(async (tables) => {
    const due = await tables.devices.dueForEvaluation(nowMs, BATCH)
    if (due.length === 0) return 0
    const rows = Map.groupBy(
      await tables.devicePolicies.forDevices(due.map((device) => device.id)),
      (row) => row.deviceId,
    )
    const acted = await judgeAndAct(
      tables,
      due.map((device) => ({ device, rows: rows.get(device.id) ?? [] })),
      {
        ids,
        nowMs,
        poke,
        occasion: 'look',
        policies: await tables.policies.list(),
        correlationId: (device) => `sweep-${device.id.slice(0, 8)}-${nowMs}`,
      },
    )
    await tables.devices.put(acted.devices)
    emitted.push(...acted.signals)
    return due.length
  })
  relay()
  for (const signal of emitted) signals.emit(signal)
  return looked
}

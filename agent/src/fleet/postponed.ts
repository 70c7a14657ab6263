import type { Clock, EpochMs } from '@muster/shared/core'
import type { InputWithoutTime, Postponed } from '../adapters/resting-fleet.ts'
import type { DeviceInput } from '../domain/index.ts'
import type { Slot } from './slots.ts'

/** Orders that reach their devices one after another, kept as data so that they can be put down and taken up. */
export interface PostponedInputs {
  add(atMs: EpochMs, slot: Slot, input: InputWithoutTime): void
  takeUp(postponed: readonly Postponed[]): void
  /** In the order in which they were given. */
  list(): readonly Postponed[]
}

export function createPostponed({
  clock,
  later,
  slots,
  feed,
}: {
  readonly clock: Clock
  readonly later: (atMs: EpochMs, run: () => void) => void
  readonly slots: ReadonlyMap<string, Slot>
  readonly feed: (slot: Slot, input: DeviceInput) => void
}): PostponedInputs {
  const waiting = new Set<Postponed>()
  const take = (one: Postponed): void => {
    const { atMs, key, input } = one
    waiting.add(one)
    later(atMs, () => {
      waiting.delete(one)
      const slot = slots.get(key)
      if (slot) feed(slot, { ...input, nowMs: clock.nowMs() } as DeviceInput)
    })
  }
  return {
    add: (atMs, { state }, input) => take({ atMs, key: state.key, input }),
    takeUp: (postponed) => {
      for (const one of postponed) take(one)
    },
    list: () => [...waiting],
  }
}

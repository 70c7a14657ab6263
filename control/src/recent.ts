import type { MeasurementPage } from '@muster/shared/contracts'

type Entry = MeasurementPage['entries'][number]

/** So many are kept: more than a service does between two looks. */
const KEPT_MAX = 20_000

/** The newest of what the service has measured, in the order in which it was over. */
export interface Recent {
  add(entry: Entry): void
  /** Those since a position, and the position behind them. One that is not of this life counts as the beginning. */
  since(position: number): { readonly entries: readonly Entry[]; readonly next: number }
}

export function createRecent(): Recent {
  let kept: Entry[] = []
  let first = 0
  return {
    add: (entry) => {
      kept.push(entry)
      if (kept.length < 2 * KEPT_MAX) return
      first += kept.length - KEPT_MAX
      kept = kept.slice(-KEPT_MAX)
    },
    since: (position) => {
      const next = first + kept.length
      return { entries: kept.slice(Math.max(0, position > next ? 0 : position - first)), next }
    },
  }
}

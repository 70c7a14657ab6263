import type { EpochMs } from '@muster/shared/core'
import { type Measurement, measuredOf } from './measured.ts'
import { badness, canJudge, meets, type Requirement, statisticIn } from './requirement.ts'

/** A stretch of simulated time; `toMs` is not in it. */
export interface Stretch {
  readonly fromMs: EpochMs
  readonly toMs: EpochMs
}

/** How a requirement fared, window by window. */
export interface WindowVerdict {
  /** Windows that were looked at, those that did not hold, those left out because of a fault, those with nothing in them. */
  readonly of: number
  readonly broken: number
  readonly excluded: number
  readonly empty: number
  /** The worst window, held or not. */
  readonly worst?: Stretch & { readonly value: number; readonly samples: number }
}

/** A window begins so often in the length of one. */
const STARTS_PER_WINDOW = 4

const overlaps = (a: Stretch, b: Stretch): boolean => a.fromMs < b.toMs && b.fromMs < a.toMs

/**
 * Hold a requirement against every window of a length within the stretches, a new one beginning at every quarter of it.
 * Windows that overlap one of `except` are left out, and so is what was under way in one; a window with nothing in it says
 * something only where things are counted. A stretch shorter than a window is one window.
 */
export function judgeWindows(
  requirement: Requirement,
  measurements: readonly Measurement[],
  { windowMs, within, except }: { windowMs: number; within: readonly Stretch[]; except: readonly Stretch[] },
): WindowVerdict {
  const sorted = measurements
    .filter((each) => !except.some((fault) => overlapsMeasurement(each, fault)))
    .sort((a, b) => a.atMs - b.atMs)
  const windows = within.flatMap((stretch) => [...windowsOf(stretch, windowMs)])
  const looked = windows.filter((window) => !except.some((fault) => overlaps(window, fault)))
  const judged = looked.flatMap((window) => {
    const measured = measuredOf(sorted.slice(firstAt(sorted, window.fromMs), firstAt(sorted, window.toMs)))
    if (!canJudge(requirement, measured)) return []
    const value = statisticIn(requirement.statistic, measured)
    return [{ ...window, value, samples: measured.samples, held: meets(requirement, measured) }]
  })
  const worst = judged.reduce<(typeof judged)[number] | undefined>(
    (most, each) => (most && badness(requirement, most.value) >= badness(requirement, each.value) ? most : each),
    undefined,
  )
  return {
    of: judged.length,
    broken: judged.filter(({ held }) => !held).length,
    excluded: windows.length - looked.length,
    empty: looked.length - judged.length,
    ...(worst ? { worst: { fromMs: worst.fromMs, toMs: worst.toMs, value: worst.value, samples: worst.samples } } : {}),
  }
}

/** The first of the measurements, which are in order, at a moment or after it. */
function firstAt(sorted: readonly Measurement[], atMs: EpochMs): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle]?.atMs ?? 0) < atMs) low = middle + 1
    else high = middle
  }
  return low
}

export const overlapsMeasurement = ({ fromMs, atMs }: Measurement, fault: Stretch): boolean =>
  fromMs < fault.toMs && fault.fromMs <= atMs

function* windowsOf({ fromMs, toMs }: Stretch, windowMs: number): Iterable<Stretch> {
  if (toMs - fromMs <= windowMs) {
    if (toMs > fromMs) yield { fromMs, toMs }
    return
  }
  const stepMs = windowMs / STARTS_PER_WINDOW
  for (let start = fromMs; start + windowMs <= toMs; start += stepMs) yield { fromMs: start, toMs: start + windowMs }
}

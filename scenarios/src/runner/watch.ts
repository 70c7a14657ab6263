import { CodedError } from '@muster/shared/core'
import type { AssertionWatch } from './assertions.ts'
import { type RunContext, sleep } from './context.ts'
import type { Known } from './measurements.ts'
import { checkThreshold, hasFailed, type ThresholdResult } from './thresholds.ts'

/** Looks at a run while it goes on. */
export interface Watch {
  /** The threshold that has ended the run. */
  readonly failed: ThresholdResult | undefined
  /** A phase begins: looks come as often again as at its beginning. */
  wake(): void
  /** No look is under way any more, and none will be. */
  stop(): Promise<void>
}

/**
 * Look over and over: measure what nobody could say afterwards, ask what is to hold all the time, and give the run up when a
 * threshold with `abortOnFail` has failed.
 */
export function startWatch(
  context: RunContext,
  assertions: AssertionWatch,
  giveUp: AbortController,
  runWallMs: () => number,
): Watch {
  const ending = new AbortController()
  const waiting = { signal: AbortSignal.any([context.signal, ending.signal]) }
  let failed: ThresholdResult | undefined
  let pausing = new AbortController()

  const look = async (): Promise<void> => {
    await context.measuring.poll()
    await assertions.look()
    const known: Known = { runWallMs: runWallMs(), cache: new Map() }
    failed = await firstFailed(context, known)
    if (failed)
      giveUp.abort(new CodedError('run/given-up', `${failed.name}: expected ${failed.expected}, got ${failed.got}`))
  }
  const loop = async (): Promise<void> => {
    while (!waiting.signal.aborted) {
      const tookMs = await looked(context, look)
      pausing = new AbortController()
      const signal = AbortSignal.any([waiting.signal, pausing.signal])
      const pauseMs = Math.max(context.stage.watchAgainMs(ageOf(context)), tookMs * BUSY_FACTOR)
      // Woken, or the end: the loop sees which.
      await sleep({ stage: context.stage, signal }, pauseMs).catch(() => undefined)
    }
  }
  const looking = loop()
  // What it fails with is thrown where it is waited for.
  looking.catch(() => undefined)
  return {
    get failed() {
      return failed
    },
    wake: () => pausing.abort(),
    stop: async () => {
      ending.abort()
      await looking
    },
  }
}

/** Where looking takes long, the pause after it is so many times as long. */
const BUSY_FACTOR = 10

/** How long the phase, or what comes before the first, has lasted. */
const ageOf = ({ phaseSpans, startedMs, nowMs }: RunContext): number =>
  nowMs() - (phaseSpans.at(-1)?.fromMs ?? startedMs)

/** One look, and how long it took. A service that is away, or a run that ends meanwhile, is no news. */
async function looked({ nowMs, signal }: RunContext, look: () => Promise<void>): Promise<number> {
  const sinceMs = nowMs()
  try {
    await look()
  } catch (error) {
    if (!(error instanceof CodedError) && !signal.aborted) throw error
  }
  return nowMs() - sinceMs
}

async function firstFailed(context: RunContext, known: Known): Promise<ThresholdResult | undefined> {
  for (const threshold of context.scenario.thresholds) {
    if (!threshold.abortOnFail) continue
    for (const text of threshold.require) {
      const result = await checkThreshold(context, threshold, text, known, true)
      if (hasFailed(result)) return { ...result, aborted: true }
    }
  }
  return undefined
}

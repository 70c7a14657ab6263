import { type RunContext, sleep } from './context.ts'

/** What waits, and what ends the wait. */
export type Waiting = Pick<RunContext, 'stage' | 'signal'>

/** Wait for so long, simulated; false when what waits is to end before that. */
export async function passes(waiting: Waiting, ms: number): Promise<boolean> {
  try {
    if (ms > 0) await sleep(waiting, ms)
    return !waiting.signal.aborted
  } catch (error) {
    if (waiting.signal.aborted) return false
    throw error
  }
}

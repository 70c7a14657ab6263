import { z } from 'zod'
import { parseDuration } from './duration.ts'

/** A moment of a run: so long after the beginning of a phase, or of the first one when none is named. */
export interface Moment {
  readonly phase?: string
  /** Simulated milliseconds. */
  readonly afterMs: number
}

/** `2h`, `rollout` or `rollout+30m`, read to a moment. */
export const MomentText = z.string().transform((text, context): Moment => {
  const alone = parseDuration(text)
  if (alone !== undefined) return { afterMs: alone }
  const [, phase = '', after] = /^([a-z0-9-]{1,40})(?:\s*\+\s*(\S+))?$/.exec(text.trim()) ?? []
  const afterMs = after === undefined ? 0 : parseDuration(after)
  if (phase !== '' && afterMs !== undefined) return { phase, afterMs }
  context.addIssue({
    code: 'custom',
    message: `expected a time such as 2h, a phase, or a phase and a time such as settle+30m, found ${JSON.stringify(text)}`,
  })
  return z.NEVER
})

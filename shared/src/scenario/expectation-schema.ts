import { z } from 'zod'
import { Duration, parseDuration } from './duration.ts'
import { metricNames } from './metrics.ts'
import { Id } from './terms.ts'

/** What is expected of a run: measured figures, conditions at moments or all the time, and a former run to compare with. */

const oneOrMore = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))

const Phases = z
  .union([Id, z.array(Id).min(1)])
  .transform((value): readonly string[] => (typeof value === 'string' ? [value] : value))

export const Threshold = z.strictObject({
  metric: z.enum(metricNames),
  /** What of the metric it is about; which of these there are depends on the metric. */
  where: z
    .strictObject({
      policy: Id.optional(),
      ring: Id.optional(),
      /** A part of the population, or a platform. */
      in: z.string().optional(),
      fault: z.string().optional(),
      /** As Graph's routes are written, below the version: `/deviceManagement/managedDevices/{id}`. */
      route: z.string().optional(),
    })
    .default({}),
  /** `p95 < 90s`, `max == 0`, `error.rate < 1%`. */
  require: oneOrMore,
  /** Must hold in every window of simulated time that is so long. */
  window: Duration.refine((ms) => ms >= 1_000, 'expected 1s at the least').optional(),
  /** Only what falls into these phases. @default the whole run */
  during: Phases.optional(),
  /** Faults by name: what overlaps one of them is left out, and counted. */
  except: z.array(z.string()).default([]),
  /** Looked at while the run goes on; ends it at once. */
  abortOnFail: z.boolean().default(false),
  /** Of the run, instead of 10 or 13. */
  exitCode: z.number().int().min(40).max(59).optional(),
  severity: z.enum(['fail', 'invalid-run']).default('fail'),
})

/** When an assertion is asked. */
export interface AssertionMoment {
  readonly edge: 'begin' | 'end'
  /** Of the run when absent. */
  readonly phase?: string
  /** So long after it, simulated milliseconds. */
  readonly afterMs: number
}

const At = z.string().transform((text, context): AssertionMoment => {
  const [, edge, phase] = /^(begin|end)(?:\(\s*([^)]*?)\s*\))?$/.exec(text.trim()) ?? []
  if (edge === 'end' && phase === undefined) return { edge, afterMs: 0 }
  if (edge !== undefined && phase) return { edge: edge as AssertionMoment['edge'], phase, afterMs: 0 }
  const [, begun, after] = /^([a-z0-9-]{1,40})\s*\+\s*(\S+)$/.exec(text.trim()) ?? []
  const afterMs = after === undefined ? undefined : parseDuration(after)
  if (begun !== undefined && afterMs !== undefined) return { edge: 'begin', phase: begun, afterMs }
  context.addIssue({
    code: 'custom',
    message: `expected end, end(<phase>), begin(<phase>), or a phase and a time such as settle+30m, found ${JSON.stringify(text)}`,
  })
  return z.NEVER
})

const During = z.strictObject({ during: Phases.optional() })

export const Assertion = z
  .strictObject({
    name: z.string().min(1),
    /** A condition over the state of the world. */
    expr: z.string().optional(),
    /** A request of the runner through the public door, and what its answer must be. */
    graph: z
      .strictObject({
        get: z.string().regex(/^\/(v1\.0|beta|_muster)\//, 'expected a path that begins with /v1.0/ or /beta/'),
        expect: z.string(),
      })
      .optional(),
    /** `end`, `end(<phase>)`, `begin(<phase>)`, `<phase>+30m`. */
    at: At.optional(),
    /** Keep asking for so long (simulated) before it counts as failed; short for `eventually`. */
    within: Duration.optional(),
    eventually: z.strictObject({ within: Duration }).optional(),
    /** Must hold at every look. @default in all phases */
    always: During.optional(),
    /** Must not hold at any look. */
    never: During.optional(),
  })
  .superRefine((assertion, context) => {
    const refuse = (path: string, message: string): void =>
      context.addIssue({ code: 'custom', message, path: [path], input: assertion })
    const { expr, graph, at, within, eventually, always, never } = assertion
    if (!expr && !graph) refuse('name', 'an assertion has an expr or a graph')
    if (expr !== undefined && graph) refuse('graph', 'an assertion has an expr or a graph, not both')
    if (within !== undefined && eventually) refuse('eventually', '`within` says the same already')
    if (always && never) refuse('never', 'an assertion is about always or never, not both')
    if ((always || never) && at) refuse('at', 'what is asked all the time has no moment')
    if ((always || never) && (within !== undefined || eventually))
      refuse(eventually ? 'eventually' : 'within', 'what is asked all the time is not waited for')
  })

/** A former run, and how much worse than it a run may be. */
export const Baseline = z.strictObject({
  /** `last-passed`, or the folder of a run. */
  compareTo: z.string().min(1).default('last-passed'),
  /** Metric, or `<metric> of <policy, fault or route>` → how much worse it may be: `p99 +20%`, `max +5s`. */
  regress: z.record(z.string(), oneOrMore).default({}),
})

export type Threshold = z.infer<typeof Threshold>
export type Assertion = z.infer<typeof Assertion>
export type Baseline = z.infer<typeof Baseline>

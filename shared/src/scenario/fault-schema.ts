import { z } from 'zod'
import { Duration, Share } from './duration.ts'
import { MomentText } from './moment.ts'
import { Id } from './terms.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const Fault = z.strictObject({
  /** For the report. @default its kind */
  name: Id.optional(),
  /** `2h`, `rollout`, `rollout+30m`. */
  at: MomentText,
  /** How long it lasts, simulated time. */
  for: Duration.default(MINUTE_MS),
  /** Happens again at this pace, as long as there are phases. */
  every: Duration.refine((ms) => ms >= 1_000, 'expected 1s at the least').optional(),
})

/** `200ms`, or the shortest and the longest. */
const Latency = z
  .union([Duration.transform((ms) => ({ min: ms, max: ms })), z.strictObject({ min: Duration, max: Duration })])
  .refine(({ min, max }) => min <= max, 'expected min to be no more than max')

/** What can go wrong. */
export const ScenarioFault = z.discriminatedUnion('kind', [
  /** The broker dies without a word, and comes back with its store. */
  Fault.extend({ kind: z.literal('broker.kill') }),
  /** The broker hangs: connections stand, nothing passes, and then all of it does. */
  Fault.extend({ kind: z.literal('broker.pause') }),
  /** Connections of one side to the broker are cut. */
  Fault.extend({ kind: z.literal('broker.partition'), target: z.enum(['workers', 'control']).default('workers') }),
  /** The control service hangs. */
  Fault.extend({ kind: z.literal('control.pause') }),
  /** The control service dies without a word; started again after `for`. */
  Fault.extend({ kind: z.literal('control.crash'), for: Duration.default(0) }),
  /** The control service ends in order; started again after `for`. */
  Fault.extend({ kind: z.literal('control.restart'), for: Duration.default(0) }),
  /** Messages of the workers are late, lost, doubled or overtaken. */
  Fault.extend({
    kind: z.literal('link'),
    for: Duration.default(DAY_MS),
    latency: Latency.optional(),
    loss: Share.default(0),
    duplicate: Share.default(0),
    reorder: Share.default(0),
  }).refine(({ latency, loss, duplicate, reorder }) => latency || loss + duplicate + reorder > 0, {
    error: 'a link fault has a latency, loss, duplicate or reorder',
  }),
])

export type ScenarioFault = z.infer<typeof ScenarioFault>
export type FaultKind = ScenarioFault['kind']

/** Every kind of fault. */
export const faultKinds: readonly FaultKind[] = ScenarioFault.options.map(
  (option) => option.shape.kind.value as FaultKind,
)

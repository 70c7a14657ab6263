import { z } from 'zod'
import { EpochMs } from './ids.ts'
import { DevicePhase } from './simulation.ts'

/**
 * Something worth telling in a device's life, as the device itself noted it when it happened, with its cause where the
 * device knows it. Few and small: the newest are kept.
 */
export const DeviceNote = z.object({
  atMs: EpochMs,
  what: z.enum([
    /** Facts have changed; `detail` says which, `settings` whose answers are others now. */
    'changed',
    'offline',
    'online',
    'enrolled',
    'enrolment-refused',
    'certificate-renewed',
    'renewal-refused',
    'check-in-refused',
    /** A request got no answer: the first of a row. */
    'no-answer',
    'poked',
    'poke-missed',
    'crashed',
    'restarted',
    'user-acted',
    /** A remote action was put off. */
    'not-now',
    /** A fault of the scenario made settings of a policy fail. */
    'apply-failed',
    'fault-begun',
    'fault-over',
    'leaving',
    'left',
  ]),
  detail: z.string().optional(),
  /** By what: `itself`, `drift-step`, `mended`, `policy`, `command`, `user`, `restart`, `update`, `install`, `fault <kind>` … */
  cause: z.string().optional(),
  /** Settings of compliance policies whose answer this changed, or settings that failed. */
  settings: z.array(z.string()).optional(),
  correlationId: z.string().optional(),
})
export type DeviceNote = z.infer<typeof DeviceNote>

/** Notes that a device keeps. */
export const DEVICE_NOTES_MAX = 32

/** What of a device's own account explains why it is as it is; the account has more. */
export const DeviceAccount = z.looseObject({
  key: z.string(),
  platform: z.string(),
  mode: z.string(),
  phase: DevicePhase,
  online: z.boolean(),
  away: z.array(z.string()).optional(),
  deviceId: z.string().optional(),
  agenda: z.array(z.looseObject({ what: z.string(), atMs: z.number(), cause: z.string().optional() })),
  policies: z.array(
    z.looseObject({
      reference: z.looseObject({ policyId: z.string(), revision: z.number() }),
      waiting: z.record(z.string(), z.string()).optional(),
      body: z.looseObject({ items: z.array(z.looseObject({ covers: z.array(z.string()) })) }).optional(),
    }),
  ),
  conversation: z.looseObject({ wanted: z.looseObject({}).optional() }).optional(),
  outbox: z.array(z.looseObject({ seq: z.number() })),
  postponed: z.literal(true).optional(),
  failures: z.number(),
  notes: z.array(DeviceNote).optional(),
})
export type DeviceAccount = z.infer<typeof DeviceAccount>

/** One link in the chain of causes. */
export const Because = z.object({
  /** 0: why the device is in its state; 1: why that is so; and so on. Belongs to the nearest one of a lower level before it. */
  level: z.number().int().nonnegative(),
  text: z.string(),
  atMs: EpochMs.optional(),
  /** False: something must have brought it about, and nobody has noted what. */
  known: z.boolean(),
})
export type Because = z.infer<typeof Because>

/** Why a device is as it is: sentences to begin with, then the causes. */
export const Explanation = z.object({ summary: z.array(z.string()), because: z.array(Because) })
export type Explanation = z.infer<typeof Explanation>

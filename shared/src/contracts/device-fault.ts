import { z } from 'zod'

/** What can be wrong with a device for a time, by order of a scenario. */
export const DeviceFault = z.discriminatedUnion('kind', [
  /** Dies in the middle of the next policy that it carries out, and starts again soon after. */
  z.object({ kind: z.literal('crash') }),
  /** This share of settings fails that can. */
  z.object({ kind: z.literal('partial-apply'), items: z.number().min(0).max(1) }),
  /** Commands are put off: NotNow. */
  z.object({ kind: z.literal('not-now') }),
  /** A report of the beginning is sent once more at the end, after newer ones. */
  z.object({ kind: z.literal('stale-report') }),
  /**
   * Says that it is another device: with its serial number, with all that its hardware is known by, or by speaking as the
   * managed device that the other one is, with its own key and certificate.
   */
  z.object({ kind: z.literal('duplicate-identity'), identity: z.enum(['serial', 'hardware', 'management-id']) }),
  /** Its clock is fast by so much, or slow when negative. */
  z.object({ kind: z.literal('clock-skew'), byMs: z.number().int() }),
  /** Protection is switched off, and what management has set is gone. */
  z.object({ kind: z.literal('tamper') }),
  /** No room for anything: what can fail does, and updates wait. */
  z.object({ kind: z.literal('disk-full') }),
  /** Its connection comes and goes, after so long on average. */
  z.object({
    kind: z.literal('flapping-link'),
    upMs: z.number().int().positive(),
    downMs: z.number().int().positive(),
  }),
  /** Its messages are late, lost or doubled, on top of what its temperament does to them. */
  z.object({
    kind: z.literal('link'),
    latency: z.object({ minMs: z.number().nonnegative(), maxMs: z.number().nonnegative() }).optional(),
    loss: z.number().min(0).max(1),
    duplicate: z.number().min(0).max(1),
  }),
])
export type DeviceFault = z.infer<typeof DeviceFault>

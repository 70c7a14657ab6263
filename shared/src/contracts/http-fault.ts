import { z } from 'zod'

/** What goes wrong with Graph's answers for a time, by order of a scenario. */
export const HttpFault = z.object({
  /** Of the draws. */
  seed: z.string().min(1).max(200),
  /** Which paths: `*` is a segment or part of one, `**` whatever follows. */
  path: z.string().startsWith('/').max(400),
  /** A share of requests is answered with an error and does nothing. */
  respond: z
    .object({
      status: z.union([z.literal(429), z.literal(500), z.literal(502), z.literal(503), z.literal(504)]),
      /** When to ask again, simulated milliseconds. */
      retryAfterMs: z.number().int().nonnegative().optional(),
      share: z.number().min(0).max(1),
    })
    .optional(),
  /** Every answer takes so much longer, simulated milliseconds. */
  latency: z.object({ minMs: z.number().nonnegative(), maxMs: z.number().nonnegative() }).optional(),
})
export type HttpFault = z.infer<typeof HttpFault>

/** A fault that is in force, and what it has done so far. */
export const HttpFaultView = z.object({
  name: z.string(),
  /** Requests that it was about, and those of them that it answered. */
  requests: z.number().int().nonnegative(),
  answered: z.number().int().nonnegative(),
  fault: HttpFault.optional(),
})
export type HttpFaultView = z.infer<typeof HttpFaultView>

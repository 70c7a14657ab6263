import { z } from 'zod'

/**
 * A token that may stand in a NATS subject: agent ids, tenant ids, group ids. Lower-case on purpose: nats-server lower-cases
 * tag values in permission templates, and `*` or `>` must never get in.
 */
export const SubjectToken = z.string().regex(/^[a-z0-9-]{1,40}$/, 'lower-case letters, digits and hyphens, 1 to 40')

/** A GUID in lower case, as Graph prints ids. */
export const Guid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'a lower-case GUID')

/** `managedDevice.id`: given by the control service at enrolment. */
export type DeviceId = z.infer<typeof Guid>

/** SHA-256 of something, 64 lower-case hex digits. */
export const Sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hex digits')

/** Ties together everything one cause brought about, over process boundaries; see `docs/walks.md`. */
export const CorrelationId = z.string().min(1).max(64)

/** Milliseconds since 1970, UTC. */
export const EpochMs = z.number().int().nonnegative()

import { z } from 'zod'
import { CommandResult } from './command.ts'
import { Mac, SessionId } from './envelope.ts'
import { CorrelationId, EpochMs, Guid, Sha256Hex, SubjectToken } from './ids.ts'
import { PolicyKind } from './policy.ts'
import { Inventory } from './posture.ts'
import { ItemResult } from './result.ts'
import { MESSAGE_BYTES_MAX } from './wire.ts'

/** State of a device's own certificate, in every report. */
export const CertificateStatus = z.object({
  serialNumber: z.string().regex(/^[0-9a-f]{2,40}$/),
  notAfterMs: EpochMs,
  state: z.enum(['valid', 'renewing', 'expired']),
})
export type CertificateStatus = z.infer<typeof CertificateStatus>

export const PolicyReport = z.object({
  policyId: Guid,
  revision: z.number().int().positive(),
  kind: PolicyKind,
  /** One per item of the body, always complete. */
  results: z.array(ItemResult).max(500),
  /** When the device was done with this revision. */
  appliedAtMs: EpochMs,
})
export type PolicyReport = z.infer<typeof PolicyReport>

/**
 * What a device reports: only what changed since the last report, each part complete in itself. `seq` counts a device's
 * reports from 1 without gaps; the control service commits each once and tells the highest gapless one as `ackedSeq`.
 */
export const Report = z.object({
  v: z.literal(1),
  deviceId: Guid,
  seq: z.number().int().positive(),
  observedAtMs: EpochMs,
  correlationId: CorrelationId,
  certificate: CertificateStatus,
  /** Digest of the policy set that the device holds; absent before the first. */
  policySetDigest: Sha256Hex.optional(),
  inventory: Inventory.optional(),
  policies: z.array(PolicyReport).max(500).optional(),
  /** Policies that the device has removed because they are no longer in its set. */
  removedPolicyIds: z.array(Guid).max(500).optional(),
  commands: z.array(CommandResult).max(100).optional(),
})
export type Report = z.infer<typeof Report>

/** A report as it travels: its JSON as a text, signed as `reportText`. Its own `seq` tells whether it is new. */
export const SignedReport = z.object({
  certificateSerial: z.string().regex(/^[0-9a-f]{2,40}$/),
  mac: Mac,
  report: z.string().max(MESSAGE_BYTES_MAX),
})
export type SignedReport = z.infer<typeof SignedReport>

/** One message on the report stream. */
export const ReportBatch = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  session: SessionId,
  reports: z.array(SignedReport).min(1).max(500),
})
export type ReportBatch = z.infer<typeof ReportBatch>

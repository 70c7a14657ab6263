import { z } from 'zod'
import { DeviceCommand } from './command.ts'
import { Mac, Sequence, SessionId } from './envelope.ts'
import { CorrelationId, EpochMs, Guid, Sha256Hex, SubjectToken } from './ids.ts'
import { PolicySet } from './policy.ts'

/** Why a device checks in. `periodic` is what the maintenance gate may turn away. */
export const CheckInCause = z.enum(['enrolment', 'periodic', 'poke', 'user', 'reconnect', 'reboot', 'confirm'])
export type CheckInCause = z.infer<typeof CheckInCause>

export const CheckIn = z.object({
  deviceId: Guid,
  cause: CheckInCause,
  sentAtMs: EpochMs,
  correlationId: CorrelationId,
  /** The certificate that the device presents; the control service refuses a revoked, expired or foreign one. */
  certificateSerial: z.string().regex(/^[0-9a-f]{2,40}$/),
  /** The policy set that the device holds. */
  policySetDigest: Sha256Hex.optional(),
  /** Highest report sequence that the device has given out. */
  lastSeq: z.number().int().nonnegative(),
  sequence: Sequence,
})
export type CheckIn = z.infer<typeof CheckIn>

/** A check-in as it travels: signed as `checkInText`. */
export const SignedCheckIn = CheckIn.extend({ mac: Mac })
export type SignedCheckIn = z.infer<typeof SignedCheckIn>

export const CheckInBatch = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  session: SessionId,
  checkIns: z.array(SignedCheckIn).min(1).max(500),
})
export type CheckInBatch = z.infer<typeof CheckInBatch>

/** The answer to one device. */
export const CheckInReply = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('managed'),
    deviceId: Guid,
    /** Highest report sequence below which everything is committed; the device sends again what is above it. */
    ackedSeq: z.number().int().nonnegative(),
    /** Present when the device holds another set than it should. */
    policySet: PolicySet.optional(),
    commands: z.array(DeviceCommand).max(100),
    /** Policies of the set that the service has no answer for although all reports are in: report them (again). */
    reportPolicyIds: z.array(Guid).max(500).optional(),
    /** Earliest next periodic check-in that the service wants, if it differs from the platform's own cadence. */
    nextCheckInMs: z.number().int().positive().optional(),
    /** True when the maintenance gate answered: nothing was looked at. */
    gated: z.boolean().optional(),
    /** True when the service wants a new certificate at once. */
    renewCertificate: z.boolean().optional(),
  }),
  z.object({
    outcome: z.literal('refused'),
    deviceId: Guid,
    /** `checkin/…` or `envelope/…` code of the error catalogue. */
    code: z.string().max(60),
    /** 0 also where the asker has not shown who it is. */
    ackedSeq: z.number().int().nonnegative(),
    /** The highest sequence that the service has seen, where the one shown was not new. */
    sequence: Sequence.optional(),
    /** Ask again after this time; absent means never (no longer managed). */
    retryAfterMs: z.number().int().positive().optional(),
  }),
])
export type CheckInReply = z.infer<typeof CheckInReply>

/** Answers in the order of the batch. */
export const CheckInBatchReply = z.object({ v: z.literal(1), replies: z.array(CheckInReply).max(500) })
export type CheckInBatchReply = z.infer<typeof CheckInBatchReply>

/** Wake-up: carries no policy. Devices check in spread evenly over `spreadMs`. */
export const Poke = z.object({
  v: z.literal(1),
  /** Absent: every device of the agent (or, on a platform subject, of the platform). */
  deviceIds: z.array(Guid).max(2_000).optional(),
  reason: z.enum(['policy', 'action', 'sync', 'certificate']),
  spreadMs: z.number().int().nonnegative(),
  correlationId: CorrelationId,
})
export type Poke = z.infer<typeof Poke>

import { z } from 'zod'
import { Sequence } from './envelope.ts'
import { CorrelationId, EpochMs, Guid, SubjectToken } from './ids.ts'
import { PlatformName } from './platform.ts'
import { Inventory } from './posture.ts'

const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/)

/** A device asks to be managed. CSR and request are signed with the key that was made on the device: proof of possession. */
export const EnrolmentRequest = z.object({
  /** Chosen by the device; the same request sent again gets the same answer. */
  requestId: Guid,
  correlationId: CorrelationId,
  /** Secret of the enrolment token (package, profile or QR code) of the mode. */
  token: z.string().min(16).max(128),
  platform: PlatformName,
  mode: z.string().min(1).max(40),
  userPrincipalName: z.string().max(200).optional(),
  /** PKCS#10, DER in Base64. */
  csr: Base64.max(4_096),
  inventory: Inventory,
  /** What the directory would know beside: dynamic groups and filters may ask for it. */
  attributes: z.record(z.string().max(40), z.string().max(200)).optional(),
  /** ECDSA over `requestText` with the key of the CSR: DER signature in Base64. */
  proof: Base64.max(512),
})
export type EnrolmentRequest = z.infer<typeof EnrolmentRequest>

export const EnrolmentBatch = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  requests: z.array(EnrolmentRequest).min(1).max(200),
})
export type EnrolmentBatch = z.infer<typeof EnrolmentBatch>

export const IssuedCertificate = z.object({
  /** DER in Base64. */
  certificate: Base64.max(8_192),
  serialNumber: z.string().regex(/^[0-9a-f]{2,40}$/),
  notBeforeMs: EpochMs,
  notAfterMs: EpochMs,
  /** From then on the device shall renew. */
  renewAfterMs: EpochMs,
})
export type IssuedCertificate = z.infer<typeof IssuedCertificate>

export const EnrolmentReply = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('enrolled'),
    requestId: Guid,
    deviceId: Guid,
    certificate: IssuedCertificate,
  }),
  z.object({
    outcome: z.literal('refused'),
    requestId: Guid,
    /** `enrolment/…` code of the error catalogue. */
    code: z.string().max(60),
    message: z.string().max(300),
    /** Present when trying again may help. */
    retryAfterMs: z.number().int().positive().optional(),
  }),
])
export type EnrolmentReply = z.infer<typeof EnrolmentReply>

/** Answers in the order of the batch, and the chain above the leaf once for all. */
export const EnrolmentBatchReply = z.object({
  v: z.literal(1),
  replies: z.array(EnrolmentReply).max(200),
  /** Issuing CA first, root last; DER in Base64. */
  chain: z.array(Base64.max(8_192)).max(4),
})
export type EnrolmentBatchReply = z.infer<typeof EnrolmentBatchReply>

/** Renewal: a new key, proven by the CSR, asked for in the name of the certificate in force. */
export const RenewalRequest = z.object({
  requestId: Guid,
  correlationId: CorrelationId,
  deviceId: Guid,
  certificateSerial: z.string().regex(/^[0-9a-f]{2,40}$/),
  csr: Base64.max(4_096),
  sequence: Sequence,
  /** ECDSA over `requestText` with the certificate in force: DER signature in Base64. */
  proof: Base64.max(512),
})
export type RenewalRequest = z.infer<typeof RenewalRequest>

export const RenewalBatch = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  requests: z.array(RenewalRequest).min(1).max(200),
})
export type RenewalBatch = z.infer<typeof RenewalBatch>

export const RenewalReply = z.discriminatedUnion('outcome', [
  z.object({ outcome: z.literal('renewed'), requestId: Guid, deviceId: Guid, certificate: IssuedCertificate }),
  z.object({
    outcome: z.literal('refused'),
    requestId: Guid,
    deviceId: Guid,
    code: z.string().max(60),
    retryAfterMs: z.number().int().positive().optional(),
  }),
])
export type RenewalReply = z.infer<typeof RenewalReply>

export const RenewalBatchReply = z.object({ v: z.literal(1), replies: z.array(RenewalReply).max(200) })
export type RenewalBatchReply = z.infer<typeof RenewalBatchReply>

/** Management of apps only: a registration per (user, app, device); the device itself never appears in `managedDevices`. */
export const AppRegistrationRequest = z.object({
  /** Chosen by the device; also the registration's id. */
  registrationId: Guid,
  correlationId: CorrelationId,
  platform: PlatformName,
  userPrincipalName: z.string().max(200),
  /** Bundle id or package name. */
  appId: z.string().min(1).max(200),
  appVersion: z.string().min(1).max(40),
  /** Groups a user's registrations by device. */
  deviceTag: z.string().min(1).max(80),
  deviceName: z.string().min(1).max(80),
  platformVersion: z.string().max(60),
  /** Reasons to flag: a rooted device. */
  flaggedReasons: z.array(z.enum(['none', 'rootedDevice'])).max(4),
})
export type AppRegistrationRequest = z.infer<typeof AppRegistrationRequest>

export const AppRegistrationBatch = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  registrations: z.array(AppRegistrationRequest).min(1).max(200),
})
export type AppRegistrationBatch = z.infer<typeof AppRegistrationBatch>

/** `nextCheckInMs` says when the app shall register again; refusals carry an `app/…` code. */
export const AppRegistrationBatchReply = z.object({
  v: z.literal(1),
  replies: z
    .array(
      z.object({
        registrationId: Guid,
        outcome: z.enum(['registered', 'refused']),
        code: z.string().max(60).optional(),
        nextCheckInMs: z.number().int().positive(),
      }),
    )
    .max(200),
})
export type AppRegistrationBatchReply = z.infer<typeof AppRegistrationBatchReply>

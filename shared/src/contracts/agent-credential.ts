import { z } from 'zod'
import { EpochMs, SubjectToken } from './ids.ts'

const Base64 = z.string().regex(/^[A-Za-z0-9+/]+={0,2}$/)
const SerialNumber = z.string().regex(/^[0-9a-f]{2,40}$/)
/** Public half of a user key of NATS. */
const UserKey = z.string().regex(/^U[A-Z2-7]{55}$/, 'a user key of NATS')

/** Who may ask to join with what: handed to a process that is no agent yet. Two secrets, for minutes. */
export const Invitation = z.object({
  v: z.literal(1),
  natsUrl: z.string().min(1).max(300),
  /** Root certificate that the broker's must come from, PEM. Absent on this machine alone. */
  ca: z.string().max(8_192).optional(),
  tenant: SubjectToken,
  clock: z.object({ originWallMs: z.number(), originMs: z.number(), speed: z.number().positive() }),
  /** Good for one agent. */
  secret: z.string().min(32).max(128),
  /** With it one may do nothing at the broker but ask to join. */
  enrolment: z.object({ token: z.string().max(4_096), seed: z.string().max(128), inboxPrefix: z.string().max(128) }),
  /** The agent that it is for; any when absent. */
  agentId: SubjectToken.optional(),
  expiresAtMs: EpochMs,
})
export type Invitation = z.infer<typeof Invitation>

/** What is asked of `/_muster/invitations`. */
export const InvitationOrder = z.object({
  agentId: SubjectToken.optional(),
  /** An agent that was revoked may come again. */
  readmit: z.boolean().default(false),
})

/** A process asks to become an agent. Both keys were made by itself; each half of the request proves one of them. */
export const AgentJoin = z.object({
  v: z.literal(1),
  secret: z.string().min(32).max(128),
  agentId: SubjectToken,
  userKey: UserKey,
  /** PKCS#10, DER in Base64; its own signature proves the key of the certificate. */
  csr: Base64.max(4_096),
  /** The user key's signature over `agentJoinText`. */
  proof: Base64.max(128),
})
export type AgentJoin = z.infer<typeof AgentJoin>

/** What the proof of a join is over. */
export const agentJoinText = (tenant: string, join: Omit<AgentJoin, 'v' | 'proof'>): string =>
  ['muster agent join 1', tenant, join.agentId, join.userKey, join.secret, join.csr].join('\n')

/** What makes a process an agent: a certificate, and a token for the broker that ends no later. Times of the wall. */
export const AgentCredential = z.object({
  token: z.string().max(4_096),
  issuedAtMs: EpochMs,
  expiresAtMs: EpochMs,
  /** DER in Base64, then the authorities above it. */
  certificate: Base64.max(8_192),
  chain: z.array(Base64.max(8_192)).max(4),
  serialNumber: SerialNumber,
  notAfterMs: EpochMs,
})
export type AgentCredential = z.infer<typeof AgentCredential>

const Refused = z.object({
  v: z.literal(1),
  outcome: z.literal('refused'),
  code: z.enum([
    'credential/bad-invitation',
    'credential/bad-proof',
    'credential/revoked',
    'simulation/agent-id-taken',
  ]),
  message: z.string().max(300),
})

export const AgentCredentialReply = z.discriminatedUnion('outcome', [
  z.object({ v: z.literal(1), outcome: z.literal('granted'), credential: AgentCredential }),
  Refused,
])
export type AgentCredentialReply = z.infer<typeof AgentCredentialReply>

/** An agent asks for its next token and certificate, for the same two keys. */
export const AgentRenewal = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  userKey: UserKey,
  /** Of the certificate that it holds. */
  serialNumber: SerialNumber,
  csr: Base64.max(4_096),
  /** By the certificate's key, over `agentRenewalText`. */
  signature: Base64.max(128),
})
export type AgentRenewal = z.infer<typeof AgentRenewal>

/** What the signature of a renewal is over. */
export const agentRenewalText = (tenant: string, renewal: Omit<AgentRenewal, 'v' | 'signature'>): string =>
  ['muster agent renewal 1', tenant, renewal.agentId, renewal.userKey, renewal.serialNumber, renewal.csr].join('\n')

/** An agent as `/_muster/agents` shows it. */
export const AgentView = z.object({
  agentId: SubjectToken,
  joinedAtMs: EpochMs,
  issuedAtMs: EpochMs,
  expiresAtMs: EpochMs,
  serialNumber: SerialNumber,
  revokedAtMs: EpochMs.optional(),
})
export type AgentView = z.infer<typeof AgentView>

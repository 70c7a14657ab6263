import type { AgentJoin, AgentRenewal, Invitation } from '@muster/shared/contracts'
import type { EpochMs, Result } from '@muster/shared/core'

/** What admitting agents needs of keys, certificates and the broker. */
export interface BrokerGate {
  newSecret(): string
  digestOf(secret: string): string
  /** A user who may do nothing but ask to join. */
  enrolment(tenant: string, issuedAtMs: EpochMs, expiresAtMs: EpochMs): Invitation['enrolment']
  /** Whether both keys of a request are in the hands of who asks. */
  provesJoin(tenant: string, join: AgentJoin): boolean
  /** Whether a renewal comes from the holder of a certificate (DER in Base64), for the keys that it has. */
  provesRenewal(tenant: string, renewal: AgentRenewal, certificate: string): boolean
  /** Refusals: those of the authority. */
  certify(agentId: string, csr: string, nowMs: EpochMs): Result<AgentCertificate>
  /** What was made with `certify`, from the certificate alone. */
  certified(certificate: string): AgentCertificate
  token(user: { agentId: string; userKey: string; issuedAtMs: EpochMs; expiresAtMs: EpochMs }): string
  /** End the connections of these users, and let none of them in again. Told anew to a broker that was away. */
  shutOut(users: readonly { readonly userKey: string; readonly atMs: EpochMs }[]): Promise<void>
  signingKeys(): readonly SigningKey[]
  /** From now on agents are made with a new key. Those of the old one stay, and go over as they renew. */
  rollOver(): Promise<void>
  /** Nobody stays or comes in any more with what an old key has made. */
  retire(): Promise<void>
}

/** A version of a key that users are made with. */
export interface SigningKey {
  readonly role: string
  readonly version: number
  readonly publicKey: string
  /** New users are made with it. */
  readonly current: boolean
}

export interface AgentCertificate {
  readonly certificate: string
  readonly chain: readonly string[]
  readonly serialNumber: string
  readonly notAfterMs: EpochMs
}

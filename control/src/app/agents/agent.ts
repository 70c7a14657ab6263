import type { EpochMs } from '@muster/shared/core'

/** An agent process as the broker knows it. All times are of the wall: so are those of the broker. */
export interface Agent {
  /** The agent's id. */
  readonly id: string
  readonly userKey: string
  readonly joinedAtMs: EpochMs
  readonly issuedAtMs: EpochMs
  readonly expiresAtMs: EpochMs
  /** DER in Base64; a renewal is signed with its key. */
  readonly certificate: string
  readonly serialNumber: string
  /** Of the certificate before, so that the same renewal sent again is answered again. */
  readonly renewedSerialNumber?: string
  readonly revokedAtMs?: EpochMs
  /** User keys that must not come in again, each until its last token has run out. */
  readonly shutOut: readonly { readonly userKey: string; readonly atMs: EpochMs; readonly untilMs: EpochMs }[]
}

/** An invitation that is out, by the digest of its secret. */
export interface AgentInvitation {
  readonly id: string
  readonly agentId?: string
  readonly readmit: boolean
  readonly expiresAtMs: EpochMs
  readonly usedAtMs?: EpochMs
  /** Who took it, so that the same request sent again gets in again. */
  readonly usedBy?: string
}

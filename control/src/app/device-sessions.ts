import type { SessionOffer } from '@muster/shared/contracts'
import type { EpochMs, Result } from '@muster/shared/core'
import type { DeviceCertificate } from '../domain/model.ts'

/** The sessions in which devices speak: only the holder of a certificate's key can make the code over a text. */
export interface DeviceSessions {
  /** The session that agents shall speak in from now on. */
  offer(nowMs: EpochMs): SessionOffer
  /**
   * Whether the holder of the certificate's key has said this, in a session that is spoken in.
   * Refusals: `envelope/session-unknown`, `envelope/bad-mac`.
   */
  check(said: Said, certificate: DeviceCertificate, nowMs: EpochMs): Result<DeviceCertificate>
}

export interface Said {
  readonly session: string
  readonly mac: string
  readonly text: string
}

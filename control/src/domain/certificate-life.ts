import { DAY_MS, type EpochMs } from '@muster/shared/core'
import type { DeviceCertificate } from './model.ts'

/** Management certificates are valid for a year. */
export const CERTIFICATE_VALIDITY_MS = 365 * DAY_MS

/** A certificate is renewed when this share of its life remains (the default renewal threshold of Intune's profiles). */
export const RENEWAL_SHARE = 0.2

/** The moment from which the holder shall renew. */
export const renewAfterMs = (notBeforeMs: EpochMs, notAfterMs: EpochMs): EpochMs =>
  Math.round(notAfterMs - (notAfterMs - notBeforeMs) * RENEWAL_SHARE)

/** Why a certificate may not be used now, as the end of an error code; `undefined` when it may. */
export function certificateObjection(
  certificate: Pick<DeviceCertificate, 'state' | 'deviceId' | 'notAfterMs'> | undefined,
  deviceId: string,
  nowMs: EpochMs,
): 'unknown' | 'foreign' | 'revoked' | 'expired' | undefined {
  if (!certificate) return 'unknown'
  if (certificate.deviceId !== deviceId) return 'foreign'
  if (certificate.state === 'revoked') return 'revoked'
  if (certificate.state === 'expired' || nowMs >= certificate.notAfterMs) return 'expired'
  return undefined
}

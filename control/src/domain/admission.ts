import { type EpochMs, HOUR_MS, MINUTE_MS, ok, type Result, refuse } from '@muster/shared/core'
import { certificateObjection } from './certificate-life.ts'
import type { Device, DeviceCertificate } from './model.ts'

/** An expired device asks again after this time, by enrolling anew. */
export const EXPIRED_RETRY_MS = MINUTE_MS

/**
 * Whether a device may speak: it is under management (or still has its own removal to carry out), it comes through the
 * agent that it enrolled with, and its certificate is in force.
 *
 * Refusals: `checkin/unknown-device`, `checkin/other-agent`, `checkin/not-managed`, `checkin/certificate-unknown`,
 * `checkin/certificate-foreign`, `checkin/certificate-revoked`, `checkin/certificate-expired`.
 */
export function admit(
  device: Device | undefined,
  certificate: DeviceCertificate | undefined,
  context: { readonly agentId: string; readonly nowMs: EpochMs; readonly leaving: boolean },
): Result<Device> {
  if (!device) return refuse('checkin/unknown-device', 'no device has this id')
  if (device.agentId !== context.agentId)
    return refuse('checkin/other-agent', 'the device enrolled through another agent')
  if (device.lifecycle !== 'managed' && !context.leaving)
    return refuse('checkin/not-managed', `the device was ${device.lifecycle}`)
  switch (certificateObjection(certificate, device.id, context.nowMs)) {
    case 'unknown':
      return refuse('checkin/certificate-unknown', 'no certificate has this serial number')
    case 'foreign':
      return refuse('checkin/certificate-foreign', 'the certificate belongs to another device')
    case 'revoked':
      return refuse('checkin/certificate-revoked', 'the certificate was revoked')
    case 'expired':
      return refuse('checkin/certificate-expired', 'the certificate has expired')
    case undefined:
      return ok(device)
  }
}

const RETRY_MS: Readonly<Record<string, number>> = {
  'checkin/certificate-expired': EXPIRED_RETRY_MS,
  // The agent is offered the session of the day with its next hello, and told of the sequence in the answer.
  'envelope/session-unknown': MINUTE_MS,
  'envelope/replayed': MINUTE_MS,
  'envelope/bad-mac': HOUR_MS,
}

/** After which time a refused check-in may be worth repeating; `undefined`: never. */
export const retryAfterMs = (code: string): number | undefined => RETRY_MS[code]

import type { IssuedCertificate } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import { renewAfterMs } from '../domain/certificate-life.ts'
import type { DeviceCertificate } from '../domain/model.ts'
import type { IssuedDeviceCertificate } from './ports.ts'

/** The record of a certificate that was issued just now. */
export function certificateOf(deviceId: string, issued: IssuedDeviceCertificate, nowMs: EpochMs): DeviceCertificate {
  return {
    serialNumber: issued.serialNumber,
    deviceId,
    thumbprintSha256: issued.thumbprintSha256,
    certificate: Buffer.from(issued.certificateDer).toString('base64'),
    notBeforeMs: issued.notBeforeMs,
    notAfterMs: issued.notAfterMs,
    renewAfterMs: renewAfterMs(issued.notBeforeMs, issued.notAfterMs),
    issuedAtMs: nowMs,
    state: 'active',
  }
}

/** A certificate as it travels to its device. */
export function wireCertificate(certificate: DeviceCertificate): IssuedCertificate {
  const { serialNumber, notBeforeMs, notAfterMs, renewAfterMs } = certificate
  return { certificate: certificate.certificate, serialNumber, notBeforeMs, notAfterMs, renewAfterMs }
}

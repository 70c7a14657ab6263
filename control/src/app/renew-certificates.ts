import {
  type RenewalBatch,
  type RenewalBatchReply,
  type RenewalReply,
  type RenewalRequest,
  requestText,
} from '@muster/shared/contracts'
import { type Clock, type EpochMs, MINUTE_MS, ok, type Result, refuse } from '@muster/shared/core'
import { admit, retryAfterMs } from '../domain/admission.ts'
import { CERTIFICATE_VALIDITY_MS } from '../domain/certificate-life.ts'
import type { Device, DeviceCertificate } from '../domain/model.ts'
import { certificateOf, wireCertificate } from './device-certificate.ts'
import type { CertificateIssuer, Signal, Signals, Store } from './ports.ts'

export interface RenewDeps {
  readonly store: Store
  readonly issuer: CertificateIssuer
  /** Whether `signature` over `data` was made with the key of this certificate (DER). */
  readonly verify: (certificateDer: Uint8Array, data: Uint8Array, signature: Uint8Array) => boolean
  readonly clock: Clock
  readonly signals: Signals
  readonly countRefusal?: (code: string) => void
}

/**
 * Renew the certificates of a batch of devices: a new key, proven by the CSR, asked for with the certificate in force.
 * The old certificate stays usable until the device shows the new one. Refusals: those of `admit`, those of the issuer,
 * `renewal/bad-proof`, `envelope/replayed`.
 */
export async function renewCertificates(deps: RenewDeps, batch: RenewalBatch): Promise<RenewalBatchReply> {
  const signals: Signal[] = []
  const replies = await deps.store.transaction(async (tables) => {
    const nowMs = deps.clock.nowMs()
    const ids = batch.requests.map(({ deviceId }) => deviceId)
    const devices = new Map((await tables.devices.getMany(ids)).map((device) => [device.id, device]))
    const certificates = new Map(
      (await tables.certificates.forDevices(ids)).map((entry) => [entry.serialNumber, entry]),
    )
    const changedSerials = new Set<string>()
    const answers = batch.requests.map((request): RenewalReply => {
      const renewed = renewOne(deps, request, batch.agentId, devices.get(request.deviceId), certificates, nowMs)
      if (!renewed.ok) {
        deps.countRefusal?.(renewed.refusal.code)
        return refusal(request, renewed.refusal.code)
      }
      const { device, certificate, replaced } = renewed.value
      devices.set(device.id, device)
      for (const each of [...replaced, certificate]) {
        certificates.set(each.serialNumber, each)
        changedSerials.add(each.serialNumber)
      }
      signals.push(signalOf(device, request, nowMs))
      return {
        outcome: 'renewed',
        requestId: request.requestId,
        deviceId: device.id,
        certificate: wireCertificate(certificate),
      }
    })
    const changed = answers.flatMap((answer) => (answer.outcome === 'renewed' ? [devices.get(answer.deviceId)] : []))
    await tables.certificates.put([...changedSerials].flatMap((serial) => certificates.get(serial) ?? []))
    await tables.devices.put(changed.filter((device) => device !== undefined))
    return answers
  })
  for (const signal of signals) deps.signals.emit(signal)
  return { v: 1, replies }
}

interface Renewed {
  readonly device: Device
  readonly certificate: DeviceCertificate
  /** Those before it, also one that was issued and never arrived. */
  readonly replaced: readonly DeviceCertificate[]
}

function renewOne(
  deps: RenewDeps,
  request: RenewalRequest,
  agentId: string,
  found: Device | undefined,
  certificates: ReadonlyMap<string, DeviceCertificate>,
  nowMs: EpochMs,
): Result<Renewed> {
  const shown = certificates.get(request.certificateSerial)
  const admitted = admit(found, shown, { agentId, nowMs, leaving: false })
  if (!admitted.ok) return admitted
  const device = admitted.value
  const csrDer = Buffer.from(request.csr, 'base64')
  const proven =
    shown &&
    deps.verify(
      Buffer.from(shown.certificate, 'base64'),
      Buffer.from(requestText('renewal', agentId, request)),
      Buffer.from(request.proof, 'base64'),
    )
  if (!shown || !proven)
    return refuse('renewal/bad-proof', 'the request is not signed with the key of the certificate in force')
  if (request.sequence <= (device.sequence ?? 0))
    return refuse('envelope/replayed', 'the device has said this, or something later, before')
  const issued = deps.issuer.issue({ csrDer, deviceId: device.id, nowMs, validityMs: CERTIFICATE_VALIDITY_MS })
  if (!issued.ok) return issued
  const certificate = certificateOf(device.id, issued.value, nowMs)
  return ok({
    device: {
      ...device,
      sequence: request.sequence,
      certificateSerial: certificate.serialNumber,
      certificateNotAfterMs: certificate.notAfterMs,
    },
    certificate,
    replaced: [...certificates.values()]
      .filter((each) => each.deviceId === device.id && each.state === 'active')
      .map((each) => ({ ...each, state: 'superseded' })),
  })
}

function refusal({ requestId, deviceId }: RenewalRequest, code: string): RenewalReply {
  // What an expired or revoked certificate cannot do now it will not be able to do later; the rest may pass.
  const retry = code.startsWith('checkin/') ? retryAfterMs(code) : 5 * MINUTE_MS
  return { outcome: 'refused', requestId, deviceId, code, ...(retry === undefined ? {} : { retryAfterMs: retry }) }
}

function signalOf(device: Device, { correlationId }: RenewalRequest, nowMs: EpochMs): Signal {
  const text = `${device.inventory.deviceName}: certificate renewed`
  return { atMs: nowMs, what: 'certificate.renewed', text, deviceId: device.id, correlationId }
}

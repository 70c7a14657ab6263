import { createHash } from 'node:crypto'
import {
  AppRegistrationBatch,
  type AppRegistrationBatchReply,
  CheckInBatch,
  type CheckInReply,
  checkInText,
  type DeviceCommand,
  decode,
  EnrolmentBatch,
  type EnrolmentReply,
  type EnrolmentRequest,
  encode,
  FleetOrderReply,
  type IssuedCertificate,
  type Poke,
  type PolicyBody,
  type PolicySet,
  policyBodyKey,
  RenewalBatch,
  type RenewalReply,
  Report,
  ReportBatch,
  reportText,
  requestText,
  servicePatterns,
  subjects,
  WorkerHello,
} from '@muster/shared/contracts'
import { type Bus, DAY_MS, type EpochMs, unwrap } from '@muster/shared/core'
import {
  createAuthority,
  generateDeviceKeySync,
  loadAuthority,
  openSession,
  publicKeyOf,
  readCertificate,
  sessionMac,
  signWithDeviceKey,
  verifyWithSpki,
} from '@muster/shared/pki'
import type { z } from 'zod'

export const TENANT = 'contoso'
export const TOKEN = 'the-token-of-windows'

/** What the service knows of a device. */
export interface ServiceDevice {
  readonly deviceId: string
  readonly request: EnrolmentRequest
  certificate: IssuedCertificate
  publicKeySpki: Uint8Array
  /** The certificate before, which stays good until the device shows the new one. */
  supersededSerial: string | undefined
  ackedSeq: number
  readonly reports: Report[]
  readonly commands: DeviceCommand[]
}

/**
 * A service in small, at the other end of a real bus: it enrols with a real authority, answers check-ins from what is
 * committed, takes reports in order and once each. What it does beyond that a test says.
 */
export interface TestService {
  readonly devices: ReadonlyMap<string, ServiceDevice>
  /** Reports that came a second time, and reports before which one was missing. */
  readonly counts: Record<'duplicates' | 'gaps' | 'lost' | 'checkIns' | 'largestCheckIn' | 'enrolments', number>
  readonly hellos: WorkerHello[]
  /** Assign these policies to all devices. `withBodies: false`: without putting the bodies in place. */
  assign(bodies: readonly PolicyBody[], options?: { withBodies?: boolean }): Promise<void>
  poke(subject: string, poke: Omit<Poke, 'v'>): void
  order(agentId: string, order: unknown): Promise<z.infer<typeof FleetOrderReply>>
  /** Certificates renewed: the proof held. */
  readonly renewals: { count: number }
  /** Whether to lose reports after they were taken from the stream, as a broker without its store would. */
  loseReports(losing: boolean): void
  /** Answer this instead, once for each device that checks in. */
  answerOnce(answer: (deviceId: string) => CheckInReply | undefined): void
  stop(): Promise<void>
}

const shaOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
const guidOf = (count: number): string => `00000000-0000-4000-8000-${count.toString(16).padStart(12, '0')}`

export async function startService(bus: Bus, clock: { nowMs(): EpochMs }): Promise<TestService> {
  const authority = unwrap(loadAuthority(unwrap(createAuthority({ name: 'Contoso', nowMs: clock.nowMs() }))))
  const devices = new Map<string, ServiceDevice>()
  const byRequest = new Map<string, ServiceDevice>()
  const counts = { duplicates: 0, gaps: 0, lost: 0, checkIns: 0, largestCheckIn: 0, enrolments: 0 }
  const renewals = { count: 0 }
  const hellos: WorkerHello[] = []
  const instead: ((deviceId: string) => CheckInReply | undefined)[] = []
  const sessionKey = generateDeviceKeySync()
  const session = { id: 'abcdef01-1', publicKey: Buffer.from(publicKeyOf(sessionKey)).toString('base64') }
  /** Keys of all certificates, by serial number. */
  const spkis = new Map<string, Uint8Array>()
  const isSigned = (certificateSerial: string, mac: string, text: string): boolean => {
    const spki = spkis.get(certificateSerial)
    if (!spki) return false
    return (
      sessionMac(openSession(sessionKey, spki, { tenant: TENANT, session: session.id, certificateSerial }), text) ===
      mac
    )
  }
  const sequences = new Map<string, number>()
  let policySet: PolicySet | undefined
  let losing = false

  const issue = (deviceId: string, csr: string) => {
    const nowMs = clock.nowMs()
    const request = { deviceId, tenant: TENANT, nowMs, validityMs: 100 * DAY_MS }
    const issued = unwrap(authority.issueDeviceCertificate(Buffer.from(csr, 'base64'), request))
    const certificate: IssuedCertificate = {
      certificate: Buffer.from(issued.der).toString('base64'),
      serialNumber: issued.serialNumber,
      notBeforeMs: issued.notBeforeMs,
      notAfterMs: issued.notAfterMs,
      renewAfterMs: nowMs + 80 * DAY_MS,
    }
    spkis.set(issued.serialNumber, issued.publicKeySpki)
    return { certificate, publicKeySpki: issued.publicKeySpki }
  }

  const enrol = (request: EnrolmentRequest): EnrolmentReply => {
    const { requestId } = request
    if (request.token !== TOKEN) {
      return { outcome: 'refused', requestId, code: 'enrolment/token-unknown', message: 'no such token' }
    }
    const known = byRequest.get(requestId)
    if (known) return { outcome: 'enrolled', requestId, deviceId: known.deviceId, certificate: known.certificate }
    const deviceId = guidOf(devices.size + 1)
    const device: ServiceDevice = {
      deviceId,
      request,
      ...issue(deviceId, request.csr),
      supersededSerial: undefined,
      ackedSeq: 0,
      reports: [],
      commands: [],
    }
    devices.set(deviceId, device)
    byRequest.set(requestId, device)
    return { outcome: 'enrolled', requestId, deviceId, certificate: device.certificate }
  }

  const checkIn = (agentId: string, asked: CheckInBatch['checkIns'][number]): CheckInReply => {
    const { deviceId, policySetDigest, certificateSerial, mac, sequence } = asked
    for (const [at, answer] of instead.entries()) {
      const found = answer(deviceId)
      if (found) {
        instead.splice(at, 1)
        return found
      }
    }
    const device = devices.get(deviceId)
    if (!device) return { outcome: 'refused', deviceId, code: 'checkin/unknown-device', ackedSeq: 0 }
    const { ackedSeq, certificate } = device
    if (!isSigned(certificateSerial, mac, checkInText({ agentId, session: session.id, certificateSerial }, asked)))
      return { outcome: 'refused', deviceId, code: 'envelope/bad-mac', ackedSeq: 0 }
    const last = sequences.get(deviceId) ?? 0
    if (sequence <= last)
      return {
        outcome: 'refused',
        deviceId,
        code: 'envelope/replayed',
        ackedSeq: 0,
        sequence: last,
        retryAfterMs: 1_000,
      }
    sequences.set(deviceId, sequence)
    if (certificate.serialNumber === certificateSerial) device.supersededSerial = undefined
    else if (device.supersededSerial !== certificateSerial) {
      return { outcome: 'refused', deviceId, code: 'checkin/certificate-revoked', ackedSeq }
    }
    return {
      outcome: 'managed',
      deviceId,
      ackedSeq,
      commands: device.commands.filter((command) => !isAnswered(device, command)),
      ...(policySet && policySetDigest !== policySet.digest ? { policySet } : {}),
    }
  }

  const renew = (agentId: string, request: RenewalBatch['requests'][number]): RenewalReply => {
    const { requestId, deviceId, csr, proof } = request
    const device = devices.get(deviceId)
    const proven =
      device &&
      verifyWithSpki(
        device.publicKeySpki,
        Buffer.from(requestText('renewal', agentId, request)),
        Buffer.from(proof, 'base64'),
      )
    if (!device || !proven) return { outcome: 'refused', requestId, deviceId, code: 'renewal/bad-proof' }
    device.supersededSerial = device.certificate.serialNumber
    Object.assign(device, issue(deviceId, csr))
    renewals.count++
    return { outcome: 'renewed', requestId, deviceId, certificate: device.certificate }
  }

  const commit = (report: Report): void => {
    const device = devices.get(report.deviceId)
    if (!device) throw new Error(`a report of nobody: ${report.deviceId}`)
    if (report.seq <= device.ackedSeq) counts.duplicates++
    else if (report.seq > device.ackedSeq + 1) counts.gaps++
    else {
      device.ackedSeq = report.seq
      device.reports.push(report)
    }
  }

  const subscriptions = [
    bus.respond(servicePatterns.enrolment(TENANT), async ({ payload }) => {
      const { requests } = read(EnrolmentBatch, payload)
      counts.enrolments += requests.length
      return encode({ v: 1, replies: requests.map(enrol), chain: [] })
    }),
    bus.respond(servicePatterns.checkIn(TENANT), async ({ payload }) => {
      const { agentId, checkIns } = read(CheckInBatch, payload)
      counts.checkIns += checkIns.length
      counts.largestCheckIn = Math.max(counts.largestCheckIn, checkIns.length)
      return encode({ v: 1, replies: checkIns.map((asked) => checkIn(agentId, asked)) })
    }),
    bus.respond(servicePatterns.renewal(TENANT), async ({ payload }) => {
      const { agentId, requests } = read(RenewalBatch, payload)
      return encode({ v: 1, replies: requests.map((request) => renew(agentId, request)) })
    }),
    bus.respond(servicePatterns.appRegistration(TENANT), async ({ payload }) => {
      const replies: AppRegistrationBatchReply['replies'] = read(AppRegistrationBatch, payload).registrations.map(
        ({ registrationId }) => ({ registrationId, outcome: 'registered', nextCheckInMs: 1_800_000 }),
      )
      return encode({ v: 1, replies })
    }),
    bus.respond(servicePatterns.workerHello(TENANT), async ({ payload }) => {
      hellos.push(read(WorkerHello, payload))
      return encode({ v: 1, accepted: true, session })
    }),
    await bus.consume(
      'REPORTS',
      async (batch) => {
        for (const { payload } of batch) {
          const { agentId, reports } = read(ReportBatch, payload)
          if (losing) counts.lost += reports.length
          else
            for (const { certificateSerial, mac, report } of reports) {
              const text = reportText({ agentId, session: session.id, certificateSerial }, report)
              if (!isSigned(certificateSerial, mac, text)) throw new Error('a report that nobody has signed')
              commit(read(Report, new TextEncoder().encode(report)))
            }
        }
      },
      { durable: 'ingest', maxBatch: 100 },
    ),
  ]

  return {
    devices,
    counts,
    hellos,
    renewals,
    assign: async (bodies, { withBodies = true } = {}) => {
      const encoded = bodies.map((body) => ({ body, bytes: encode(body) }))
      policySet = {
        digest: shaOf(encode(bodies)),
        policies: encoded.map(({ body: { policyId, revision, kind }, bytes }) => ({
          policyId,
          revision,
          kind,
          sha256: shaOf(bytes),
        })),
      }
      if (!withBodies) return
      for (const { bytes } of encoded) await bus.putBlob(policyBodyKey(TENANT, shaOf(bytes)), bytes)
    },
    poke: (subject, poke) => bus.publish(subject, encode({ v: 1, ...poke })),
    order: async (agentId, order) =>
      read(
        FleetOrderReply,
        await bus.request(subjects.fleetOrder(TENANT, agentId), encode(order), { timeoutMs: 5_000 }),
      ),
    loseReports: (yes) => {
      losing = yes
    },
    answerOnce: (answer) => {
      instead.push(answer)
    },
    stop: async () => {
      await Promise.all(subscriptions.map((subscription) => subscription.stop()))
    },
  }
}

const isAnswered = ({ reports }: ServiceDevice, { commandId }: DeviceCommand): boolean =>
  reports.some(({ commands }) => commands?.some((result) => result.commandId === commandId))

function read<S extends z.ZodType>(schema: S, payload: Uint8Array): z.infer<S> {
  const decoded = decode(schema, payload)
  if (!decoded.ok) throw new Error(`${decoded.refusal.code} at ${decoded.refusal.at}: ${decoded.refusal.message}`)
  return decoded.value
}

/** Whether a private key belongs to a certificate (DER in Base64). */
export function belongsTo(key: Uint8Array, certificate: string): boolean {
  const data = Buffer.from('proof')
  const { publicKeySpki } = unwrap(readCertificate(Buffer.from(certificate, 'base64')))
  return verifyWithSpki(publicKeySpki, data, signWithDeviceKey(key, data))
}

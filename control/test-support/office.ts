import { createHash, randomUUID } from 'node:crypto'
import {
  type CheckInReply,
  checkInText,
  type EnrolmentReply,
  type EnrolmentRequest,
  type PlatformName,
  type PolicyReport,
  type Report,
  reportText,
  requestText,
  type SignedCheckIn,
} from '@muster/shared/contracts'
import { DAY_MS, type ManualClock, manualClock, unwrap } from '@muster/shared/core'
import {
  type CertificateAuthority,
  createAuthority,
  createCsr,
  type DeviceKey,
  generateDeviceKeySync,
  loadAuthority,
  openSession,
  publicKeyOf,
  sessionMac,
  signWithDeviceKey,
} from '@muster/shared/pki'
import { certificateIssuer } from '../src/adapters/certificate-issuer.ts'
import { createDeviceSessions } from '../src/adapters/device-sessions.ts'
import { openSqliteStore, type SqliteStore } from '../src/adapters/sqlite/store.ts'
import { checkIn } from '../src/app/check-in.ts'
import type { DeviceSessions } from '../src/app/device-sessions.ts'
import { enrolDevices } from '../src/app/enrol-devices.ts'
import { ingestReports, type ReceivedReport } from '../src/app/ingest-reports.ts'
import { createPlanning, type Planning } from '../src/app/planning.ts'
import type { CertificateIssuer, Ids, Signal } from '../src/app/ports.ts'
import { type PublishDeps, publish } from '../src/app/publish-policy.ts'
import type { Actor, AuditEvent, Device, Policy, User } from '../src/domain/model.ts'

export const NOW_MS = 1_800_000_000_000
export const AGENT = 'agent-1'
export const TOKEN = 'the-token-of-this-test'

/** The use cases on a real store and a real authority, without doors; time moves when a test says so. */
export interface Office extends AsyncDisposable {
  readonly store: SqliteStore
  readonly clock: ManualClock
  readonly ids: Ids
  readonly planning: Planning
  readonly authority: CertificateAuthority
  readonly issuer: CertificateIssuer
  readonly sessionKey: DeviceKey
  readonly sessions: DeviceSessions
  readonly signals: Signal[]
  readonly emit: { emit(signal: Signal): void }
  /** Bodies that devices may fetch, by digest. */
  readonly bodies: Map<string, string>
  readonly publishDeps: PublishDeps & { readonly sessions: DeviceSessions }
  token(platform: PlatformName, mode: string, rest?: Record<string, unknown>): Promise<void>
  user(name: string, rest?: Partial<User>): Promise<User>
  enrol(...requests: readonly EnrolmentRequest[]): Promise<readonly EnrolmentReply[]>
  /** Enrolled, as the store has it. */
  device(rest?: Partial<EnrolmentRequest>): Promise<Device>
  policy(rest?: Partial<Policy>): Promise<Policy>
  /** A check-in as the device signs it. */
  checkIn(device: Device, rest?: Record<string, unknown>): SignedCheckIn
  /** A report as the device signs it. */
  received(device: Device, report: Report): ReceivedReport
  visit(device: Device, rest?: Record<string, unknown>): Promise<CheckInReply>
  report(device: Device, seq: number, rest?: Partial<Report>): Promise<Awaited<ReturnType<typeof ingestReports>>>
  stored(id: string): Promise<Device>
}

const key: DeviceKey = generateDeviceKeySync()
const keyOfCsr = new Map<string, DeviceKey>()
/** The keys of certificates, by serial number. */
export const keyOfSerial = new Map<string, DeviceKey>()
export const csrOf = (deviceKey: DeviceKey = key): string => {
  const csr = Buffer.from(createCsr({ key: deviceKey, subject: [{ type: 'CN', value: 'device' }] })).toString('base64')
  keyOfCsr.set(csr, deviceKey)
  return csr
}

let requests = 0
let sequence = 0

/** The request as whoever made its CSR signs it. */
export function proven(request: Omit<EnrolmentRequest, 'proof'>, agentId = AGENT): EnrolmentRequest {
  const text = Buffer.from(requestText('enrolment', agentId, request))
  const signature = signWithDeviceKey(keyOfCsr.get(request.csr) ?? key, text)
  return { ...request, proof: Buffer.from(signature).toString('base64') }
}

/** A Linux workstation that asks to be managed. */
export function enrolmentRequest(rest: Partial<EnrolmentRequest> = {}): EnrolmentRequest {
  const number = ++requests
  const request = {
    requestId: randomUUID(),
    correlationId: `enrol-${number}`,
    token: TOKEN,
    platform: 'linux' as const,
    mode: 'user',
    userPrincipalName: 'ada@contoso.example',
    csr: csrOf(),
    inventory: {
      deviceName: `UBU-${number}`,
      os: { name: 'Linux (ubuntu)', version: '24.04', edition: 'Ubuntu' },
      hardware: {
        manufacturer: 'Dell',
        model: 'Precision',
        serialNumber: `SN${number}`,
        totalStorageBytes: 512e9,
        physicalMemoryBytes: 16e9,
      },
      posture: { encrypted: true, passcodeSet: true },
    },
    ...rest,
  }
  return proven(request)
}

export const administrator: Actor = { type: 'application', id: 'app', displayName: 'a test' }

export const auditEvent = (activityType = 'Create Policy'): AuditEvent => ({
  id: randomUUID(),
  atMs: NOW_MS,
  activityType,
  operation: 'Create',
  result: 'Success',
  category: 'DeviceConfiguration',
  componentName: 'Test',
  actor: administrator,
  correlationId: 'admin-1',
  resources: [],
})

/** What an evaluated Linux compliance rule answers. */
export const policyReport = (policy: Policy, compliant: boolean, appliedAtMs = NOW_MS): PolicyReport => ({
  policyId: policy.id,
  revision: policy.revision,
  kind: policy.kind,
  appliedAtMs,
  results: Object.keys(policy.settings).map((setting) => ({
    itemId: setting,
    protocol: 'linux' as const,
    newComplianceState: compliant ? ('Compliant' as const) : ('NonCompliant' as const),
  })),
})

export async function openOffice(path = ':memory:', startMs = NOW_MS): Promise<Office> {
  const store = openSqliteStore(path)
  const clock = manualClock(startMs)
  const authority = unwrap(loadAuthority(unwrap(createAuthority({ name: 'Contoso', nowMs: startMs - DAY_MS }))))
  const issuer = certificateIssuer(authority, 'contoso')
  const sessionKey = generateDeviceKeySync()
  const sessions = createDeviceSessions(sessionKey, 'contoso')
  const sign = (certificateSerial: string, textIn: (session: string) => string): { session: string; mac: string } => {
    const { id: session } = sessions.offer(clock.nowMs())
    const own = openSession(keyOfSerial.get(certificateSerial) ?? key, publicKeyOf(sessionKey), {
      tenant: 'contoso',
      session,
      certificateSerial,
    })
    return { session, mac: sessionMac(own, textIn(session)) }
  }
  const planning = createPlanning()
  const signals: Signal[] = []
  const emit = { emit: (signal: Signal) => void signals.push(signal) }
  const bodies = new Map<string, string>()
  const ids: Ids = { guid: () => randomUUID(), secret: () => randomUUID() }
  const publishDeps = {
    store,
    planning,
    clock,
    ids,
    signals: emit,
    sessions,
    poke: { tenant: 'contoso', checkInsPerSecond: 2_500, speed: 1 },
    relay: () => undefined,
  }
  const office: Office = {
    store,
    clock,
    ids,
    planning,
    authority,
    issuer,
    sessionKey,
    sessions,
    signals,
    emit,
    bodies,
    publishDeps,
    token: (platform, mode, rest = {}) =>
      store.tokens.put({
        id: randomUUID(),
        platform,
        mode,
        secretSha256: createHash('sha256').update(TOKEN).digest('hex'),
        createdAtMs: startMs,
        expiresAtMs: startMs + 90 * DAY_MS,
        uses: 0,
        revoked: false,
        ...rest,
      }),
    user: async (name, rest = {}) => {
      const user: User = {
        id: randomUUID(),
        userPrincipalName: `${name}@contoso.example`,
        displayName: name,
        mail: `${name}@contoso.example`,
        accountEnabled: true,
        createdAtMs: startMs,
        ...rest,
      }
      await store.users.put(user)
      return user
    },
    enrol: async (...asked) => {
      const { replies } = await enrolDevices(
        { store, planning, issuer, clock, ids, signals: emit, count: () => undefined },
        { v: 1, agentId: AGENT, requests: asked.map((request) => proven(request)) },
      )
      for (const [index, reply] of replies.entries())
        if (reply.outcome === 'enrolled')
          keyOfSerial.set(reply.certificate.serialNumber, keyOfCsr.get(asked[index]?.csr ?? '') ?? key)
      return replies
    },
    device: async (rest) => {
      if ((await store.tokens.list()).length === 0) await office.token('linux', 'user')
      if ((await store.users.list()).length === 0) await office.user('ada')
      const [reply] = await office.enrol(enrolmentRequest(rest))
      if (reply?.outcome !== 'enrolled') throw new Error(`not enrolled: ${JSON.stringify(reply)}`)
      return office.stored(reply.deviceId)
    },
    policy: async (rest = {}) => {
      const policy: Policy = {
        id: randomUUID(),
        kind: 'compliance',
        platforms: ['linux'],
        name: 'a policy',
        description: '',
        graphResource: 'compliancePolicies',
        graphType: '#microsoft.graph.deviceManagementCompliancePolicy',
        settings: { deviceEncryptionRequired: true },
        scheduledActions: [{ id: randomUUID(), actionType: 'block', gracePeriodHours: 0 }],
        assignments: [{ id: randomUUID(), target: { type: 'allDevices' } }],
        revision: 1,
        createdAtMs: startMs,
        modifiedAtMs: startMs,
        ...rest,
      }
      await publish(publishDeps, { correlationId: 'admin-1' }, async (tables) => {
        await tables.policies.put(policy)
        return { audit: auditEvent() }
      })
      return policy
    },
    checkIn: (device, rest = {}) => {
      const asked = {
        deviceId: device.id,
        cause: 'poke' as const,
        sentAtMs: clock.nowMs(),
        correlationId: 'visit-1',
        certificateSerial: device.certificateSerial,
        lastSeq: device.ackedSeq,
        sequence: ++sequence,
        ...rest,
      }
      const { certificateSerial } = asked
      const { mac } = sign(certificateSerial, (session) =>
        checkInText({ agentId: AGENT, session, certificateSerial }, asked),
      )
      return { ...asked, mac }
    },
    received: (device, report) => {
      const { certificateSerial } = device
      const text = JSON.stringify(report)
      const signed = sign(certificateSerial, (session) =>
        reportText({ agentId: AGENT, session, certificateSerial }, text),
      )
      return { agentId: AGENT, certificateSerial, ...signed, text, report }
    },
    visit: async (device, rest = {}) => {
      const { replies } = await checkIn(
        {
          store,
          planning,
          sessions,
          clock,
          bodies: { put: async (sha256, body) => void bodies.set(sha256, body) },
          count: () => undefined,
        },
        {
          v: 1,
          agentId: AGENT,
          session: sessions.offer(clock.nowMs()).id,
          checkIns: [office.checkIn(device, rest)],
        },
      )
      return replies[0] as CheckInReply
    },
    report: (device, seq, rest = {}) =>
      ingestReports(publishDeps, [
        office.received(device, reportOf(device, seq, { observedAtMs: clock.nowMs(), ...rest })),
      ]),
    stored: async (id) => {
      const [device] = await store.devices.getMany([id])
      if (!device) throw new Error(`no device ${id}`)
      return device
    },
    [Symbol.asyncDispose]: () => store.close(),
  }
  return office
}

export const reportOf = (device: Device, seq: number, rest: Partial<Report> = {}): Report => ({
  v: 1,
  deviceId: device.id,
  seq,
  observedAtMs: NOW_MS,
  correlationId: `report-${seq}`,
  certificate: {
    serialNumber: device.certificateSerial,
    notAfterMs: device.certificateNotAfterMs,
    state: 'valid',
  },
  ...rest,
})

import { createHash, randomUUID } from 'node:crypto'
import type {
  CheckInReply,
  EnrolmentReply,
  EnrolmentRequest,
  PlatformName,
  PolicyReport,
  Report,
} from '@muster/shared/contracts'
import { DAY_MS, type ManualClock, manualClock, unwrap } from '@muster/shared/core'
import {
  type CertificateAuthority,
  createAuthority,
  createCsr,
  type DeviceKey,
  generateDeviceKeySync,
  loadAuthority,
} from '@muster/shared/pki'
import { certificateIssuer } from '../src/adapters/certificate-issuer.ts'
import { openSqliteStore } from '../src/adapters/sqlite/store.ts'
import { checkIn } from '../src/app/check-in.ts'
import { enrolDevices } from '../src/app/enrol-devices.ts'
import { ingestReports } from '../src/app/ingest-reports.ts'
import { createPlanning, type Planning } from '../src/app/planning.ts'
import type { CertificateIssuer, Ids, Signal, Store } from '../src/app/ports.ts'
import { type PublishDeps, publish } from '../src/app/publish-policy.ts'
import type { Actor, AuditEvent, Device, Policy, User } from '../src/domain/model.ts'

export const NOW_MS = 1_800_000_000_000
export const AGENT = 'agent-1'
export const TOKEN = 'the-token-of-this-test'

/** The use cases on a real store and a real authority, without doors; time moves when a test says so. */
export interface Office extends AsyncDisposable {
  readonly store: Store
  readonly clock: ManualClock
  readonly ids: Ids
  readonly planning: Planning
  readonly authority: CertificateAuthority
  readonly issuer: CertificateIssuer
  readonly signals: Signal[]
  readonly emit: { emit(signal: Signal): void }
  /** Bodies that devices may fetch, by digest. */
  readonly bodies: Map<string, string>
  readonly publishDeps: PublishDeps
  token(platform: PlatformName, mode: string, rest?: Record<string, unknown>): Promise<void>
  user(name: string, rest?: Partial<User>): Promise<User>
  enrol(...requests: readonly EnrolmentRequest[]): Promise<readonly EnrolmentReply[]>
  /** Enrolled, as the store has it. */
  device(rest?: Partial<EnrolmentRequest>): Promise<Device>
  policy(rest?: Partial<Policy>): Promise<Policy>
  visit(device: Device, rest?: Record<string, unknown>): Promise<CheckInReply>
  report(device: Device, seq: number, rest?: Partial<Report>): Promise<Awaited<ReturnType<typeof ingestReports>>>
  stored(id: string): Promise<Device>
}

const key: DeviceKey = generateDeviceKeySync()
export const csrOf = (deviceKey: DeviceKey = key): string =>
  Buffer.from(createCsr({ key: deviceKey, subject: [{ type: 'CN', value: 'device' }] })).toString('base64')

let requests = 0

/** A Linux workstation that asks to be managed. */
export function enrolmentRequest(rest: Partial<EnrolmentRequest> = {}): EnrolmentRequest {
  const number = ++requests
  return {
    requestId: randomUUID(),
    correlationId: `enrol-${number}`,
    token: TOKEN,
    platform: 'linux',
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
  const planning = createPlanning()
  const signals: Signal[] = []
  const emit = { emit: (signal: Signal) => void signals.push(signal) }
  const bodies = new Map<string, string>()
  const ids: Ids = { guid: () => randomUUID(), secret: () => randomUUID() }
  const publishDeps: PublishDeps = {
    store,
    planning,
    clock,
    ids,
    signals: emit,
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
    enrol: async (...asked) =>
      (
        await enrolDevices(
          { store, planning, issuer, clock, ids, signals: emit, count: () => undefined },
          { v: 1, agentId: AGENT, requests: [...asked] },
        )
      ).replies,
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
    visit: async (device, rest = {}) => {
      const { replies } = await checkIn(
        {
          store,
          planning,
          clock,
          bodies: { put: async (sha256, body) => void bodies.set(sha256, body) },
          count: () => undefined,
        },
        {
          v: 1,
          agentId: AGENT,
          checkIns: [
            {
              deviceId: device.id,
              cause: 'poke',
              sentAtMs: clock.nowMs(),
              correlationId: 'visit-1',
              certificateSerial: device.certificateSerial,
              lastSeq: device.ackedSeq,
              ...rest,
            },
          ],
        },
      )
      return replies[0] as CheckInReply
    },
    report: (device, seq, rest = {}) =>
      ingestReports(publishDeps, [
        { agentId: AGENT, report: reportOf(device, seq, { observedAtMs: clock.nowMs(), ...rest }) },
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

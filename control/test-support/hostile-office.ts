import { createHash, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import {
  type AgentJoin,
  type AgentRenewal,
  agentJoinText,
  agentRenewalText,
  encode,
  requestText,
  subjects,
} from '@muster/shared/contracts'
import type { Bus, BusMessage } from '@muster/shared/core'
import { createCsr, generateDeviceKeySync, signWithDeviceKey } from '@muster/shared/pki'
import {
  createLogger,
  createMemoryBroker,
  createNkey,
  matchesSubject,
  openBrokerIdentity,
} from '@muster/shared/runtime'
import { openBrokerGate } from '../src/adapters/nats/broker-gate.ts'
import { inviteAgent } from '../src/app/agents/admit-agents.ts'
import { type Control, createControl } from '../src/control.ts'
import type { Device } from '../src/domain/model.ts'
import { AGENT, csrOf, enrolmentRequest, keyOfSerial, type Office, openOffice, proven, reportOf } from './office.ts'

const TENANT = 'contoso'
/** What a refused message may leave behind: itself, among the dead letters. */
const LETTERS = new Set(['dead_letter', 'sqlite_sequence'])
/** Apps on unmanaged devices have no key to sign with: the broker alone knows whose agent speaks. */
const UNSIGNED = new Set(['app_registration'])

/** A control service, its doors wide open, and valid messages of every kind that it has taken and done with. */
export interface HostileOffice extends AsyncDisposable {
  readonly office: Office
  readonly control: Control
  /** Each as its device or agent signed it; each has had its effect. */
  readonly spent: readonly BusMessage[]
  /** Bring a message to whoever listens there. Resolves when it is done with; answers what nobody had thought of. */
  deliver(message: BusMessage): Promise<readonly string[]>
  /** Of all that is committed, but for dead letters and what is not signed. */
  digest(): string
  /** A new check-in and a new report of an honest device, which must be taken. */
  honestly(): readonly BusMessage[]
  /** Let what was put among the dead letters arrive there. */
  settle(): Promise<void>
}

interface Listener {
  readonly pattern: string
  take(message: BusMessage): Promise<unknown>
}

export async function openHostileOffice(): Promise<HostileOffice> {
  const dir = mkdtempSync(join(tmpdir(), 'muster-hostile-'))
  const path = join(dir, 'control.db')
  const office = await openOffice(path)
  const { store, authority, sessionKey, clock, ids } = office
  const broker = createMemoryBroker()
  const listeners: Listener[] = []
  const unforeseen: string[] = []
  const identity = openBrokerIdentity(join(dir, 'identity'))
  const system = { tellAccounts: async () => undefined, close: async () => undefined }
  const gate = openBrokerGate({ identity, authority, system, tenant: TENANT })
  const control = await createControl({
    ...{ store, authority, sessionKey, clock, wall: clock, ids, tenant: TENANT, speed: 1, admitting: { gate } },
    log: createLogger({ name: 'test', level: 'silent' }),
    buses: {
      requests: listeningTo(broker.connect('a'), listeners, unforeseen),
      reports: listeningTo(broker.connect('b'), listeners, unforeseen),
      outgoing: broker.connect('c'),
    },
  })
  const reader = new DatabaseSync(path, { readOnly: true })
  const deliver = async (message: BusMessage): Promise<readonly string[]> => {
    unforeseen.length = 0
    for (const { pattern, take } of listeners) if (matchesSubject(pattern, message.subject)) await take(message)
    return [...unforeseen]
  }
  const digest = (): string => digestOf(reader)
  const honest = await office.device()
  let reported = 0
  const spent = await spentMessages(office, control, { deliver, digest })
  return {
    office,
    control,
    spent,
    deliver,
    digest,
    honestly: () => [checkInOf(office, [honest]), reportBatchOf(office, honest, [++reported])],
    settle: () => settled(broker.connect('looks')),
    [Symbol.asyncDispose]: async () => {
      await control.stop()
      reader.close()
      await office[Symbol.asyncDispose]()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** The same bus; what is served on it is known, to be brought messages without a bus between. */
function listeningTo(bus: Bus, listeners: Listener[], unforeseen: string[]): Bus {
  const note = (error: unknown): void => {
    // Thrown to leave a request unanswered: it has a code.
    if ((error as { code?: unknown }).code === undefined || isUnforeseen(error)) unforeseen.push(String(error))
  }
  return Object.assign(Object.create(bus) as Bus, {
    respond: (pattern: string, handler: Parameters<Bus['respond']>[1], options: Parameters<Bus['respond']>[2]) => {
      listeners.push({ pattern, take: (message) => handler(message).catch(note) })
      return bus.respond(pattern, handler, options)
    },
    consume: async (...[stream, handler, options]: Parameters<Bus['consume']>) => {
      if (stream === 'REPORTS')
        listeners.push({
          pattern: 'v1.up.*.*.rpt',
          take: (message) => handler([{ ...message, deliveries: 1 }]).catch(note),
        })
      return bus.consume(stream, handler, options)
    },
  })
}

/** The code that stands for whatever nobody had thought of. */
const isUnforeseen = (error: unknown): boolean => (error as { code?: unknown }).code === 'message/unprocessable'

function digestOf(reader: DatabaseSync): string {
  const hash = createHash('sha256')
  const tables = reader.prepare("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name").all()
  for (const { name } of tables) {
    const table = String(name)
    if (LETTERS.has(table) || UNSIGNED.has(table)) continue
    hash.update(table).update(JSON.stringify(reader.prepare(`SELECT * FROM "${table}"`).all()))
  }
  return hash.digest('hex')
}

async function settled(bus: Bus): Promise<void> {
  while ((await bus.streamInfo('DLQ')).messages > 0) await new Promise((resolve) => setTimeout(resolve, 1))
  await bus.close()
}

const checkInOf = (office: Office, devices: readonly Device[]): BusMessage => ({
  subject: subjects.checkIn(TENANT, AGENT),
  payload: encode({
    v: 1,
    agentId: AGENT,
    session: office.sessions.offer(office.clock.nowMs()).id,
    checkIns: devices.map((device) => office.checkIn(device, { policySetDigest: 'a'.repeat(64) })),
  }),
})

function reportBatchOf(office: Office, device: Device, seqs: readonly number[]): BusMessage {
  const signed = seqs.map((seq) => office.received(device, reportOf(device, seq, { removedPolicyIds: [] })))
  const reports = signed.map(({ certificateSerial, mac, text }) => ({ certificateSerial, mac, report: text }))
  return {
    subject: subjects.report(TENANT, AGENT),
    payload: encode({ v: 1, agentId: AGENT, session: signed[0]?.session, reports }),
  }
}

/** One of each kind, delivered: whatever is done with it from now on is not what its sender signed, or not for the first time. */
async function spentMessages(
  office: Office,
  control: Control,
  { deliver, digest }: Pick<HostileOffice, 'deliver' | 'digest'>,
): Promise<readonly BusMessage[]> {
  await office.policy()
  const [first, second, renewing] = [await office.device(), await office.device(), await office.device()]
  const enrolling = proven(enrolmentRequest())
  const { join, renewalOfAgent } = await agentMessages(office, control)
  const messages = [
    { subject: subjects.enrolment(TENANT, AGENT), payload: encode({ v: 1, agentId: AGENT, requests: [enrolling] }) },
    checkInOf(office, [first]),
    checkInOf(office, [first, second]),
    reportBatchOf(office, first, [1, 2]),
    reportBatchOf(office, second, [1]),
    renewalOf(office, renewing),
    join,
  ]
  for (const message of messages) {
    const before = digest()
    const thrown = await deliver(message)
    if (thrown.length > 0) throw new Error(thrown.join('; '))
    if (digest() === before) throw new Error(`a message of ${message.subject} had no effect`)
  }
  const others = [await renewalOfAgent(), registration(), hello()]
  for (const message of others) await deliver(message)
  return [...messages, ...others]
}

function renewalOf(office: Office, device: Device): BusMessage {
  const request = {
    requestId: randomUUID(),
    correlationId: 'renewal-1',
    deviceId: device.id,
    certificateSerial: device.certificateSerial,
    csr: csrOf(generateDeviceKeySync()),
    sequence: office.checkIn(device).sequence,
  }
  const key = keyOfSerial.get(device.certificateSerial)
  if (!key) throw new Error('the device has no key')
  const proof = Buffer.from(signWithDeviceKey(key, Buffer.from(requestText('renewal', AGENT, request)))).toString(
    'base64',
  )
  const batch = { v: 1, agentId: AGENT, requests: [{ ...request, proof }] }
  return { subject: subjects.renewal(TENANT, AGENT), payload: encode(batch) }
}

/** What an agent says for itself: it joins with an invitation, and renews what it was given. */
async function agentMessages(
  { store }: Office,
  { admission }: Control,
): Promise<{ readonly join: BusMessage; renewalOfAgent(): Promise<BusMessage> }> {
  if (!admission) throw new Error('this service admits no agents')
  const { secret } = await inviteAgent(admission, { agentId: AGENT, readmit: false })
  const [user, key] = [createNkey('user'), generateDeviceKeySync()]
  const csr = Buffer.from(createCsr({ key, subject: [{ type: 'CN', value: AGENT }] })).toString('base64')
  const asked = { secret, agentId: AGENT, userKey: user.publicKey, csr }
  const proof = Buffer.from(user.sign(Buffer.from(agentJoinText(TENANT, asked)))).toString('base64')
  return {
    join: { subject: subjects.agentJoin(TENANT), payload: encode({ v: 1, ...asked, proof } satisfies AgentJoin) },
    renewalOfAgent: async () => {
      const serialNumber = String((await store.agents.get(AGENT))?.serialNumber)
      const renewal = { agentId: AGENT, userKey: user.publicKey, serialNumber, csr }
      const text = Buffer.from(agentRenewalText(TENANT, renewal))
      const signature = Buffer.from(signWithDeviceKey(key, text)).toString('base64')
      const payload = encode({ v: 1, ...renewal, signature } satisfies AgentRenewal)
      return { subject: subjects.agentRenewal(TENANT, AGENT), payload }
    },
  }
}

function registration(): BusMessage {
  const app = {
    appId: 'com.microsoft.outlook',
    appVersion: '1.0',
    platform: 'iOS',
    userPrincipalName: 'ada@contoso.example',
  }
  const device = { deviceTag: 'tag-1', deviceName: 'Ada', platformVersion: '18.1', flaggedReasons: ['none'] }
  const registrations = [{ registrationId: randomUUID(), correlationId: 'app-1', ...app, ...device }]
  return {
    subject: subjects.appRegistration(TENANT, AGENT),
    payload: encode({ v: 1, agentId: AGENT, registrations }),
  }
}

function hello(): BusMessage {
  const counters = {
    checkIns: 0,
    reportsSent: 0,
    reportsResent: 0,
    refused: 0,
    requestErrors: 0,
    pokes: 0,
    renewals: 0,
  }
  const said = { v: 1, agentId: AGENT, boot: 'b1', pid: 1, capacity: 10, sentAtMs: 0, devices: {}, online: 0, counters }
  const lagMs = { p50: 0, p99: 0, max: 0 }
  return { subject: subjects.workerHello(TENANT, AGENT), payload: encode({ ...said, lagMs, rssBytes: 1 }) }
}

import { randomUUID } from 'node:crypto'
import {
  CheckInBatchReply,
  encode,
  RenewalBatchReply,
  type RenewalRequest,
  type ReportBatch,
  requestText,
  type SignedCheckIn,
  subjects,
} from '@muster/shared/contracts'
import { type Bus, HOUR_MS } from '@muster/shared/core'
import { generateDeviceKeySync, signWithDeviceKey } from '@muster/shared/pki'
import { createLogger, createMemoryBroker } from '@muster/shared/runtime'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { AGENT, csrOf, keyOfSerial, type Office, openOffice, reportOf } from '../test-support/office.ts'
import { SESSION_PERIOD_MS } from './adapters/device-sessions.ts'
import { type Control, createControl } from './control.ts'
import type { Device } from './domain/model.ts'

const TENANT = 'contoso'
const PATIENT = { timeout: 20_000, interval: 5 }
type Json = Readonly<Record<string, unknown>>

let office: Office
let control: Control
let agent: Bus
let device: Device
let other: Device
let sent = 0

/** The service behind its doors, with two devices of one agent; everything goes over the bus. */
beforeAll(async () => {
  office = await openOffice()
  const broker = createMemoryBroker()
  const { store, authority, sessionKey, clock, ids } = office
  const [requests, reports, outgoing] = ['a', 'b', 'c'].map((name) => broker.connect(name)) as [Bus, Bus, Bus]
  const log = createLogger({ name: 'test', level: 'silent' })
  control = await createControl({
    ...{ store, authority, sessionKey, clock, wall: clock, ids, log, tenant: TENANT, speed: 1 },
    buses: { requests, reports, outgoing },
  })
  agent = broker.connect('agent')
  device = await office.device()
  other = await office.device()
})
afterAll(async () => {
  await control.stop()
  await office[Symbol.asyncDispose]()
})

const session = (): string => office.sessions.offer(office.clock.nowMs()).id
const stored = (): Promise<Device> => office.stored(device.id)

async function checkIn(asked: Json, { agentId = AGENT, spoken = session() } = {}) {
  const batch = encode({ v: 1, agentId, session: spoken, checkIns: [asked] })
  const answer = await agent.request(subjects.checkIn(TENANT, agentId), batch, { timeoutMs: 5_000 })
  return CheckInBatchReply.parse(JSON.parse(new TextDecoder().decode(answer))).replies[0]
}

async function renew(request: Json, agentId = AGENT) {
  const batch = encode({ v: 1, agentId, requests: [request] })
  const answer = await agent.request(subjects.renewal(TENANT, agentId), batch, { timeoutMs: 5_000 })
  return RenewalBatchReply.parse(JSON.parse(new TextDecoder().decode(answer))).replies[0]
}

/** Send a report message, and wait until the service is done with it: by code, what it has refused. */
async function report(batch: ReportBatch): Promise<Readonly<Record<string, number>>> {
  const before = { ...control.meters.refusals }
  await agent.append(subjects.report(TENANT, batch.agentId), encode(batch), { msgId: `m-${++sent}` })
  await vi.waitFor(async () => expect((await agent.streamInfo('REPORTS')).messages).toBe(0), PATIENT)
  return counted(before)
}

const counted = (before: Json): Record<string, number> =>
  Object.fromEntries(
    Object.entries(control.meters.refusals).flatMap(([code, count]) => {
      const more = count - Number(before[code] ?? 0)
      return more > 0 ? [[code, more]] : []
    }),
  )

/** Another value of the same shape. */
function altered(name: string, value: unknown): unknown {
  if (typeof value === 'number') return value + 1
  if (name === 'cause') return value === 'user' ? 'poke' : 'user'
  const text = String(value)
  const last = text.at(-1) ?? ''
  if (name === 'mac') return `${text.slice(0, 5)}${text[5] === 'A' ? 'B' : 'A'}${text.slice(6)}`
  return `${text.slice(0, -1)}${last === '1' ? '2' : '1'}`
}

const REFUSED =
  /^(envelope\/(bad-mac|replayed|session-unknown)|checkin\/(unknown-device|certificate-(unknown|foreign)|other-agent))$/

it('a check-in of which any field was changed is refused and counted, and changes nothing', async () => {
  const asked = office.checkIn(device, { policySetDigest: 'a'.repeat(64) })
  for (const name of Object.keys(asked)) {
    const before = { ...control.meters.refusals }
    const reply = await checkIn({ ...asked, [name]: altered(name, asked[name as keyof SignedCheckIn]) })
    expect([name, reply]).toEqual([name, expect.objectContaining({ outcome: 'refused', ackedSeq: 0 })])
    const code = reply?.outcome === 'refused' ? reply.code : ''
    expect(code).toMatch(REFUSED)
    expect(counted(before)).toEqual({ [code]: 1 })
    expect(await stored()).toEqual(device)
  }
  expect(await checkIn(asked, { spoken: 'abcdef01-1' })).toMatchObject({ code: 'envelope/session-unknown' })
  expect(await checkIn(asked, { agentId: 'agent-2' })).toMatchObject({ code: 'checkin/other-agent' })
  expect(await checkIn({ ...asked, policySetDigest: undefined })).toMatchObject({ code: 'envelope/bad-mac' })
  expect(await stored()).toEqual(device)
  expect(await checkIn({ ...asked })).toMatchObject({ outcome: 'managed' })
  expect((await stored()).sequence).toBe(asked.sequence)
})

it('what was said once does not count again, nor does what was said before it; the device is told where it stands', async () => {
  const [first, second] = [office.checkIn(device), office.checkIn(device)]
  expect(await checkIn({ ...second })).toMatchObject({ outcome: 'managed' })
  const after = await stored()
  office.clock.advance(HOUR_MS)
  for (const again of [first, second]) {
    const before = { ...control.meters.refusals }
    expect(await checkIn({ ...again })).toMatchObject({ code: 'envelope/replayed', sequence: second.sequence })
    expect(counted(before)).toEqual({ 'envelope/replayed': 1 })
  }
  const { sequence, lastSyncAtMs, heldDigest, lastMaintenanceAtMs } = after
  expect(await stored()).toMatchObject({ sequence, lastSyncAtMs, heldDigest, lastMaintenanceAtMs })
})

it('a check-in that the gate turns away counts once as well', async () => {
  // Let through, then turned away.
  office.clock.advance(10 * HOUR_MS)
  expect(await checkIn({ ...office.checkIn(device, { cause: 'periodic' }) })).not.toHaveProperty('gated')
  const asked = office.checkIn(device, { cause: 'periodic' })
  expect(await checkIn({ ...asked })).toMatchObject({ gated: true })
  office.clock.advance(10 * HOUR_MS)
  expect(await checkIn({ ...asked })).toMatchObject({ code: 'envelope/replayed' })
})

it('one that stands in a batch twice is answered once', async () => {
  const asked = office.checkIn(device)
  const batch = encode({ v: 1, agentId: AGENT, session: session(), checkIns: [asked, asked] })
  const answer = await agent.request(subjects.checkIn(TENANT, AGENT), batch, { timeoutMs: 5_000 })
  const { replies } = CheckInBatchReply.parse(JSON.parse(new TextDecoder().decode(answer)))
  expect(replies).toMatchObject([{ outcome: 'managed' }, { outcome: 'refused', code: 'envelope/replayed' }])
})

it('the session of the period before is understood, those older are not', async () => {
  const spoken = session()
  const asked = () => office.checkIn(device)
  const old = asked()
  office.clock.advance(SESSION_PERIOD_MS)
  expect(await checkIn({ ...old }, { spoken })).toMatchObject({ outcome: 'managed' })
  office.clock.advance(SESSION_PERIOD_MS)
  expect(await checkIn({ ...old, sequence: old.sequence + 50 }, { spoken })).toMatchObject({
    code: 'envelope/session-unknown',
  })
  expect(await checkIn({ ...asked() })).toMatchObject({ outcome: 'managed' })
})

it('a report of which anything was changed is refused and counted, and nothing of it is committed', async () => {
  const { seq } = { seq: (await stored()).ackedSeq + 1 }
  const { session: spoken, text, ...signed } = office.received(device, reportOf(device, seq))
  const { certificateSerial, mac } = signed
  const batch: ReportBatch = {
    v: 1,
    agentId: AGENT,
    session: spoken,
    reports: [{ certificateSerial, mac, report: text }],
  }
  const said = JSON.parse(text) as Json
  const before = await office.store.reports.count()
  const expectRefused = async (what: string, changed: ReportBatch): Promise<void> => {
    const codes = await report(changed)
    expect([what, Object.values(codes)]).toEqual([what, [1]])
    expect(Object.keys(codes)[0]).toMatch(REFUSED)
    expect(await office.store.reports.count()).toBe(before)
  }
  for (const name of ['deviceId', 'seq', 'observedAtMs', 'correlationId'])
    await expectRefused(name, {
      ...batch,
      reports: [{ certificateSerial, mac, report: JSON.stringify({ ...said, [name]: altered(name, said[name]) }) }],
    })
  await expectRefused('a part', {
    ...batch,
    reports: [{ certificateSerial, mac, report: JSON.stringify({ ...said, removedPolicyIds: [] }) }],
  })
  await expectRefused('mac', {
    ...batch,
    reports: [{ certificateSerial, mac: String(altered('mac', mac)), report: text }],
  })
  await expectRefused('certificate of another', {
    ...batch,
    reports: [{ certificateSerial: other.certificateSerial, mac, report: text }],
  })
  await expectRefused('session', { ...batch, session: 'abcdef01-1' })
  await expectRefused('agent', { ...batch, agentId: 'agent-2' })
  expect(await report(batch)).toEqual({})
  expect(await office.store.reports.count()).toBe(before + 1)
  // Played back it is a duplicate, and has no effect.
  const { duplicates } = control.meters.reports
  expect(await report(batch)).toEqual({})
  expect([await office.store.reports.count(), control.meters.reports.duplicates]).toEqual([before + 1, duplicates + 1])
})

it('a report whose text was touched anywhere is never committed', async () => {
  const seq = (await stored()).ackedSeq + 1
  const { session: spoken, certificateSerial, mac, text } = office.received(device, reportOf(device, seq))
  const before = await office.store.reports.count()
  await fc.assert(
    fc.asyncProperty(fc.nat(text.length - 1), fc.integer({ min: 32, max: 126 }), async (at, by) => {
      const touched = text.slice(0, at) + String.fromCharCode(by) + text.slice(at + 1)
      fc.pre(touched !== text)
      await report({ v: 1, agentId: AGENT, session: spoken, reports: [{ certificateSerial, mac, report: touched }] })
      expect(await office.store.reports.count()).toBe(before)
    }),
    { numRuns: 150 },
  )
})

it('a renewal of which any field was changed, or that was there before, gets no certificate', async () => {
  const key = keyOfSerial.get(device.certificateSerial)
  if (!key) throw new Error('the office knows the keys of its devices')
  const about = { deviceId: device.id, certificateSerial: device.certificateSerial, correlationId: 'r-1' }
  const sequence = ((await stored()).sequence ?? 0) + 1_000
  const asked = { requestId: randomUUID(), ...about, csr: csrOf(generateDeviceKeySync()), sequence }
  const proof = signWithDeviceKey(key, Buffer.from(requestText('renewal', AGENT, asked)))
  const request: RenewalRequest = { ...asked, proof: Buffer.from(proof).toString('base64') }
  const changed: Json = { ...request, csr: csrOf(generateDeviceKeySync()) }
  for (const name of ['requestId', 'correlationId', 'deviceId', 'certificateSerial', 'sequence'] as const)
    expect([name, await renew({ ...request, [name]: altered(name, request[name]) })]).toEqual([
      name,
      expect.objectContaining({ outcome: 'refused' }),
    ])
  expect(await renew(changed)).toMatchObject({ code: 'renewal/bad-proof' })
  expect(await renew({ ...request }, 'agent-2')).toMatchObject({ code: 'checkin/other-agent' })
  expect((await office.store.certificates.forDevices([device.id])).length).toBe(1)
  expect(await renew({ ...request })).toMatchObject({ outcome: 'renewed' })
  expect(await renew({ ...request })).toMatchObject({ outcome: 'refused', code: 'envelope/replayed' })
  expect((await office.store.certificates.forDevices([device.id])).length).toBe(2)
})

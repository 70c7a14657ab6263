import { carriesSecrets, DeadLetter, DeadLetterPage, encode, subjects } from '@muster/shared/contracts'
import { type Bus, DAY_MS } from '@muster/shared/core'
import { createLogger, createMemoryBroker } from '@muster/shared/runtime'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { AGENT, administrator, type Office, openOffice, reportOf } from '../test-support/office.ts'
import { type Control, createControl } from './control.ts'
import { serveDeadLetters } from './simulation/dead-letters.ts'

const TENANT = 'contoso'
const PATIENT = { timeout: 20_000, interval: 5 }

let office: Office
let control: Control
let agent: Bus
/** The store fails on reports of these devices. */
const poison = new Set<string>()

beforeAll(async () => {
  office = await openOffice()
  const broker = createMemoryBroker()
  const { store, authority, sessionKey, clock, ids } = office
  const failing = {
    ...store,
    transaction: (work: Parameters<typeof store.transaction>[0]) =>
      store.transaction((tables) =>
        work({
          ...tables,
          reports: {
            ...tables.reports,
            append: async (rows) => {
              if (rows.some(({ deviceId }) => poison.has(deviceId))) throw new TypeError('nobody thought of that')
              await tables.reports.append(rows)
            },
          },
        }),
      ),
  } as typeof store
  control = await createControl({
    ...{ store: failing, authority, sessionKey, clock, wall: clock, ids, tenant: TENANT, speed: 1 },
    log: createLogger({ name: 'test', level: 'silent' }),
    buses: { requests: broker.connect('a'), reports: broker.connect('b'), outgoing: broker.connect('c') },
  })
  agent = broker.connect('agent')
})
afterAll(async () => {
  await control.stop()
  await office[Symbol.asyncDispose]()
})

const ask = (method: string, path: string, query = ''): Promise<unknown> =>
  serveDeadLetters(control, {
    ...{ method, path, query: new URLSearchParams(query), body: undefined },
    ...{ actor: administrator, correlationId: 'by-hand' },
  })
const list = async (query = '') => DeadLetterPage.parse(await ask('GET', '/dlq', query)).letters
const audited = async () => (await office.store.audit.list({ limit: 50 })).map(({ activityType }) => activityType)

it('a report that the service failed on is replayed when it no longer does, and is committed once', async () => {
  const device = await office.device()
  poison.add(device.id)
  const { session, certificateSerial, mac, text } = office.received(device, reportOf(device, 1))
  const message = encode({ v: 1, agentId: AGENT, session, reports: [{ certificateSerial, mac, report: text }] })
  const sending = agent.append(subjects.report(TENANT, AGENT), message, { msgId: 'm-1' })
  // Pauses between tries are of the service's own clock.
  await vi.waitFor(async () => {
    office.clock.advance(1_000)
    expect(await list()).toHaveLength(1)
  }, PATIENT)
  await sending
  const [letter] = await list()
  expect(letter).toMatchObject({ code: 'message/unprocessable', reason: 'nobody thought of that', times: 1 })
  const id = letter?.id ?? ''
  expect(DeadLetter.parse(await ask('GET', `/dlq/${id}`)).text).toBe(new TextDecoder().decode(message))

  expect(await ask('POST', `/dlq/${id}/replay`)).toEqual({ id, outcome: 'message/unprocessable' })
  poison.clear()
  expect(await ask('POST', `/dlq/${id}/replay`)).toEqual({ id, outcome: 'taken' })
  expect(await ask('POST', `/dlq/${id}/replay`)).toEqual({ id, outcome: 'taken' })
  expect(await office.stored(device.id)).toMatchObject({ ackedSeq: 1, appliedReports: 1 })
  expect(await list()).toMatchObject([{ id, replayed: 'taken' }])
  expect(await audited()).toEqual(Array(3).fill('replay DeadLetter'))
  expect(await ask('DELETE', `/dlq/${id}`)).toEqual({ id })
  expect(await list()).toEqual([])
  expect(await audited()).toContain('drop DeadLetter')
  await expect(ask('POST', `/dlq/${id}/replay`)).rejects.toMatchObject({ code: 'dlq/unknown' })
})

it('a replay opens no door that was shut: what is forged is refused again, by the code', async () => {
  const device = await office.device()
  const { session, certificateSerial, text } = office.received(device, reportOf(device, 1))
  const reports = [{ certificateSerial, mac: 'A'.repeat(22), report: text }]
  const message = encode({ v: 1, agentId: AGENT, session, reports })
  await agent.append(subjects.report(TENANT, AGENT), message, { msgId: 'm-2' })
  await vi.waitFor(async () => expect(await list('code=envelope/bad-mac')).toHaveLength(1), PATIENT)
  const [letter] = await list('code=envelope/bad-mac')
  expect(await ask('POST', `/dlq/${letter?.id}/replay`)).toMatchObject({ outcome: 'envelope/bad-mac' })
  expect((await office.stored(device.id)).ackedSeq).toBe(0)
})

it('a request is replayed at its own door, and what nobody listens to or is not whole at none', async () => {
  agent.publish(subjects.checkIn(TENANT, AGENT), encode({ v: 1, agentId: AGENT, what: 'is this' }))
  await vi.waitFor(async () => expect(await list('code=message/invalid')).toHaveLength(1), PATIENT)
  const [letter] = await list('code=message/invalid')
  expect(await ask('POST', `/dlq/${letter?.id}/replay`)).toMatchObject({ outcome: 'message/invalid' })
  const stranded = { ...letter, firstAtMs: 1, lastAtMs: office.clock.nowMs(), times: 1, code: 'x', reason: 'x' }
  const kept = { ...stranded, bytes: 3, payload: 'AAAA' }
  await office.store.deadLetters.append([{ ...kept, id: 'a'.repeat(16), subject: 'v1.nobody' }])
  await office.store.deadLetters.append([{ ...kept, id: 'b'.repeat(16), subject: 'v1.nobody', bytes: 4 }])
  await expect(ask('POST', `/dlq/${'a'.repeat(16)}/replay`)).rejects.toMatchObject({ code: 'dlq/no-door' })
  await expect(ask('POST', `/dlq/${'b'.repeat(16)}/replay`)).rejects.toMatchObject({ code: 'dlq/truncated' })
})

it('of an enrolment and of an agent that wants to join nothing is kept but that they came, each once', async () => {
  const secret = 'a-secret-of-enrolment-0123456789'
  for (const name of ['a', 'b', 'b']) {
    const body = encode({ v: 1, agentId: AGENT, requests: [{ token: secret, name }] })
    agent.publish(subjects.enrolment(TENANT, AGENT), body)
  }
  const enrolments = async () => (await list()).filter(({ subject }) => subject.endsWith('.enr'))
  await vi.waitFor(async () => expect(await enrolments()).toHaveLength(2), PATIENT)
  for (const { id, bytes } of await enrolments()) {
    expect(bytes).toBeGreaterThan(secret.length)
    expect(await ask('GET', `/dlq/${id}`)).toMatchObject({ payload: '', text: '', code: 'message/invalid' })
    await expect(ask('POST', `/dlq/${id}/replay`)).rejects.toMatchObject({ code: 'dlq/truncated' })
  }
  expect(carriesSecrets(subjects.agentJoin(TENANT))).toBe(true)
  for (const subject of [subjects.report(TENANT, 'enr'), subjects.checkIn('enr', AGENT)])
    expect(carriesSecrets(subject)).toBe(false)
})

it('letters are kept within bounds of number, size and age, the newest of them; pages have each once', async () => {
  const { deadLetters } = office.store
  const nowMs = office.clock.nowMs()
  const letter = (number: number, lastAtMs = nowMs) => ({
    ...{
      id: number.toString(16).padStart(16, '0'),
      subject: 's',
      code: 'c/d',
      reason: 'r',
      bytes: 6,
      payload: 'AAAAAAAA',
    },
    ...{ firstAtMs: lastAtMs, lastAtMs, times: 1 },
  })
  const numbers = async () => (await deadLetters.page({ limit: 1_000 })).map(({ id }) => Number.parseInt(id, 16))
  const wide = { letters: 1_000, bytes: 1e9, sinceMs: 0 }
  await deadLetters.removeBeyond({ ...wide, letters: 0 })
  await deadLetters.append([1, 2, 3, 4, 5].map((number) => letter(number)))
  await deadLetters.removeBeyond({ ...wide, letters: 4 })
  expect(await numbers()).toEqual([5, 4, 3, 2])
  await deadLetters.append([letter(6)])
  await deadLetters.removeBeyond({ ...wide, bytes: 24 })
  expect(await numbers()).toEqual([6, 5, 4])
  await deadLetters.append([letter(7, nowMs + DAY_MS)])
  await deadLetters.removeBeyond({ ...wide, sinceMs: nowMs + 1 })
  expect(await numbers()).toEqual([7])
  await deadLetters.append([letter(7, nowMs + 2 * DAY_MS), letter(8), letter(9)])
  expect(await deadLetters.get(letter(7).id)).toMatchObject({ times: 2, lastAtMs: nowMs + 2 * DAY_MS })
  const pages = [await deadLetters.page({ limit: 2 }), await deadLetters.page({ limit: 2, before: letter(8).id })]
  expect(pages.flat().map(({ id }) => Number.parseInt(id, 16))).toEqual([9, 8, 7])
})

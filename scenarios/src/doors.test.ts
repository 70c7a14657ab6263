import { createHash } from 'node:crypto'
import { carriesSecrets, DeadLetterPage, decode, encode, MESSAGE_BYTES_MAX, subjects } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { z } from 'zod'
import { type Live, PATIENT, startLive } from '../test-support/live.ts'

const SEED = 20_261_125
const DEVICES = 4
const TENANT = 'contoso'
const AGENT = 'worker-1'

const Letter = z.object({
  subject: z.string(),
  code: z.string(),
  reason: z.string().min(1),
  at: z.string().optional(),
  bytes: z.number(),
  payload: z.string(),
  sha256: z.string().optional(),
})
type Letter = z.infer<typeof Letter>
type Json = Readonly<Record<string, unknown>>

let live: Live
let bus: Bus
let streams: Bus
/** What devices really said, by subject: the stuff that forgeries are made of. */
const heard = new Map<string, Json>()
/** By `keyOf`. */
const letters = new Map<string, Letter>()
let sent = 0

const requests: Readonly<Record<string, string>> = {
  enrolment: subjects.enrolment(TENANT, AGENT),
  'check-in': subjects.checkIn(TENANT, AGENT),
  renewal: subjects.renewal(TENANT, AGENT),
  'app registration': subjects.appRegistration(TENANT, AGENT),
  hello: subjects.workerHello(TENANT, AGENT),
}
const report = subjects.report(TENANT, AGENT)
const everySubject = [...Object.entries(requests), ['report', report] as const]

beforeAll(async () => {
  live = await startLive()
  bus = await live.bus('vandal', 'fleet')
  bus.subscribe('v1.>', ({ subject, payload }) => {
    if (heard.has(subject)) return
    const read = decode(z.record(z.string(), z.unknown()), payload)
    if (read.ok) heard.set(subject, read.value)
  })
  streams = await live.bus('reader', 'store')
  await streams.consume(
    'DLQ',
    async (batch) => {
      for (const { payload } of batch) {
        const letter = Letter.parse(JSON.parse(new TextDecoder().decode(payload)))
        const kept = letter.sha256 ?? digestOf(Buffer.from(letter.payload, 'base64'))
        letters.set(`${letter.subject} ${kept}`, letter)
      }
    },
    { durable: 'reader', maxBatch: 100 },
  )
  await live.populate(DEVICES)
  await news()
  const [enrolment, checkIn] = await vi.waitFor(() => {
    expect([...heard.keys()]).toEqual(
      expect.arrayContaining([requests['enrolment'], requests['check-in'], requests['hello'], report]),
    )
    return [heard.get(requests['enrolment'] ?? ''), heard.get(requests['check-in'] ?? '')]
  }, PATIENT)
  // Nobody renews or registers an app within minutes: these are put together from what was heard.
  const { csr, inventory } = (enrolment as { requests: [{ csr: string; inventory: { hardware: Json } }] }).requests[0]
  const { deviceId, certificateSerial } = (checkIn as { checkIns: [Json] }).checkIns[0]
  const requestId = '00000000-0000-4000-8000-000000000001'
  heard.set(requests['renewal'] ?? '', {
    ...{ v: 1, agentId: AGENT },
    requests: [{ requestId, correlationId: 'c', deviceId, certificateSerial, csr, sequence: 1, proof: 'AAAA' }],
  })
  heard.set(requests['app registration'] ?? '', {
    ...{ v: 1, agentId: AGENT },
    registrations: [
      {
        ...{ registrationId: requestId, correlationId: 'c', platform: 'iOS', userPrincipalName: 'a@b.example' },
        ...{ appId: 'com.microsoft.outlook', appVersion: '1', deviceTag: String(inventory.hardware['serialNumber']) },
        ...{ deviceName: 'd', platformVersion: '18', flaggedReasons: ['none'] },
      },
    ],
  })
}, 120_000)
afterAll(() => live?.[Symbol.asyncDispose]())

let version = 9_000
/** Every device reports something new, and all of it is committed. */
async function news(): Promise<void> {
  const selector = { share: 1, salt: '' }
  const { committed } = (await live.stats()).reports
  const osVersion = `10.0.26100.${version++}`
  await live.client.call('POST', '/_muster/orders', { order: 'drift', selector, posture: {}, osVersion })
  await live.client.call('POST', '/_muster/orders', { order: 'sync', selector })
  const done = async () => expect((await live.stats()).reports.committed).toBeGreaterThanOrEqual(committed + DEVICES)
  await vi.waitFor(done, PATIENT)
}

async function send(subject: string, payload: Uint8Array): Promise<void> {
  if (subject.endsWith('.rpt')) await bus.append(subject, payload, { msgId: `vandal-${sent++}` })
  else bus.publish(subject, payload)
}

const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** What a letter is found by: of secrets the digest of all is kept, of others what a door reads. */
const keyOf = (subject: string, payload: Uint8Array): string =>
  `${subject} ${digestOf(carriesSecrets(subject) ? payload : payload.subarray(0, MESSAGE_BYTES_MAX))}`

/** Each of these must come out on the dead letters, with one of the codes. */
async function expectBuried(subject: string, payloads: readonly Uint8Array[], codes: readonly string[]): Promise<void> {
  for (const payload of payloads) await send(subject, payload)
  await vi.waitFor(() => {
    const missing = payloads.filter((payload) => !letters.has(keyOf(subject, payload)))
    expect(missing.map((payload) => new TextDecoder().decode(payload).slice(0, 300))).toEqual([])
  }, PATIENT)
  for (const payload of payloads) {
    const letter = letters.get(keyOf(subject, payload))
    expect([codes, letter?.bytes]).toEqual([expect.arrayContaining([letter?.code]), payload.length])
    if (carriesSecrets(subject)) expect(letter?.payload).toBe('')
  }
}

const truth = (subject: string): Json => {
  const message = heard.get(subject)
  if (!message) throw new Error(`nothing was heard on ${subject}`)
  return message
}

const sample = <T>(arbitrary: fc.Arbitrary<T>, numRuns: number): readonly T[] =>
  fc.sample(arbitrary, { seed: SEED, numRuns })

/** Paths to every value in a message that is no list or object. */
function leaves(value: unknown, path: readonly (string | number)[] = []): readonly (readonly (string | number)[])[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => leaves(each, [...path, index]))
  if (value === null || typeof value !== 'object') return [path]
  return Object.entries(value).flatMap(([key, each]) => leaves(each, [...path, key]))
}

function replaced(value: unknown, [first, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (first === undefined) return by
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...(value as Json) }
  const inner = (copy as Record<string | number, unknown>)[first]
  ;(copy as Record<string | number, unknown>)[first] = replaced(inner, rest, by)
  return copy
}

it.each(everySubject)(
  '%s: noise, and messages cut off anywhere, are buried as what cannot be read',
  async (_, subject) => {
    const whole = encode(truth(subject))
    const cuts = sample(fc.integer({ min: 1, max: whole.length - 1 }), 25).map((length) => whole.slice(0, length))
    const noise = sample(fc.uint8Array({ minLength: 1, maxLength: 300 }), 25)
    const values = sample(fc.jsonValue({ maxDepth: 3 }), 25).map((value) => encode(value))
    const payloads = [...cuts, ...noise, ...values, new Uint8Array(0)]
    await expectBuried(subject, payloads, ['message/not-json', 'message/invalid'])
  },
)

it.each(everySubject)('%s: a value of another kind in any place is buried with its place', async (name, subject) => {
  const message = truth(subject)
  // Objects with free keys take any string; what is sent instead of a value fits nowhere.
  const wrong = leaves(message).map((path) => ({ path, payload: encode(replaced(message, path, [{ no: 'such' }])) }))
  expect(wrong.length, name).toBeGreaterThan(4)
  await expectBuried(
    subject,
    wrong.map(({ payload }) => payload),
    ['message/invalid'],
  )
  for (const { path, payload } of wrong) {
    const letter = letters.get(keyOf(subject, payload))
    expect(path.join('.').startsWith(letter?.at ?? '-'), `${path.join('.')} told as ${letter?.at}`).toBe(true)
  }
})

it.each(everySubject)('%s: what is nested without end is buried, and the doors stay open', async (_, subject) => {
  const nested = (depth: number): string => `${'{"v":['.repeat(depth)}1${']}'.repeat(depth)}`
  const payloads = [33, 5_000, 20_000].map((depth) => new TextEncoder().encode(nested(depth)))
  await expectBuried(subject, payloads, ['message/too-deep'])
  await expectBuried(subject, [new TextEncoder().encode('['.repeat(200_000))], ['message/too-deep'])
})

it.each(everySubject)('%s: what is larger than a door reads is buried', async (_, subject) => {
  const payloads = [262_145, 600_000, 1_000_000].map((length) => {
    const padded = (padding: string): Uint8Array => encode({ length, padding, ...truth(subject) })
    return padded('x'.repeat(length - padded('').length))
  })
  expect(payloads.map(({ length }) => length)).toEqual([262_145, 600_000, 1_000_000])
  await expectBuried(subject, payloads, ['message/too-large'])
})

it.each([...everySubject].filter(([name]) => name !== 'enrolment' && name !== 'hello'))(
  '%s: what speaks for another agent than its subject names is buried',
  async (_, subject) => {
    const payload = encode({ ...truth(subject), agentId: 'somebody-else' })
    await expectBuried(subject, [payload], ['message/other-agent'])
    await expectBuried(subject.replace(AGENT, 'worker-2'), [encode(truth(subject))], ['message/other-agent'])
  },
)

it('reports that are forged are buried with the reason, and change nothing', async () => {
  const { session, reports } = truth(report) as { session: string; reports: [Json & { report: string }] }
  const [genuine] = reports
  const said = JSON.parse(genuine.report) as Json
  const forge = (change: Json): Json => ({ ...genuine, report: JSON.stringify({ ...said, seq: 500, ...change }) })
  const forged: readonly (readonly [string, Json])[] = [
    ['checkin/unknown-device', forge({ deviceId: '00000000-0000-4000-8000-0000000000ff' })],
    ['checkin/certificate-unknown', { ...forge({}), certificateSerial: 'abcdef' }],
    ['envelope/bad-mac', forge({})],
    ['envelope/session-unknown', genuine],
  ]
  const before = (await live.stats()).reports.deadLetters
  for (const [code, each] of forged) {
    const spoken = code === 'envelope/session-unknown' ? '00000000-1' : session
    await send(report, encode({ v: 1, agentId: AGENT, session: spoken, reports: [each] }))
  }
  // A device of this agent, told of by another agent that it did not enrol with.
  const stranger = subjects.report(TENANT, 'stranger')
  await send(stranger, encode({ v: 1, agentId: 'stranger', session, reports: [forge({})] }))
  await vi.waitFor(async () => expect((await live.stats()).reports.deadLetters).toBe(before + 5), PATIENT)
  // The letter is on its way when it is counted.
  await vi.waitFor(() => {
    const told = [...letters.values()].map(({ code }) => code).filter((code) => /^(checkin|envelope)/.test(code))
    expect(told.sort()).toEqual([
      'checkin/certificate-unknown',
      'checkin/other-agent',
      'checkin/unknown-device',
      'envelope/bad-mac',
      'envelope/session-unknown',
    ])
  }, PATIENT)
  expect((await live.stats()).refusals).toMatchObject({ 'envelope/bad-mac': 1, 'checkin/other-agent': 1 })
})

it('requests of the right shape are answered whatever they say, and one that is not to be answered is refused', async () => {
  const odd = fc.oneof(fc.integer({ min: 0 }), fc.string({ maxLength: 60 }), fc.boolean(), fc.constant(null))
  for (const [name, subject] of Object.entries(requests)) {
    const message = truth(subject)
    const paths = leaves(message)
    const changed = sample(fc.tuple(fc.constantFrom(...paths), odd), 30).map(([path, by]) =>
      replaced(message, path, by),
    )
    for (const each of changed) {
      const payload = encode(each)
      const outcome = await Promise.race([
        bus.request(subject, payload, { timeoutMs: 20_000 }).then(() => 'answered'),
        vi.waitFor(() => {
          expect(letters.has(keyOf(subject, payload))).toBe(true)
          return 'buried'
        }, PATIENT),
      ])
      const letter = letters.get(keyOf(subject, payload))
      expect([name, JSON.stringify(each), outcome, letter?.code]).not.toContain('message/unprocessable')
    }
  }
}, 120_000)

it('what was buried is listed with its reason, goes to its door again by hand, and can be let go', async () => {
  const path = '/_muster/dlq'
  const { letters: forged } = DeadLetterPage.parse(await live.client.call('GET', `${path}?code=envelope/bad-mac`))
  expect(forged).toMatchObject([{ code: 'envelope/bad-mac', subject: report }])
  const id = forged[0]?.id ?? ''
  expect(await live.client.call('POST', `${path}/${id}/replay`)).toEqual({ id, outcome: 'envelope/bad-mac' })
  expect(await live.client.call('GET', `${path}/${id}`)).toMatchObject({ id, replayed: 'envelope/bad-mac' })
  await live.client.call('DELETE', `${path}/${id}`)
  await expect(live.client.call('GET', `${path}/${id}`)).rejects.toThrow(id)
})

it('and the service has gone on all the while', async () => {
  await news()
  expect(await live.history(DEVICES)).toMatchObject({ ok: true, lost: 0, appliedTwice: 0, problems: [] })
  expect((await streams.streamInfo('REPORTS')).messages).toBe(0)
})

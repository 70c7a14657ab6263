import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { subjects } from '@muster/shared/contracts'
import type { Bus } from '@muster/shared/core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type TestNatsServer as Server, testNatsServer } from '../../test-support/nats.ts'
import { busConformance, bytes, PATIENT, REPORTS_BYTES_MAX, text } from './bus-conformance.ts'
import { createNatsBus } from './nats-bus.ts'

const CONNECTIONS = 1_000

const connectTo = ({ url, credentials }: Server, name: string): Promise<Bus> =>
  createNatsBus({ url, ...credentials, name, role: 'service', tenant: 't', reportsBytesMax: REPORTS_BYTES_MAX })

busConformance('the bus over nats-server', async () => {
  const server = await testNatsServer()
  const buses: Bus[] = []
  return {
    connect: async (name) => {
      const bus = await connectTo(server, name)
      buses.push(bus)
      return bus
    },
    dispose: async () => {
      await Promise.all(buses.map((bus) => bus.close()))
      await server[Symbol.asyncDispose]()
    },
  }
})

describe('a nats-server that fails', () => {
  let server: Server
  beforeAll(async () => {
    server = await testNatsServer()
  })
  afterAll(() => server[Symbol.asyncDispose]())

  /** Append until it is acknowledged, as whoever must not lose a report does. */
  async function appendSurely(bus: Bus, subject: string, value: string): Promise<void> {
    await vi.waitFor(() => bus.append(subject, bytes(value), { msgId: `${subject}/${value}` }), {
      timeout: 60_000,
      interval: 50,
    })
  }

  it('loses nothing that was acknowledged when it is killed in the middle, and the consumer goes on', async () => {
    const [sending, taking] = [await connectTo(server, 'sends'), await connectTo(server, 'takes')]
    const statuses: string[] = []
    sending.onStatus((status) => statuses.push(status))
    const taken = new Set<string>()
    await taking.consume(
      'REPORTS',
      async (batch) => {
        for (const { payload } of batch) taken.add(text(payload))
      },
      { durable: 'control', maxBatch: 20 },
    )
    const subject = subjects.report('t', 'a')
    const appending = (async () => {
      for (let n = 0; n < 300; n++) await appendSurely(sending, subject, String(n))
    })()
    await vi.waitFor(() => expect(taken.size).toBeGreaterThan(20), PATIENT)
    await server.kill({ downMs: 200 })
    await appending
    await vi.waitFor(() => expect(taken.size).toBe(300), PATIENT)
    await vi.waitFor(() => expect(statuses).toEqual(['disconnected', 'connected']), PATIENT)
    await Promise.all([sending.close(), taking.close()])
  })

  it('fails what waits for an answer when the connection goes', async () => {
    const [asking, answering] = [await connectTo(server, 'asks'), await connectTo(server, 'answers')]
    answering.respond('never', () => new Promise(() => undefined))
    answering.respond('ready', async () => bytes(''))
    await vi.waitFor(() => asking.request('ready', bytes(''), { timeoutMs: 1_000 }), PATIENT)
    const waiting = asking.request('never', bytes(''), { timeoutMs: 30_000 })
    const failed = expect(waiting).rejects.toMatchObject({ code: 'bus/disconnected' })
    await server.kill()
    await failed
    await Promise.all([asking.close(), answering.close()])
  })

  it('has a thousand connections back after it was killed, each able to speak', async () => {
    const answering = await connectTo(server, 'answers-all')
    answering.respond('ready', async () => bytes(''))
    const { url, credentials } = server
    const asking = await Promise.all(
      Array.from({ length: CONNECTIONS }, (_, index) =>
        createNatsBus({ url, ...credentials, name: `agent-${index}`, role: 'agent', tenant: 't' }),
      ),
    )
    const gone = Promise.all(
      asking.map(
        (bus) => new Promise<void>((resolve) => bus.onStatus((status) => status === 'disconnected' && resolve())),
      ),
    )
    await server.kill()
    await gone
    await Promise.all(
      asking.map((bus) => vi.waitFor(() => bus.request('ready', bytes(''), { timeoutMs: 2_000 }), PATIENT)),
    )
    expect(asking.every(({ connected }) => connected)).toBe(true)
    await Promise.all([answering, ...asking].map((bus) => bus.close()))
  }, 120_000)

  it('is given its streams and bucket again when its store was wiped', async () => {
    const [sending, taking] = [await connectTo(server, 'sends2'), await connectTo(server, 'takes2')]
    const taken: string[] = []
    await taking.consume('REPORTS', async (batch) => void taken.push(...batch.map(({ payload }) => text(payload))), {
      durable: 'control',
      maxBatch: 20,
    })
    await sending.putBlob('t.k', bytes('before'))
    await server.kill({ downMs: 500 })
    for (const entry of readdirSync(server.dataDir)) {
      if (entry.startsWith('jetstream-')) rmSync(join(server.dataDir, entry), { recursive: true, force: true })
    }
    await appendSurely(sending, subjects.report('t', 'b'), 'after')
    await vi.waitFor(() => expect(taken).toContain('after'), PATIENT)
    expect(await sending.getBlob('t.k')).toBeUndefined()
    await vi.waitFor(() => sending.putBlob('t.k', bytes('again')), PATIENT)
    expect(text((await taking.getBlob('t.k')) ?? bytes(''))).toBe('again')
    await Promise.all([sending.close(), taking.close()])
  })

  it('refuses what it cannot carry, at once, and carries the next', async () => {
    const [asking, answering] = [await connectTo(server, 'large'), await connectTo(server, 'larger')]
    answering.respond('size', async ({ payload }) => bytes(String(payload.length)))
    const tooLarge = new Uint8Array(1_100_000)
    const refused = { code: 'bus/too-large' }
    const subject = subjects.report('t', 'large')
    await expect(asking.append(subject, tooLarge, { msgId: 'large' })).rejects.toMatchObject(refused)
    await expect(asking.request('size', tooLarge, { timeoutMs: 60_000 })).rejects.toMatchObject(refused)
    await asking.append(subject, new Uint8Array(900_000), { msgId: 'less' })
    const answer = await vi.waitFor(
      () => asking.request('size', new Uint8Array(900_000), { timeoutMs: 5_000 }),
      PATIENT,
    )
    expect(text(answer)).toBe('900000')
    await Promise.all([asking.close(), answering.close()])
  })

  it('refuses wrong credentials in so many words', async () => {
    await expect(
      createNatsBus({ url: server.url, user: 'x', password: 'y', name: 'no', role: 'agent', tenant: 't' }),
    ).rejects.toMatchObject({ code: 'bus/refused' })
  })
})

it('says that no server answers', async () => {
  await expect(
    createNatsBus({ url: 'nats://127.0.0.1:9', name: 'no', role: 'agent', tenant: 't', connectTimeoutMs: 200 }),
  ).rejects.toMatchObject({ code: 'bus/disconnected' })
})

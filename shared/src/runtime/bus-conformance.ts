import { subjects } from '@muster/shared/contracts'
import type { Bus, DurableMessage } from '@muster/shared/core'
import { afterEach, describe, expect, it, vi } from 'vitest'

/** How to come by buses of one kind, all on one broker that is empty at the start of each test. */
export interface BusFixture {
  connect(name: string): Promise<Bus>
  dispose(): Promise<void>
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (payload: Uint8Array): string => new TextDecoder().decode(payload)
/** Long enough on any machine; what is waited for comes much sooner. */
export const PATIENT = { timeout: 20_000, interval: 20 }

/** What every bus promises (see `core/bus.ts`). */
export function busConformance(name: string, open: () => Promise<BusFixture>): void {
  describe(name, () => {
    let fixture: BusFixture | undefined
    const connect = async (...names: readonly string[]): Promise<Bus[]> => {
      fixture ??= await open()
      const { connect: one } = fixture
      return Promise.all(names.map((each) => one(each)))
    }
    const two = async (): Promise<[Bus, Bus]> => (await connect('one', 'two')) as [Bus, Bus]
    afterEach(async () => {
      await fixture?.dispose()
      fixture = undefined
    })

    it('delivers what is published to every subscriber whose pattern fits, and to no other', async () => {
      const [here, there] = await two()
      const heard: string[] = []
      for (const pattern of ['a.*', 'a.>', 'a.b', 'b.>', 'a.*.c']) {
        there.subscribe(pattern, ({ subject, payload }) => heard.push(`${pattern} ${subject} ${text(payload)}`))
      }
      await vi.waitFor(() => {
        here.publish('a.b', bytes('hello'))
        expect(new Set(heard)).toEqual(new Set(['a.* a.b hello', 'a.> a.b hello', 'a.b a.b hello']))
      }, PATIENT)
    })

    it('gives each message to one member of a queue group', async () => {
      const [here, left, right] = (await connect('here', 'left', 'right')) as [Bus, Bus, Bus]
      const heard: string[] = []
      for (const bus of [left, right]) bus.respond('work.*', async ({ subject }) => bytes(subject), { queue: 'svc' })
      for (const bus of [left, right])
        bus.subscribe('jobs', ({ payload }) => heard.push(text(payload)), { queue: 'svc' })
      await vi.waitFor(() => here.request('work.ready', bytes(''), { timeoutMs: 1_000 }), PATIENT)
      for (let job = 0; job < 50; job++) here.publish('jobs', bytes(String(job)))
      await vi.waitFor(() => expect(heard).toHaveLength(50), PATIENT)
      expect(new Set(heard).size).toBe(50)
    })

    it('answers a request with what the responder returns', async () => {
      const [here, there] = await two()
      there.respond('echo.*', async ({ subject, payload }) => bytes(`${subject} ${text(payload)}`))
      const answer = await vi.waitFor(() => here.request('echo.x', bytes('hi'), { timeoutMs: 2_000 }), PATIENT)
      expect(text(answer)).toBe('echo.x hi')
    })

    it('says at once that nobody serves a subject', async () => {
      const [here] = await two()
      await expect(here.request('nobody', bytes(''), { timeoutMs: 60_000 })).rejects.toMatchObject({
        code: 'bus/no-responders',
      })
    })

    it('leaves the asker to its time-out when the responder throws, and tells the responder', async () => {
      const [here, there] = await two()
      const errors: unknown[] = []
      there.respond('ready', async () => bytes(''))
      there.respond('bad', async () => Promise.reject(new Error('no')), { onError: (error) => errors.push(error) })
      await vi.waitFor(() => here.request('ready', bytes(''), { timeoutMs: 1_000 }), PATIENT)
      await expect(here.request('bad', bytes(''), { timeoutMs: 300 })).rejects.toMatchObject({ code: 'bus/timeout' })
      expect(errors).toHaveLength(1)
    })

    it('keeps what is appended until a consumer takes it, in order', async () => {
      const [here, there] = await two()
      const subject = subjects.report('t', 'a')
      for (let n = 0; n < 30; n++) await here.append(subject, bytes(String(n)), { msgId: `m${n}` })
      expect((await here.streamInfo('REPORTS')).messages).toBe(30)
      const taken: DurableMessage[] = []
      const sizes: number[] = []
      await there.consume(
        'REPORTS',
        async (batch) => {
          sizes.push(batch.length)
          taken.push(...batch)
        },
        { durable: 'd', maxBatch: 8 },
      )
      await vi.waitFor(() => expect(taken).toHaveLength(30), PATIENT)
      expect(taken.map(({ payload }) => text(payload))).toEqual(Array.from({ length: 30 }, (_, n) => String(n)))
      expect(Math.max(...sizes)).toBeLessThanOrEqual(8)
      await vi.waitFor(async () => expect((await here.streamInfo('REPORTS')).messages).toBe(0), PATIENT)
    })

    it('stores the same message id once', async () => {
      const [here] = await two()
      for (let n = 0; n < 3; n++) await here.append(subjects.report('t', 'a'), bytes('x'), { msgId: 'same' })
      expect((await here.streamInfo('REPORTS')).messages).toBe(1)
    })

    it('hands a batch out again when its handler fails, and loses nothing by it', async () => {
      const [here, there] = await two()
      for (let n = 0; n < 5; n++) await here.append(subjects.report('t', 'a'), bytes(String(n)), { msgId: `m${n}` })
      const taken: string[] = []
      const errors: unknown[] = []
      const deliveries: (number | undefined)[] = []
      let calls = 0
      await there.consume(
        'REPORTS',
        async (batch) => {
          deliveries.push(batch[0]?.deliveries)
          if (++calls <= 2) throw new Error('not yet')
          taken.push(...batch.map(({ payload }) => text(payload)))
        },
        { durable: 'd', maxBatch: 100, onError: (error) => errors.push(error) },
      )
      await vi.waitFor(() => expect(taken).toHaveLength(5), PATIENT)
      expect(taken).toEqual(['0', '1', '2', '3', '4'])
      expect(errors).toHaveLength(2)
      expect(deliveries.slice(0, 3)).toEqual([1, 2, 3])
    })

    it('lets another consumer of the same durable go on where the first stopped', async () => {
      const [here, there] = await two()
      const taken: string[] = []
      const take = async (batch: readonly DurableMessage[]): Promise<void> => {
        taken.push(...batch.map(({ payload }) => text(payload)))
      }
      const first = await there.consume('REPORTS', take, { durable: 'd', maxBatch: 10 })
      await here.append(subjects.report('t', 'a'), bytes('before'), { msgId: '1' })
      await vi.waitFor(() => expect(taken).toEqual(['before']), PATIENT)
      await first.stop()
      await here.append(subjects.report('t', 'a'), bytes('after'), { msgId: '2' })
      await here.consume('REPORTS', take, { durable: 'd', maxBatch: 10 })
      await vi.waitFor(() => expect(taken).toEqual(['before', 'after']), PATIENT)
    })

    it('refuses to append where no stream listens', async () => {
      const [here] = await two()
      await expect(here.append('elsewhere', bytes('x'), { msgId: '1' })).rejects.toMatchObject({
        code: 'bus/no-responders',
      })
    })

    it('keeps bodies under keys', async () => {
      const [here, there] = await two()
      await here.putBlob('t.abc', bytes('one'))
      await here.putBlob('t.abc', bytes('two'))
      expect(text((await there.getBlob('t.abc')) ?? bytes(''))).toBe('two')
      expect(await there.getBlob('t.def')).toBeUndefined()
    })

    it('stops a subscription for good', async () => {
      const [here, there] = await two()
      let heard = 0
      const subscription = there.subscribe('s', () => heard++)
      await vi.waitFor(() => {
        here.publish('s', bytes(''))
        expect(heard).toBeGreaterThan(0)
      }, PATIENT)
      await subscription.stop()
      await subscription.stop()
      there.respond('ping', async () => bytes(''))
      await vi.waitFor(() => here.request('ping', bytes(''), { timeoutMs: 1_000 }), PATIENT)
      const before = heard
      here.publish('s', bytes(''))
      // Comes on the same connection after the message would have.
      await here.request('ping', bytes(''), { timeoutMs: 5_000 })
      expect(heard).toBe(before)
    })

    it('fails every call after it was closed, and closes twice without harm', async () => {
      const [here] = await two()
      await here.close()
      await here.close()
      expect(here.connected).toBe(false)
      const refused = { code: 'bus/closed' }
      await expect(here.request('x', bytes(''), { timeoutMs: 100 })).rejects.toMatchObject(refused)
      await expect(here.append(subjects.report('t', 'a'), bytes(''), { msgId: '1' })).rejects.toMatchObject(refused)
      await expect(here.putBlob('k', bytes(''))).rejects.toMatchObject(refused)
      await expect(here.getBlob('k')).rejects.toMatchObject(refused)
      here.publish('x', bytes(''))
    })

    it('refuses what a full stream has no room for, and takes more when there is room', async () => {
      const [here, there] = await two()
      const subject = subjects.report('t', 'a')
      const big = new Uint8Array(200_000)
      let stored = 0
      const fill = async (): Promise<void> => {
        for (; stored < 100; stored++) await here.append(subject, big, { msgId: `m${stored}` })
      }
      await expect(fill()).rejects.toMatchObject({ code: 'bus/stream-full' })
      expect(stored).toBeGreaterThan(0)
      let taken = 0
      await there.consume(
        'REPORTS',
        async (batch) => {
          taken += batch.length
        },
        { durable: 'd', maxBatch: 10 },
      )
      await vi.waitFor(() => expect(taken).toBe(stored), PATIENT)
      await vi.waitFor(() => here.append(subject, big, { msgId: 'again' }), PATIENT)
      await vi.waitFor(() => expect(taken).toBe(stored + 1), PATIENT)
    })
  })
}

/** Small enough to be filled by a test. */
export const REPORTS_BYTES_MAX = 2_000_000

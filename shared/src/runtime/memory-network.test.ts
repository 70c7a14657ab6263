import { subjects } from '@muster/shared/contracts'
import { type ManualClock, manualClock } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { busConformance, bytes, REPORTS_BYTES_MAX, text } from './bus-conformance.ts'
import { createMemoryBroker } from './memory-bus.ts'
import type { LinkConditions } from './memory-network.ts'

busConformance('the bus in memory, over links with latency', async () => {
  const broker = createMemoryBroker({ reportsBytesMax: REPORTS_BYTES_MAX })
  broker.setConditions({ delayMs: [0, 3] })
  return { connect: async (name) => broker.connect(name), dispose: async () => undefined }
})

/** Let time and promises go on until so much time is over. */
async function letPass(clock: ManualClock, ms: number): Promise<void> {
  const endMs = clock.nowMs() + ms
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    const nextMs = clock.nextMs()
    if (nextMs === undefined || nextMs > endMs) break
    clock.advanceTo(nextMs)
  }
  clock.advanceTo(endMs)
}

/** What arrives, and when, of 400 messages sent a millisecond apart under these conditions. */
async function arrivals(conditions: LinkConditions, seed = 'seed', others: readonly string[] = []) {
  const clock = manualClock(0)
  const broker = createMemoryBroker({ clock, seed })
  broker.setConditions(conditions, (name) => name !== 'here')
  for (const name of others) broker.connect(name)
  const [here, there] = [broker.connect('here'), broker.connect('there')]
  const seen: { readonly n: number; readonly afterMs: number }[] = []
  there.subscribe('s', ({ payload }) => {
    const n = Number(text(payload))
    seen.push({ n, afterMs: clock.nowMs() - n })
  })
  for (let n = 0; n < 400; n++) clock.at(n, () => here.publish('s', bytes(String(n))))
  await letPass(clock, 10_000)
  return { seen, counts: { ...broker.counts } }
}

const inOrder = (seen: readonly { n: number }[]): boolean =>
  seen.every(({ n }, index) => index === 0 || n >= (seen[index - 1]?.n ?? 0))

describe('a link', () => {
  it('keeps messages for the time it was told, in order', async () => {
    const { seen } = await arrivals({ delayMs: [20, 80] })
    expect(seen).toHaveLength(400)
    expect(inOrder(seen)).toBe(true)
    const times = seen.map(({ afterMs }) => afterMs)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(20)
    expect(new Set(times).size).toBeGreaterThan(5)
  })

  it('loses the share it was told, and says how many', async () => {
    const { seen, counts } = await arrivals({ loss: 0.25 })
    expect(seen.length).toBeGreaterThan(250)
    expect(seen.length).toBeLessThan(350)
    expect(counts.lost).toBe(400 - seen.length)
  })

  it('hands some out twice, and lets some be overtaken', async () => {
    const twice = await arrivals({ duplicate: 0.2 })
    expect(twice.seen.length).toBe(400 + twice.counts.duplicated)
    expect(twice.counts.duplicated).toBeGreaterThan(40)
    const overtaken = await arrivals({ reorder: 0.2 })
    expect(overtaken.seen).toHaveLength(400)
    expect(inOrder(overtaken.seen)).toBe(false)
  })

  it('does the same for the same seed, whoever else is connected, and something else for another', async () => {
    const bad: LinkConditions = { delayMs: [1, 50], loss: 0.1, duplicate: 0.1, reorder: 0.1 }
    const { seen } = await arrivals(bad)
    expect((await arrivals(bad, 'seed', ['somebody', 'else'])).seen).toEqual(seen)
    expect((await arrivals(bad, 'other')).seen).not.toEqual(seen)
  })
})

describe('a durable stream', () => {
  it('takes every report once in the end over a link that loses and repeats', async () => {
    const clock = manualClock(0)
    const broker = createMemoryBroker({ clock, seed: 'durable' })
    broker.setConditions({ delayMs: [1, 40], loss: 0.2, duplicate: 0.2 }, (name) => name === 'agent')
    const [agent, service] = [broker.connect('agent'), broker.connect('service')]
    const taken: string[] = []
    await service.consume('REPORTS', async (batch) => void taken.push(...batch.map(({ payload }) => text(payload))), {
      durable: 'd',
      maxBatch: 7,
    })
    const send = async (n: number): Promise<void> => {
      for (;;) {
        const sent = agent.append(subjects.report('t', 'agent'), bytes(String(n)), { msgId: `m${n}` })
        if (
          await sent.then(
            () => true,
            () => false,
          )
        )
          return
      }
    }
    const sending = (async () => {
      for (let n = 0; n < 40; n++) await send(n)
    })()
    await letPass(clock, 3_600_000)
    await sending
    expect(taken).toEqual(Array.from({ length: 40 }, (_, n) => String(n)))
  })

  it('hands out again what a consumer could not acknowledge because it was cut off', async () => {
    const clock = manualClock(0)
    const broker = createMemoryBroker({ clock })
    const [agent, service] = [broker.connect('agent'), broker.connect('service')]
    const deliveries: number[] = []
    let working: (() => void) | undefined
    await service.consume(
      'REPORTS',
      async (batch) => {
        deliveries.push(...batch.map((message) => message.deliveries))
        if (deliveries.length === 1) await new Promise<void>((resolve) => (working = resolve))
      },
      { durable: 'd', maxBatch: 1 },
    )
    const sent = agent.append(subjects.report('t', 'agent'), bytes('x'), { msgId: '1' })
    await letPass(clock, 10)
    await sent
    broker.setOnline(false, (name) => name === 'service')
    working?.()
    await letPass(clock, 10)
    expect(deliveries).toEqual([1])
    broker.setOnline(true)
    await letPass(clock, 10)
    expect(deliveries).toEqual([1, 2])
    expect((await agent.streamInfo('REPORTS')).messages).toBe(0)
  })
})

import { expect, it } from 'vitest'
import { busConformance, bytes, REPORTS_BYTES_MAX } from './bus-conformance.ts'
import { createMemoryBroker } from './memory-bus.ts'

busConformance('the bus in memory', async () => {
  const broker = createMemoryBroker({ reportsBytesMax: REPORTS_BYTES_MAX })
  return { connect: async (name) => broker.connect(name), dispose: async () => undefined }
})

it('tells of each loss and return, and fails calls between', async () => {
  const broker = createMemoryBroker()
  const bus = broker.connect('one')
  const seen: string[] = []
  bus.onStatus((status) => seen.push(status))
  broker.setOnline(false)
  broker.setOnline(false)
  expect(bus.connected).toBe(false)
  await expect(bus.request('x', bytes(''), { timeoutMs: 1_000 })).rejects.toMatchObject({ code: 'bus/disconnected' })
  broker.setOnline(true)
  expect(seen).toEqual(['disconnected', 'connected'])
})

it('lets nothing through to who hangs, and all of it, in order, when they go on', async () => {
  const broker = createMemoryBroker()
  const [asking, serving] = [broker.connect('asking'), broker.connect('serving')]
  const heard: string[] = []
  serving.respond('x', async ({ payload }) => payload)
  serving.subscribe('news', ({ payload }) => heard.push(new TextDecoder().decode(payload)))
  broker.setHeld(true, (name) => name === 'serving')
  const answer = asking.request('x', bytes('late'), { timeoutMs: 5_000 })
  for (const text of ['one', 'two']) asking.publish('news', bytes(text))
  await expect(asking.request('x', bytes('never'), { timeoutMs: 30 })).rejects.toMatchObject({ code: 'bus/timeout' })
  expect([heard, serving.connected]).toEqual([[], true])
  await expect(asking.getBlob('k')).resolves.toBeUndefined()
  broker.setHeld(false, (name) => name === 'serving')
  await expect(answer).resolves.toEqual(bytes('late'))
  expect(heard).toEqual(['one', 'two'])
})

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

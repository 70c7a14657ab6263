import { encode, type Report, subjects } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { createLogger, createMemoryBroker } from '@muster/shared/runtime'
import { expect, it, vi } from 'vitest'
import { openReportDoor } from './report-door.ts'

const PATIENT = { timeout: 20_000, interval: 10 }
const log = createLogger({ name: 'test', level: 'silent' })

const report = (device: number): Report => ({
  v: 1,
  deviceId: `00000000-0000-4000-8000-${String(device).padStart(12, '0')}`,
  seq: 1,
  observedAtMs: 1,
  correlationId: 'c',
  certificate: { serialNumber: 'aa', notAfterMs: 2, state: 'valid' },
})

/** A door behind which reports are taken in unless `failing` says otherwise. */
async function open(failing: (devices: readonly number[], call: number) => Error | undefined) {
  const broker = createMemoryBroker()
  const agent = broker.connect('agent')
  const committed: number[] = []
  const letters: { code: string; reason: string; subject: string }[] = []
  let calls = 0
  const door = await openReportDoor({
    bus: broker.connect('service'),
    log,
    onDeadLetter: () => undefined,
    onIngested: () => undefined,
    resync: async () => undefined,
    ingest: async (received) => {
      const devices = received.map(({ report: { deviceId } }) => Number(deviceId.slice(-12)))
      const error = failing(devices, ++calls)
      if (error) throw error
      committed.push(...devices)
      return { committed: devices.length, duplicates: 0, gaps: [], refused: [], ageMs: [] }
    },
  })
  const taking = await agent.consume(
    'DLQ',
    async (batch) => {
      for (const { payload } of batch) letters.push(JSON.parse(new TextDecoder().decode(payload)))
    },
    { durable: 'test', maxBatch: 10 },
  )
  const sendMany = async (devices: readonly number[]): Promise<void> => {
    const signed = devices.map((device) => ({
      certificateSerial: 'aa',
      mac: '-'.repeat(22),
      report: JSON.stringify(report(device)),
    }))
    const batch = encode({ v: 1, agentId: 'agent-1', session: '00000000-1', reports: signed })
    await agent.append(subjects.report('contoso', 'agent-1'), batch, { msgId: String(devices[0]) })
  }
  const send = (device: number): Promise<void> => sendMany([device])
  return { committed, letters, send, sendMany, stop: () => Promise.all([door.stop(), taking.stop()]) }
}

it('takes many reports some at a time, in their order: others have their turn in between', async () => {
  const sizes: number[] = []
  const { committed, sendMany, stop } = await open((devices) => {
    sizes.push(devices.length)
    return undefined
  })
  const devices = Array.from({ length: 480 }, (_, index) => index + 1)
  await sendMany(devices)
  await vi.waitFor(() => expect(committed).toEqual(devices), PATIENT)
  expect(Math.max(...sizes)).toBeLessThanOrEqual(250)
  await stop()
})

it('a message that the service fails on does not hold up the others, and lies on the dead letters', async () => {
  const { committed, letters, send, stop } = await open((devices) =>
    devices.includes(3) ? new TypeError('nobody thought of that') : undefined,
  )
  for (let device = 1; device <= 6; device++) await send(device)
  await vi.waitFor(() => expect(committed).toEqual([1, 2, 4, 5, 6]), PATIENT)
  await vi.waitFor(() => expect(letters).toHaveLength(1), PATIENT)
  expect(letters[0]).toMatchObject({
    code: 'message/unprocessable',
    reason: 'nobody thought of that',
    subject: 'v1.up.contoso.agent-1.rpt',
  })
  await stop()
})

it('what ails the service itself costs no message, however long it takes', async () => {
  const { committed, letters, send, stop } = await open((_, call) =>
    call <= 12 ? new CodedError('store/unusable', 'not now') : undefined,
  )
  for (let device = 1; device <= 3; device++) await send(device)
  await vi.waitFor(() => expect(committed).toEqual([1, 2, 3]), PATIENT)
  expect(letters).toEqual([])
  await stop()
})

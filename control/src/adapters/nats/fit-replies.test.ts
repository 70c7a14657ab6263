import { CheckInBatchReply, type CheckInReply, decode, encode, MESSAGE_BYTES_MAX } from '@muster/shared/contracts'
import { expect, it } from 'vitest'
import { fitReplies } from './fit-replies.ts'

const guid = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`

/** The answer to a device that is to hold so many policies. */
const managed = (device: number, policies: number): CheckInReply => ({
  outcome: 'managed',
  deviceId: guid(device),
  ackedSeq: device,
  commands: [],
  policySet: {
    digest: 'a'.repeat(64),
    policies: Array.from({ length: policies }, (_, index) => ({
      policyId: guid(index),
      revision: 1,
      kind: 'configuration',
      sha256: 'b'.repeat(64),
    })),
  },
})

const batchOf = (devices: number, policies: number): CheckInBatchReply => ({
  v: 1,
  replies: Array.from({ length: devices }, (_, index) => managed(index, policies)),
})

it('leaves alone what a message carries', () => {
  const batch = batchOf(20, 10)
  expect(fitReplies(batch)).toBe(batch)
})

it.each([
  [100, 20],
  [100, 100],
  [500, 3],
  [3, 500],
])('%i devices with %i policies each: the first are answered, the others told to ask again', (devices, policies) => {
  const fitted = fitReplies(batchOf(devices, policies))
  const message = encode(fitted)
  expect(message.length).toBeLessThanOrEqual(MESSAGE_BYTES_MAX)
  expect(decode(CheckInBatchReply, message)).toEqual({ ok: true, value: fitted })
  expect(fitted.replies.map(({ deviceId }) => deviceId)).toEqual(
    batchOf(devices, 0).replies.map((each) => each.deviceId),
  )
  const answered = fitted.replies.filter(({ outcome }) => outcome === 'managed').length
  expect(answered).toBeGreaterThan(0)
  for (const [index, later] of fitted.replies.slice(answered).entries())
    expect(later).toMatchObject({ code: 'checkin/answer-later', ackedSeq: answered + index, retryAfterMs: 1_000 })
})

it('answers everybody in the end, when those who were not answered ask again', () => {
  let waiting = batchOf(100, 100).replies
  for (let turn = 0; waiting.length > 0; turn++) {
    expect(turn).toBeLessThan(100)
    const { replies } = fitReplies({ v: 1, replies: waiting })
    waiting = waiting.filter((_, index) => replies[index]?.outcome !== 'managed')
  }
})

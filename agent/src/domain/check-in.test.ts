import { CheckIn, type CheckInReply } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import {
  assign,
  bodiesOf,
  configuration,
  enrolled,
  guid,
  managed,
  NOW_MS,
  setOf,
  sha,
  visit,
} from './device.test-support.ts'

const refusal = (code: string, retryAfterMs?: number): CheckInReply => ({
  outcome: 'refused',
  deviceId: guid('d1'),
  code,
  ackedSeq: 0,
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

describe('check-ins', () => {
  it('come at the quick rhythm after enrolment and at the steady one later', () => {
    const device = enrolled()
    const waits: number[] = []
    for (let nowMs = NOW_MS; waits.length < 7; ) {
      const dueMs = nextDueMs(device.state) as number
      waits.push(dueMs - nowMs)
      nowMs = dueMs
      device.feed({ type: 'due' }, nowMs)
      expect(device.effect('check-in').checkIn.cause).toBe('periodic')
      device.feed({ type: 'check-in-answer', answer: managed(0) }, nowMs)
    }
    expect(waits).toEqual([...Array.from({ length: 5 }, () => 3 * MINUTE_MS), 8 * HOUR_MS, 8 * HOUR_MS])
  })

  it('are jittered by the temperament in the steady rhythm', () => {
    const device = enrolled({ driftFactor: 0, checkInJitter: 0.5 })
    const nowMs = NOW_MS + HOUR_MS
    visit(device, managed(0), nowMs)
    const waitMs = (nextDueMs(device.state) as number) - nowMs
    expect(waitMs).not.toBe(8 * HOUR_MS)
    expect(waitMs).toBeGreaterThanOrEqual(4 * HOUR_MS)
    expect(waitMs).toBeLessThanOrEqual(12 * HOUR_MS)
  })

  it('whose answer did not fit are asked again soon, as what the maintenance gate lets through', () => {
    const device = enrolled()
    device.feed({ type: 'due' }, nextDueMs(device.state))
    const dueMs = NOW_MS + 3 * MINUTE_MS
    device.feed({ type: 'check-in-answer', answer: refusal('checkin/answer-later', 1_000) }, dueMs)
    expect(device.state.phase).toBe('enrolled')
    expect(nextDueMs(device.state)).toBe(dueMs + 1_000)
    device.feed({ type: 'due' }, dueMs + 1_000)
    expect(device.effect('check-in').checkIn.cause).toBe('reconnect')
  })

  it('follow the interval that the service wants', () => {
    const device = enrolled()
    visit(device, managed(0, { nextCheckInMs: 7_000 }))
    expect(nextDueMs(device.state)).toBe(NOW_MS + 7_000)
  })

  it('are valid messages and carry what the poke brought', () => {
    const device = enrolled()
    assign(device, 0, 'aa', configuration('c1', 1, 'a'))
    device.feed({ type: 'poke', spreadMs: 0, correlationId: 'poke-7' })
    const { checkIn } = device.effect('check-in')
    expect(CheckIn.parse(checkIn)).toEqual(checkIn)
    expect(checkIn).toMatchObject({ cause: 'poke', correlationId: 'poke-7', policySetDigest: sha('aa'), lastSeq: 1 })
  })

  it('happen within the spread of a poke, at a moment of the device’s own', () => {
    const device = enrolled()
    device.feed({ type: 'poke', spreadMs: 2 * MINUTE_MS, correlationId: 'poke-1' })
    expect(device.effects).toEqual([])
    const dueMs = nextDueMs(device.state) as number
    expect(dueMs).toBeLessThan(NOW_MS + 2 * MINUTE_MS)
    device.feed({ type: 'due' }, dueMs)
    expect(device.effect('check-in').checkIn).toMatchObject({ cause: 'poke', correlationId: 'poke-1' })
  })

  it('are one at a time: a poke under way is remembered and answered afterwards', () => {
    const device = enrolled().feed({ type: 'sync' })
    expect(device.effect('check-in')).toBeDefined()
    device.feed({ type: 'poke', spreadMs: 0, correlationId: 'poke-2' })
    expect(device.effects).toEqual([])
    device.feed({ type: 'check-in-answer', answer: managed(0) })
    expect(device.effect('check-in').checkIn).toMatchObject({ cause: 'poke', correlationId: 'poke-2' })
  })

  it('are tried again when no answer came, for the same cause and under the same correlation', () => {
    const device = enrolled()
    device.feed({ type: 'poke', spreadMs: 0, correlationId: 'poke-3' })
    device.feed({ type: 'failed', what: 'check-in' })
    expect(device.effects).toEqual([])
    device.feed({ type: 'due' }, nextDueMs(device.state) as number)
    expect(device.effect('check-in').checkIn).toMatchObject({ cause: 'poke', correlationId: 'poke-3' })
  })

  it('wait longer after each failure, up to a bound, and start over after a success', () => {
    const device = enrolled()
    const fail = (): number => {
      device.feed({ type: 'sync' }).feed({ type: 'failed', what: 'check-in' })
      return (nextDueMs(device.state) as number) - NOW_MS
    }
    const first = fail()
    for (let i = 0; i < 15; i++) fail()
    // Whatever was earlier stands: look at the appointments made, one at a time.
    device.feed({ type: 'due' }, NOW_MS + HOUR_MS).feed({ type: 'failed', what: 'check-in' }, NOW_MS + HOUR_MS)
    const late = (nextDueMs(device.state) as number) - NOW_MS - HOUR_MS
    expect(first).toBeLessThan(10_000)
    expect(late).toBeGreaterThanOrEqual(5 * MINUTE_MS)
    expect(late).toBeLessThanOrEqual(15 * MINUTE_MS)
    visit(device, managed(0))
    expect(device.state.failures).toBe(0)
  })

  it('ignore answers that nobody waits for, and those meant for another device', () => {
    const device = enrolled()
    const before = device.state
    expect(device.feed({ type: 'check-in-answer', answer: managed(0) }).state).toBe(before)
    expect(device.feed({ type: 'failed', what: 'check-in' }).state).toBe(before)
    device.feed({ type: 'sync' })
    const asking = device.state
    const other: CheckInReply = { outcome: 'managed', deviceId: guid('d2'), ackedSeq: 0, commands: [] }
    expect(device.feed({ type: 'check-in-answer', answer: other }).state).toBe(asking)
  })

  it('that the gate turns away change nothing but the next appointment', () => {
    const device = enrolled()
    const { policies, lastSeq } = device.state
    const set = setOf('aa', configuration('c1', 1, 'a'))
    visit(device, managed(0, { gated: true, policySet: set }))
    expect(device.effects).toEqual([])
    expect(device.state).toMatchObject({ policies, lastSeq })
    expect(nextDueMs(device.state)).toBeGreaterThan(NOW_MS)
  })

  it('end for ever when the service does not manage the device any more', () => {
    const device = visit(enrolled(), refusal('checkin/not-managed'))
    expect(device.effects).toEqual([{ type: 'forget-key' }])
    expect(device.state).toMatchObject({ phase: 'left', agenda: [], policies: [], outbox: [] })
  })

  it('are repeated after the time that a refusal names', () => {
    const device = visit(enrolled(), refusal('service/busy', 42_000))
    expect(nextDueMs(device.state)).toBe(NOW_MS + 42_000)
    device.feed({ type: 'due' }, NOW_MS + 42_000)
    expect(device.effect('check-in')).toBeDefined()
  })
})

describe('presence', () => {
  it('offline: neither checks in nor reports, however poked', () => {
    const device = enrolled().feed({ type: 'presence', online: false })
    device.feed({ type: 'poke', spreadMs: 0, correlationId: 'p' }).feed({ type: 'sync' })
    expect(device.effects).toEqual([])
    device.feed({ type: 'due' }, NOW_MS + HOUR_MS)
    expect(device.effects).toEqual([])
  })

  it('back online: checks in soon for that cause, overdue or not', () => {
    const device = enrolled().feed({ type: 'presence', online: false })
    device.feed({ type: 'due' }, NOW_MS + HOUR_MS).feed({ type: 'presence', online: true }, NOW_MS + HOUR_MS)
    const dueMs = nextDueMs(device.state) as number
    expect(dueMs - NOW_MS - HOUR_MS).toBeLessThanOrEqual(MINUTE_MS)
    device.feed({ type: 'due' }, dueMs)
    expect(device.effect('check-in').checkIn.cause).toBe('reconnect')
  })

  it('a failed check-in of a device that went offline is made up for when it is back', () => {
    const device = enrolled().feed({ type: 'sync' }).feed({ type: 'presence', online: false })
    device.feed({ type: 'failed', what: 'check-in' }).feed({ type: 'due' }, NOW_MS + HOUR_MS)
    expect(device.effects).toEqual([])
    device.feed({ type: 'presence', online: true }, NOW_MS + HOUR_MS)
    device.feed({ type: 'due' }, NOW_MS + 2 * HOUR_MS)
    expect(device.effect('check-in')).toBeDefined()
  })

  it('comes back with what was missed: the bodies of a set are asked for and applied', () => {
    const device = enrolled().feed({ type: 'presence', online: false }).feed({ type: 'presence', online: true })
    device.feed({ type: 'due' }, NOW_MS + MINUTE_MS)
    const body = configuration('c1', 1, 'a')
    device.feed({ type: 'check-in-answer', answer: managed(0, { policySet: setOf('aa', body) }) })
    expect(device.effect('fetch-bodies').sha256s).toEqual([...bodiesOf(body).keys()])
    device.feed({ type: 'bodies', bodies: bodiesOf(body) })
    expect(device.effect('report').report.policies).toHaveLength(1)
  })
})

import type { EnrolmentReply, RenewalReply } from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import { calm, enrolled, enrolledReply, guid, managed, NOW_MS, newborn, trial } from './device.test-support.ts'

const refused = (requestId: string, retryAfterMs?: number): EnrolmentReply => ({
  outcome: 'refused',
  requestId,
  code: 'enrolment/device-limit',
  message: 'no',
  ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
})

const asking = () => trial(newborn()).feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })

describe('enrolment', () => {
  it('is asked for at the moment given, not before', () => {
    const device = trial(newborn()).feed({ type: 'born', enrolAtMs: NOW_MS + MINUTE_MS })
    expect(device.feed({ type: 'due' }).effects).toEqual([])
    expect(nextDueMs(device.state)).toBe(NOW_MS + MINUTE_MS)
    device.feed({ type: 'due' }, NOW_MS + MINUTE_MS)
    expect(device.effect('enrol').requestId).toBe(device.state.enrolmentRequestId)
    expect(device.state.phase).toBe('enrolling')
  })

  it('is followed at once by a check-in for that cause, with the certificate given', () => {
    const device = asking()
    device.feed({ type: 'enrolment-answer', answer: enrolledReply(device.state.enrolmentRequestId) })
    expect(device.effect('check-in').checkIn).toMatchObject({
      deviceId: guid('d1'),
      cause: 'enrolment',
      certificateSerial: 'a1b2',
      lastSeq: 0,
      sentAtMs: NOW_MS,
    })
    expect(device.state.phase).toBe('enrolled')
  })

  it.each([
    ['its only request', 0],
    ['a request whose answer was lost', 1],
  ])('is followed by a report of what has changed since %s was sent', (_what, lost) => {
    const device = asking()
    device.feed({ type: 'ordered-drift', posture: {}, osVersion: '10.0.99999' })
    for (let n = 0; n < lost; n++)
      device.feed({ type: 'failed', what: 'enrol' }).feed({ type: 'due' }, NOW_MS + HOUR_MS)
    device.feed({ type: 'enrolment-answer', answer: enrolledReply(device.state.enrolmentRequestId) })
    device.feed({ type: 'check-in-answer', answer: managed(0) })
    expect(device.effect('report').report.inventory?.os.version).toBe('10.0.99999')
  })

  it('is followed by no report when nothing has changed since it was asked for', () => {
    const device = trial(newborn()).feed({ type: 'ordered-drift', posture: {}, osVersion: '10.0.99999' })
    device.feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })
    device.feed({ type: 'enrolment-answer', answer: enrolledReply(device.state.enrolmentRequestId) })
    device.feed({ type: 'check-in-answer', answer: managed(0) })
    expect(device.effects).toEqual([])
  })

  it('asks again under the same request id when no answer came, later each time but within ten minutes or so', () => {
    const device = asking()
    const { requestId } = device.effect('enrol')
    let nowMs = NOW_MS
    const waits = Array.from({ length: 12 }, () => {
      device.feed({ type: 'failed', what: 'enrol' }, nowMs)
      const waitMs = (nextDueMs(device.state) as number) - nowMs
      nowMs += waitMs
      device.feed({ type: 'due' }, nowMs)
      expect(device.effect('enrol').requestId).toBe(requestId)
      return waitMs
    })
    expect(waits[0]).toBeLessThan(10_000)
    expect(waits[11]).toBeGreaterThan(60_000)
    expect(Math.max(...waits)).toBeLessThanOrEqual(15 * MINUTE_MS)
  })

  it('ends when it is refused for good, and begins anew under another request id when trying again may help', () => {
    const never = asking()
    never.feed({ type: 'enrolment-answer', answer: refused(never.state.enrolmentRequestId) })
    expect(never.state).toMatchObject({ phase: 'refused', agenda: [] })

    const later = asking()
    const { requestId } = later.effect('enrol')
    later.feed({ type: 'enrolment-answer', answer: refused(requestId, HOUR_MS) })
    later.feed({ type: 'due' }, NOW_MS + HOUR_MS)
    expect(later.effect('enrol').requestId).not.toBe(requestId)
  })

  it('does not take the answer to another request, nor a second one', () => {
    const device = asking()
    const before = device.state
    device.feed({ type: 'enrolment-answer', answer: enrolledReply(guid('ee')) })
    expect(device.state).toBe(before)
    const answer = enrolledReply(before.enrolmentRequestId)
    const once = device.feed({ type: 'enrolment-answer', answer }).state
    expect(device.feed({ type: 'enrolment-answer', answer }).state).toBe(once)
  })

  it('waits while the device is out of reach', () => {
    const device = trial(newborn()).feed({ type: 'presence', online: false })
    device.feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })
    expect(device.effects).toEqual([])
    device.feed({ type: 'presence', online: true })
    device.feed({ type: 'due' }, NOW_MS + DAY_MS)
    expect(device.effect('enrol')).toBeDefined()
  })
})

describe('a certificate', () => {
  const renewAtMs = NOW_MS + 292 * DAY_MS + HOUR_MS
  const renewed = (serialNumber: string): RenewalReply => ({
    outcome: 'renewed',
    requestId: guid('e1'),
    deviceId: guid('d1'),
    certificate: {
      certificate: 'AAAA',
      serialNumber,
      notBeforeMs: renewAtMs,
      notAfterMs: renewAtMs + 365 * DAY_MS,
      renewAfterMs: renewAtMs + 292 * DAY_MS,
    },
  })
  const renewing = () => {
    const device = enrolled().feed({ type: 'due' }, renewAtMs)
    const { effects } = device
    device.feed({ type: 'check-in-answer', answer: managed(0) }, renewAtMs)
    return { device, effects }
  }

  it('is renewed in its window, and the new one is shown at once', () => {
    const { device, effects } = renewing()
    expect(effects.map(({ type }) => type)).toContain('renew')
    device.feed({ type: 'renewal-answer', answer: renewed('beef') }, renewAtMs)
    expect(device.effect('check-in').checkIn.certificateSerial).toBe('beef')
    device.feed({ type: 'check-in-answer', answer: managed(0) }, renewAtMs)
    expect(device.effect('report').report.certificate).toEqual({
      serialNumber: 'beef',
      notAfterMs: renewAtMs + 365 * DAY_MS,
      state: 'valid',
    })
  })

  it('is asked for again when no answer came, and when the service says later', () => {
    const lost = renewing().device.feed({ type: 'failed', what: 'renew' }, renewAtMs)
    lost.feed({ type: 'due' }, renewAtMs + 10_000)
    expect(lost.effect('renew')).toBeDefined()

    const later = renewing().device
    const answer: RenewalReply = {
      outcome: 'refused',
      requestId: guid('e1'),
      deviceId: guid('d1'),
      code: 'renewal/bad-proof',
      retryAfterMs: 2 * MINUTE_MS,
    }
    later.feed({ type: 'renewal-answer', answer }, renewAtMs)
    expect(later.feed({ type: 'due' }, renewAtMs + MINUTE_MS).effects.map(({ type }) => type)).not.toContain('renew')
    later.feed({ type: 'due' }, renewAtMs + 2 * MINUTE_MS)
    expect(later.effect('renew')).toBeDefined()
  })

  it('that has expired leads to a new enrolment with a request of its own, when the service says so', () => {
    const device = enrolled()
    const { enrolmentRequestId } = device.state
    device.feed({ type: 'sync' })
    device.feed({
      type: 'check-in-answer',
      answer: {
        outcome: 'refused',
        deviceId: guid('d1'),
        code: 'checkin/certificate-expired',
        ackedSeq: 0,
        retryAfterMs: MINUTE_MS,
      },
    })
    expect(device.state.phase).toBe('enrolling')
    device.feed({ type: 'due' }, NOW_MS + MINUTE_MS)
    expect(device.effect('enrol').requestId).not.toBe(enrolmentRequestId)
    device.feed({ type: 'enrolment-answer', answer: enrolledReply(device.state.enrolmentRequestId) })
    expect(device.state.phase).toBe('enrolled')
  })
})

describe('a newborn device', () => {
  it('is the same for the same seed and name, and another for another name', () => {
    expect(newborn()).toEqual(newborn())
    expect(newborn(calm, 2).inventory.hardware.serialNumber).not.toBe(newborn().inventory.hardware.serialNumber)
  })

  it('belongs to a user in turn where the mode has one', () => {
    const names = [1, 2, 3, 4].map((index) => newborn(calm, index).userPrincipalName)
    expect(names).toEqual([1, 2, 3, 1].map((user) => `user0000${user}@contoso.example`))
    expect(newborn(calm, 1, 'bulk').userPrincipalName).toBeUndefined()
  })
})

import type { DeviceFault } from '@muster/shared/contracts'
import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import {
  assign,
  bodiesOf,
  calm,
  command,
  configuration,
  enrolled,
  guid,
  managed,
  NOW_MS,
  setOf,
  sha,
  testPlatform,
  trial,
  visit,
} from './device.test-support.ts'

const on = (fault: DeviceFault) => ({ type: 'fault', fault, active: true }) as const
const off = (fault: DeviceFault) => ({ type: 'fault', fault, active: false }) as const

describe('a device that dies in the middle of a policy', () => {
  it('starts again, goes on where it was, and carries nothing out twice, wherever it died', () => {
    const diedAfter = new Set<number>()
    for (let revision = 1; revision <= 40; revision++) {
      const applied: string[] = []
      const platform = {
        ...testPlatform,
        apply: (...args: Parameters<typeof testPlatform.apply>) => {
          applied.push(args[0].itemId)
          return testPlatform.apply(...args)
        },
      }
      const body = configuration(`c${revision}`, revision, 'a', 'b/restart', 'c', 'd')
      const device = enrolled(calm, platform)
      // Each step has chance of its own.
      for (let steps = 0; steps < revision; steps++) device.feed(off({ kind: 'crash' }))
      device.feed(on({ kind: 'crash' }))
      assign(device, 0, '5e', body)
      diedAfter.add(applied.length)
      expect(device.state).toMatchObject({ online: false, policies: [] })
      expect(device.state.policySetDigest).toBeUndefined()
      expect(device.effects).toEqual([])

      device.feed({ type: 'due' }, NOW_MS + 2 * MINUTE_MS)
      expect(device.state.online).toBe(true)
      device.feed({ type: 'due' }, NOW_MS + 3 * MINUTE_MS)
      device.effect('check-in')
      device.feed({ type: 'check-in-answer', answer: managed(0, { policySet: setOf('5e', body) }) })
      device.feed({ type: 'bodies', bodies: bodiesOf(body) })
      expect(applied).toEqual(['a', 'b/restart', 'c', 'd'])
      const [held] = device.state.policies
      expect(held?.results.map(({ itemId }) => itemId)).toEqual(['a', 'b/restart', 'c', 'd'])
      expect(held?.waiting).toEqual({ 'b/restart': 'restart' })
      expect(device.state).toMatchObject({
        policySetDigest: sha('5e'),
        settings: { './Test/a': true, './Test/d': true },
      })
      expect(device.effect('report').report.policies).toHaveLength(1)
      expect([device.state.unfinished, device.state.faults]).toEqual([undefined, undefined])
    }
    expect([...diedAfter].sort()).toEqual([0, 1, 2, 3])
  })

  it('does not die when there is nothing to carry out, nor when the fault is over', () => {
    const device = enrolled().feed(on({ kind: 'crash' }))
    expect(assign(device, 0, '5e').state.online).toBe(true)
    device.feed(off({ kind: 'crash' }))
    expect(assign(device, 0, '5f', configuration('c1', 1, 'a')).state.online).toBe(true)
  })
})

describe('what is over is mended', () => {
  it('items that were made to fail are carried out anew, and those alone', () => {
    const tried: [string, number][] = []
    const platform = {
      ...testPlatform,
      apply: (...[item, view, attempt]: Parameters<typeof testPlatform.apply>) => {
        tried.push([item.itemId, attempt.failure])
        return testPlatform.apply(item, view, attempt)
      },
    }
    const device = enrolled(calm, platform).feed(on({ kind: 'partial-apply', items: 0.5 }))
    assign(device, 0, '5e', configuration('c1', 1, ...'abcdefgh'))
    const failed = tried.filter(([, failure]) => failure === 1).map(([itemId]) => itemId)
    expect(failed.length).toBeGreaterThan(0)
    expect(failed.length).toBeLessThan(8)
    tried.length = 0
    device.feed(off({ kind: 'partial-apply', items: 0.5 }))
    expect(tried).toEqual(failed.map((itemId) => [itemId, 0]))
    expect(device.state.policies[0]?.spoilt).toBeUndefined()
  })

  it('a command that was put off comes again and is carried out', () => {
    const device = enrolled().feed(on({ kind: 'not-now' }))
    visit(device, managed(0, { commands: [command('e1', 'rebootNow', 'Restart')] }))
    expect(device.state.answered).toEqual([])
    device.feed(off({ kind: 'not-now' }))
    device.effect('check-in')
    device.feed({ type: 'check-in-answer', answer: managed(0, { commands: [command('e1', 'rebootNow', 'Restart')] }) })
    expect(device.state.answered.map(({ commandId }) => commandId)).toEqual([guid('e1')])
  })

  it('the report of the beginning goes out again after newer ones', () => {
    const device = enrolled().feed(on({ kind: 'stale-report' }))
    device.feed({ type: 'check-in-answer', answer: managed(0) })
    const first = device.effect('report').report
    assign(device, first.seq, '5e', configuration('c1', 1, 'a'))
    expect(device.effect('report').report.seq).toBe(first.seq + 1)
    device.feed(off({ kind: 'stale-report' }))
    expect(device.effects).toEqual([{ type: 'report', report: first, again: true }])
    expect(device.state.faults).toBeUndefined()
  })

  it('a skewed clock stamps what the device says, and does not move its appointments', () => {
    const device = enrolled().feed(on({ kind: 'clock-skew', byMs: -3 * HOUR_MS }))
    expect(device.effect('check-in').checkIn.sentAtMs).toBe(NOW_MS - 3 * HOUR_MS)
    device.feed({ type: 'check-in-answer', answer: managed(0) })
    expect(Math.min(...device.state.agenda.map(({ atMs }) => atMs))).toBeGreaterThanOrEqual(NOW_MS)
    assign(device, 0, '5e', configuration('c1', 1, 'a'))
    expect(device.effect('report').report.observedAtMs).toBe(NOW_MS - 3 * HOUR_MS)
  })

  it('settings that were torn out are there again, and so is the posture', () => {
    const device = assign(enrolled(), 0, '5e', configuration('c1', 1, 'a'))
    const { posture } = device.state.inventory
    device.feed(on({ kind: 'tamper' }))
    expect(device.state).toMatchObject({
      settings: {},
      inventory: { posture: { encrypted: false, firewallOn: false } },
    })
    device.feed(on({ kind: 'tamper' })).feed(off({ kind: 'tamper' }))
    expect(device.state).toMatchObject({ settings: { './Test/a': true }, inventory: { posture } })
  })

  it('who spoke as another device was refused as that one, kept its own, and tells it all as itself', () => {
    const fault = { kind: 'duplicate-identity', identity: 'management-id' } as const
    const device = assign(enrolled(), 0, '5e', configuration('c1', 1, 'a/user'))
    const [told] = device.state.outbox
    device.feed({ ...on(fault), deviceId: guid('d2') })
    expect(device.effect('check-in').checkIn).toMatchObject({
      deviceId: guid('d2'),
      certificateSerial: expect.any(String),
    })
    // The other's reports are committed up to 9; that is nothing to this one.
    const refused = {
      outcome: 'refused',
      deviceId: guid('d2'),
      ackedSeq: 9,
      code: 'checkin/certificate-foreign',
    } as const
    device.feed({ type: 'check-in-answer', answer: refused })
    expect(device.state).toMatchObject({
      phase: 'enrolled',
      lastSeq: told?.seq,
      outbox: [told],
      conversation: undefined,
    })
    device.feed({ type: 'due' }, NOW_MS + HOUR_MS)
    const said = device.effects.find((effect) => effect.type === 'report')
    if (said) expect(said.report.deviceId).toBe(guid('d2'))

    device.feed(off(fault), NOW_MS + HOUR_MS)
    expect(device.effect('check-in').checkIn.deviceId).toBe(guid('d1'))
    device.feed({ type: 'check-in-answer', answer: managed(0) }, NOW_MS + HOUR_MS)
    const again = device.effects.flatMap((effect) => (effect.type === 'report' ? [effect.report] : []))
    expect(again.map(({ deviceId, seq }) => [deviceId, seq])).toEqual(
      device.state.outbox.map(({ seq }) => [guid('d1'), seq]),
    )
  })

  it('a flapping link goes and comes, and stays when it is over; an order to be offline stands', () => {
    const fault = { kind: 'flapping-link', upMs: HOUR_MS, downMs: HOUR_MS } as const
    const device = trial(enrolled().feed(on(fault)).state)
    const seen: boolean[] = []
    for (let flaps = 0; flaps < 4; flaps++) {
      const at = device.state.agenda.find(({ what }) => what === 'flap')?.atMs ?? 0
      seen.push(device.feed({ type: 'due' }, at).state.online)
    }
    expect(seen).toEqual([false, true, false, true])
    device.feed({ type: 'presence', online: false })
    device.feed(off(fault))
    expect([device.state.online, device.state.agenda.some(({ what }) => what === 'flap')]).toEqual([false, false])
    expect(device.feed({ type: 'presence', online: true }).state.online).toBe(true)
  })
})

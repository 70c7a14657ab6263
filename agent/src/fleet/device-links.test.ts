import type { Report } from '@muster/shared/contracts'
import { HOUR_MS, manualClock } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { calm, enrolled, NOW_MS } from '../domain/device.test-support.ts'
import { ANSWER_WITHIN_MS, createDeviceLinks } from './device-links.ts'
import type { Slot } from './slots.ts'

type Link = NonNullable<Slot['state']['temperament']['link']>

function worldWith(link: Link | undefined, key = 'win-00001') {
  const clock = manualClock(NOW_MS)
  const { state } = enrolled(calm)
  const slot: Slot = { state: { ...state, key, temperament: { ...state.temperament, ...(link ? { link } : {}) } } }
  const links = createDeviceLinks(clock, (atMs, run) => void clock.at(atMs, run))
  const seen: (readonly [afterMs: number, what: string])[] = []
  const note = (what: string) => (): void => void seen.push([clock.nowMs() - NOW_MS, what])
  const report = (seq: number): void => links.report(slot, { seq } as Report, note(`report ${seq}`))
  return { clock, slot, links, seen, note, report }
}

const bad: fc.Arbitrary<Link> = fc.record({
  latency: fc.record({ p50Ms: fc.integer({ min: 1, max: 2_000 }), p99Ms: fc.integer({ min: 2_000, max: 60_000 }) }),
  loss: fc.double({ min: 0, max: 0.8, noNaN: true }),
  duplicate: fc.double({ min: 0, max: 0.5, noNaN: true }),
})

describe('the link of a device', () => {
  it('is no link where neither temperament nor fault says so: all passes at once, and draws nothing', () => {
    const { links, slot, seen, note, report, clock } = worldWith(undefined)
    links.request(slot, note('out'), note('lost'))
    links.answer(slot, note('back'), note('lost'))
    links.notice(slot, note('poke'))
    report(1)
    expect(seen.map(([at, what]) => [at, what])).toEqual(['out', 'back', 'poke', 'report 1'].map((what) => [0, what]))
    expect(clock.pending).toBe(0)
  })

  it('brings every report, in order, however bad it is', () => {
    fc.assert(
      fc.property(bad, fc.integer({ min: 1, max: 20 }), fc.string({ minLength: 1 }), (link, count, key) => {
        const { seen, report, clock } = worldWith(link, key)
        for (let seq = 1; seq <= count; seq++) report(seq)
        clock.advance(1_000 * HOUR_MS)
        const arrived = seen.map(([, what]) => Number(what.split(' ')[1]))
        expect(arrived).toEqual(arrived.toSorted((a, b) => a - b))
        expect(new Set(arrived).size).toBe(count)
      }),
    )
  })

  it('lets each request either pass or be given up, and its copy never be waited for', () => {
    fc.assert(
      fc.property(bad, fc.string({ minLength: 1 }), (link, key) => {
        const { links, slot, seen, note, clock } = worldWith(link, key)
        links.request(slot, (copy) => note(copy ? 'copy' : 'passed')(), note('given up'))
        clock.advance(HOUR_MS)
        const outcomes = seen.filter(([, what]) => what !== 'copy')
        expect(outcomes).toHaveLength(1)
        for (const [afterMs, what] of outcomes)
          if (what === 'given up') expect(afterMs).toBe(ANSWER_WITHIN_MS)
          else expect(afterMs).toBeLessThan(ANSWER_WITHIN_MS)
      }),
    )
  })

  it('that is dead lets nothing through until it is mended', () => {
    const { links, slot, seen, note, report, clock } = worldWith({ loss: 1, duplicate: 0 })
    links.request(slot, note('out'), note('given up'))
    links.notice(slot, note('poke'))
    report(1)
    report(2)
    clock.advance(HOUR_MS)
    expect(seen).toEqual([[ANSWER_WITHIN_MS, 'given up']])
    const { link: _, ...temperament } = slot.state.temperament
    slot.state = { ...slot.state, temperament }
    clock.advance(HOUR_MS)
    expect(seen.slice(1).map(([, what]) => what)).toEqual(['report 1', 'report 2'])
  })

  it('keeps nothing for a device that goes out of reach: it asks itself when it is back', () => {
    const { slot, seen, report, clock } = worldWith({ loss: 1, duplicate: 0 })
    report(1)
    slot.state = { ...slot.state, online: false }
    clock.advance(HOUR_MS)
    expect([seen, clock.pending]).toEqual([[], 0])
  })

  it('has the same history for the same seed and name, and another for another name', () => {
    const history = (key: string) => {
      const { links, slot, seen, note, clock } = worldWith(
        { latency: { p50Ms: 200, p99Ms: 5_000 }, loss: 0.2, duplicate: 0.1 },
        key,
      )
      for (let n = 0; n < 50; n++) links.notice(slot, note(`poke ${n}`))
      clock.advance(HOUR_MS)
      return seen
    }
    expect(history('win-00001')).toEqual(history('win-00001'))
    expect(history('win-00001')).not.toEqual(history('win-00002'))
  })

  it('suffers from a fault on top of its temperament, for as long as the fault lasts', () => {
    const { links, slot, seen, note, clock } = worldWith({ latency: { p50Ms: 100, p99Ms: 100 }, loss: 0, duplicate: 0 })
    const fault = { latency: { minMs: 400, maxMs: 400 }, loss: 0, duplicate: 0 }
    slot.state = { ...slot.state, faults: { link: fault } }
    links.notice(slot, note('slow'))
    clock.advance(HOUR_MS)
    const { faults: __, ...well } = slot.state
    slot.state = well
    links.notice(slot, note('as ever'))
    clock.advance(HOUR_MS)
    expect(seen).toEqual([
      [500, 'slow'],
      [HOUR_MS + 100, 'as ever'],
    ])
  })
})

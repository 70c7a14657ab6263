import type { Presence } from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { calm, configuration, enrolled, managed, NOW_MS, setOf, type Trial, visit } from './device.test-support.ts'

const office = (timeZone: string, share = 1): Presence => ({
  ...{ pattern: 'office-hours', timeZone, fromMinute: 8 * 60, toMinute: 17 * 60, share },
})

/** Let time pass, appointment by appointment, and tell when the device came and went. */
function movesOf(device: Trial, untilMs: number): (readonly [number, boolean])[] {
  const moves: (readonly [number, boolean])[] = []
  for (;;) {
    const atMs = Math.min(...device.state.agenda.map((appointment) => appointment.atMs))
    if (atMs > untilMs) return moves
    const before = device.state.online
    device.feed({ type: 'due' }, atMs)
    if (device.state.conversation) device.feed({ type: 'check-in-answer', answer: managed(device.state.lastSeq) }, atMs)
    if (device.state.online !== before) moves.push([atMs, device.state.online])
  }
}

const clockOf = (timeZone: string, atMs: number): { readonly day: string; readonly minute: number } => {
  const text = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  }).format(atMs)
  const [, day = '', hour, minute] = /^(\w+)\D+(\d+):(\d+)$/.exec(text) ?? []
  return { day, minute: Number(hour) * 60 + Number(minute) }
}

describe('office hours', () => {
  it.each(['Europe/Oslo', 'America/New_York', 'Asia/Kolkata', 'UTC'])(
    'in %s a device comes and goes about the hour, on working days, also when clocks change',
    (timeZone) => {
      const device = enrolled({ ...calm, presence: office(timeZone) })
      // From January over the spring's change of clocks.
      const moves = movesOf(device, NOW_MS + 120 * DAY_MS)
      expect(moves.length).toBeGreaterThan(160)
      for (const [atMs, came] of moves.slice(1)) {
        const { day, minute } = clockOf(timeZone, atMs)
        expect(['Mon', 'Tue', 'Wed', 'Thu', 'Fri']).toContain(day)
        expect(Math.abs(minute - (came ? 8 : 17) * 60)).toBeLessThanOrEqual(30)
      }
    },
  )

  it('a share of the days, and the same days every time', () => {
    const days = () => movesOf(enrolled({ ...calm, presence: office('UTC', 0.6) }), NOW_MS + 200 * DAY_MS)
    const came = days().filter(([, online]) => online)
    expect(came.length).toBeGreaterThan(60)
    expect(came.length).toBeLessThan(110)
    expect(days()).toEqual(days())
  })
})

it('a duty cycle is up and down for so long, give or take', () => {
  const presence: Presence = {
    pattern: 'duty-cycle',
    upMs: 3 * HOUR_MS,
    downMs: 90 * MINUTE_MS,
    jitterMs: 30 * MINUTE_MS,
  }
  const moves = movesOf(enrolled({ ...calm, presence }), NOW_MS + 10 * DAY_MS)
  expect(moves.length).toBeGreaterThan(90)
  for (const [index, [atMs, came]] of moves.slice(1).entries()) {
    const lasted = atMs - (moves[index]?.[0] ?? 0)
    expect(Math.abs(lasted - (came ? 90 : 180) * MINUTE_MS)).toBeLessThanOrEqual(30 * MINUTE_MS)
  }
})

it('a rhythm of its own replaces that of the platform once the device is settled', () => {
  const device = enrolled({ ...calm, checkInEveryMs: 2 * HOUR_MS })
  const atMs = NOW_MS + DAY_MS
  visit(device, managed(device.state.lastSeq), atMs)
  expect(device.state.agenda).toContainEqual({ what: 'check-in', atMs: atMs + 2 * HOUR_MS, cause: 'periodic' })
})

it('what a check-in brought is carried out after its time, and not at all when the device is gone by then', () => {
  const body = configuration('c1', 1, 'a')
  const device = enrolled({ ...calm, applyDuration: { p50Ms: 4_000, p99Ms: 40_000 } })
  visit(device, managed(0, { policySet: setOf('5e', body) }))
  expect(device.effects).toEqual([])
  const atMs = device.state.agenda.find(({ what }) => what === 'apply')?.atMs ?? 0
  expect(atMs).toBeGreaterThan(NOW_MS)
  device.feed({ type: 'due' }, atMs)
  device.effect('fetch-bodies')

  const gone = enrolled({ ...calm, applyDuration: { p50Ms: 4_000, p99Ms: 4_000 } })
  visit(gone, managed(0, { policySet: setOf('5e', body) }))
  gone.feed({ type: 'presence', online: false }).feed({ type: 'due' }, NOW_MS + 5_000)
  expect([gone.effects, gone.state.conversation, gone.state.policies]).toEqual([[], undefined, []])
})

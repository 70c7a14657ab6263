import { AppRegistrationRequest } from '@muster/shared/contracts'
import { createRng, DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import { nextUseMs } from './app-use.ts'
import { calm, NOW_MS, newborn, type Trial, testPlatform, trial } from './device.test-support.ts'
import type { Platform } from './platform.ts'
import type { DeviceState } from './state.ts'

const phone: Platform = { ...testPlatform, name: 'iOS' }
const unmanaged = (rest: Partial<DeviceState> = {}): Trial => {
  const device = trial({ ...newborn(calm), platform: 'iOS', mode: 'mam-only', ...rest }, phone)
  return device.feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })
}
const ids = (device: Trial): string[] =>
  device.effect('register').registrations.map(({ registrationId }) => registrationId)

/** Keep appointments until the time is over; answers each request after the given interval, or not at all. */
function liveUntil(device: Trial, untilMs: number, nextCheckInMs?: number): { atMs: number; ids: string[] }[] {
  const asked: { atMs: number; ids: string[] }[] = []
  for (;;) {
    const atMs = nextDueMs(device.state)
    if (atMs === undefined || atMs > untilMs) return asked
    device.feed({ type: 'due' }, atMs)
    if (!device.effects.some(({ type }) => type === 'register')) continue
    const registered = ids(device)
    asked.push({ atMs, ids: registered })
    const answer = registered.map((registrationId) => ({ registrationId, nextCheckInMs: nextCheckInMs ?? 0 }))
    device.feed(
      nextCheckInMs === undefined
        ? { type: 'failed', what: 'register' }
        : { type: 'registration-answer', replies: answer },
      atMs,
    )
  }
}

const gapsOf = (asked: readonly { atMs: number; ids: string[] }[], id: string): number[] => {
  const times = asked.filter((each) => each.ids.includes(id)).map(({ atMs }) => atMs)
  return times.slice(1).map((atMs, index) => atMs - (times[index] as number))
}

describe('app management only', () => {
  it('registers two to four apps and never enrols', () => {
    const device = unmanaged()
    const { registrations } = device.effect('register')
    expect(registrations.length).toBeGreaterThanOrEqual(2)
    expect(registrations.length).toBeLessThanOrEqual(4)
    for (const registration of registrations) {
      expect(AppRegistrationRequest.parse(registration)).toEqual(registration)
    }
    expect(new Set(ids(device)).size).toBe(registrations.length)
    expect(device.state.phase).toBe('app-only')
  })

  it('checks in app by app, under the same ids, no sooner than the service wants and only when people are awake', () => {
    const device = unmanaged()
    const first = ids(device)
    const replies = first.map((registrationId) => ({ registrationId, nextCheckInMs: 30 * MINUTE_MS }))
    device.feed({ type: 'registration-answer', replies })
    const asked = liveUntil(device, NOW_MS + 7 * DAY_MS, 30 * MINUTE_MS)
    expect(new Set(asked.flatMap((each) => each.ids))).toEqual(new Set(first))
    for (const id of first) {
      const gaps = gapsOf(asked, id)
      expect(gaps.length).toBeGreaterThan(7)
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(30 * MINUTE_MS)
    }
    for (const { atMs } of asked) {
      const hour = (atMs % DAY_MS) / HOUR_MS
      expect(hour).toBeGreaterThanOrEqual(7)
      expect(hour).toBeLessThanOrEqual(22)
    }
    // Apps are used apart from each other.
    expect(asked.some((each) => each.ids.length < first.length)).toBe(true)
  })

  it('waits for each app as long as the service says for it', () => {
    const device = unmanaged()
    const [quick = '', ...others] = ids(device)
    const reply = (registrationId: string, nextCheckInMs: number) => ({ registrationId, nextCheckInMs })
    const replies = [reply(quick, 30 * MINUTE_MS), ...others.map((id) => reply(id, 12 * HOUR_MS))]
    device.feed({ type: 'registration-answer', replies })
    for (const app of device.state.apps ?? []) {
      const leastMs = app.registrationId === quick ? 30 * MINUTE_MS : 12 * HOUR_MS
      expect(app.nextMs).toBeGreaterThanOrEqual(NOW_MS + leastMs)
    }
  })

  it.each([
    ['no answer comes', true],
    ['the device is offline', false],
  ])('tries again ever more rarely, but for good, while %s', (_why, online) => {
    const device = unmanaged({ online })
    liveUntil(device, NOW_MS + 3 * DAY_MS)
    const failures = (device.state.apps ?? []).map((app) => app.failures)
    expect(Math.min(...failures)).toBeGreaterThan(3)
    const last = device.state.apps?.[0]
    const retryMs = (last?.nextMs ?? 0) - NOW_MS - 3 * DAY_MS
    // An hour, the wait until the app is used, and a night.
    expect(retryMs).toBeLessThan(DAY_MS)
    device.feed({ type: 'presence', online: true })
    const asked = liveUntil(device, NOW_MS + 6 * DAY_MS, 30 * MINUTE_MS)
    expect(asked.length).toBeGreaterThan(10)
    expect(device.state.apps?.map((app) => app.failures)).toEqual(failures.map(() => 0))
  })

  it('says that the device is rooted', () => {
    expect(unmanaged().effect('register').registrations[0]?.flaggedReasons).toEqual(['none'])
    const { inventory } = unmanaged().state
    const rooted = unmanaged({ inventory: { ...inventory, posture: { rooted: true } } })
    expect(rooted.effect('register').registrations[0]?.flaggedReasons).toEqual(['rootedDevice'])
  })

  it('becomes another device in time, as a managed one does', () => {
    const device = unmanaged({ temperament: { ...newborn(calm).temperament, driftFactor: 1 } })
    liveUntil(device, NOW_MS + 30 * DAY_MS, 12 * HOUR_MS)
    expect(device.state.inventory.posture).not.toEqual(newborn(calm).inventory.posture)
  })
})

describe('the use of an app', () => {
  it('is after the moment, in waking hours, and as frequent as it should be', () => {
    fc.assert(
      fc.property(fc.nat({ max: 3 * DAY_MS }), fc.constantFrom(1, 10, 30), fc.string(), (afterMs, perDay, seed) => {
        const fromMs = NOW_MS + afterMs
        const atMs = nextUseMs(fromMs, perDay, createRng(seed))
        expect(atMs).toBeGreaterThan(fromMs)
        expect(atMs % DAY_MS).toBeGreaterThanOrEqual(7 * HOUR_MS)
        expect(atMs % DAY_MS).toBeLessThanOrEqual(22 * HOUR_MS)
      }),
    )
    let nowMs = NOW_MS
    for (let i = 0; i < 2_000; i++) nowMs = nextUseMs(nowMs, 20, createRng(`use ${i}`))
    expect((nowMs - NOW_MS) / DAY_MS).toBeGreaterThan(90)
    expect((nowMs - NOW_MS) / DAY_MS).toBeLessThan(110)
  })
})

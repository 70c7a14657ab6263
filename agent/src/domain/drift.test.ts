import { AppRegistrationRequest } from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import { calm, enrolled, managed, NOW_MS, newborn, testPlatform, trial, visit } from './device.test-support.ts'
import type { Platform } from './platform.ts'

/** Keep appointments up to a time; check-ins get no news. Answers how often each fact was seen changed. */
function liveUntil(device: ReturnType<typeof enrolled>, untilMs: number): number {
  let changes = 0
  for (let dueMs = nextDueMs(device.state); dueMs !== undefined && dueMs <= untilMs; dueMs = nextDueMs(device.state)) {
    const before = device.state.inventory
    device.feed({ type: 'due' }, dueMs)
    if (device.state.inventory !== before) changes++
    if (device.state.conversation) {
      device.feed({ type: 'check-in-answer', answer: managed(device.state.lastSeq) }, dueMs)
    }
  }
  return changes
}

describe('drift', () => {
  it('happens at about its rate, times the temperament’s factor', () => {
    const mends = { selfHeal: 1, selfHealAfterMs: 1 }
    // Two drifts a day each, one of which is mended at once: about one pair of changes a day, and one change for good.
    const changes = liveUntil(enrolled({ ...calm, ...mends, driftFactor: 1 }), NOW_MS + 100 * DAY_MS)
    expect(changes).toBeGreaterThan(100)
    expect(changes).toBeLessThan(320)
    expect(liveUntil(enrolled({ ...calm, driftFactor: 0 }), NOW_MS + 30 * DAY_MS)).toBe(0)
  })

  it('goes on while the device is offline, and is reported when it is back', () => {
    const device = enrolled({ ...calm, driftFactor: 100, selfHeal: 0 }).feed({ type: 'presence', online: false })
    expect(liveUntil(device, NOW_MS + DAY_MS)).toBeGreaterThan(0)
    const nowMs = NOW_MS + DAY_MS
    device.feed({ type: 'presence', online: true }, nowMs)
    visit(device, managed(0), nowMs)
    expect(device.effect('report').report.inventory?.posture).toEqual({ encrypted: false, firewallOn: false })
  })

  it('by order changes the facts that the platform has, and is mended after the time given', () => {
    const device = enrolled()
    device.feed({
      type: 'ordered-drift',
      posture: { encrypted: false, antivirusOn: false },
      osVersion: '10.0.1',
      healAfterMs: HOUR_MS,
    })
    expect(device.state.inventory).toMatchObject({ posture: { encrypted: false }, os: { version: '10.0.1' } })
    expect(device.state.inventory.posture).not.toHaveProperty('antivirusOn')
    device.feed({ type: 'due' }, NOW_MS + HOUR_MS)
    expect(device.state.inventory).toMatchObject({ posture: { encrypted: true }, os: { version: '10.0.26100' } })
  })

  it('includes updates of the system where the platform has them', () => {
    const updating: Platform = {
      ...testPlatform,
      drifts: [],
      updater: { perDay: 1, next: (os) => (os.version === '11' ? undefined : { ...os, version: '11' }) },
    }
    const device = enrolled({ ...calm, driftFactor: 1 }, updating)
    expect(liveUntil(device, NOW_MS + 60 * DAY_MS)).toBe(1)
    expect(device.state.inventory.os.version).toBe('11')
  })
})

describe('app management only', () => {
  const phone: Platform = { ...testPlatform, name: 'iOS' }
  const unmanaged = () => {
    const device = trial({ ...newborn(calm), platform: 'iOS', mode: 'mam-only' }, phone)
    return device.feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })
  }

  it('registers two to four apps and never enrols', () => {
    const device = unmanaged()
    const { registrations } = device.effect('register')
    expect(registrations.length).toBeGreaterThanOrEqual(2)
    expect(registrations.length).toBeLessThanOrEqual(4)
    for (const registration of registrations) {
      expect(AppRegistrationRequest.parse(registration)).toEqual(registration)
    }
    expect(new Set(registrations.map(({ registrationId }) => registrationId)).size).toBe(registrations.length)
    expect(device.state.phase).toBe('app-only')
  })

  it('registers again, under the same ids, when the service wants it', () => {
    const device = unmanaged()
    const first = device.effect('register').registrations.map(({ registrationId }) => registrationId)
    device.feed({ type: 'registration-answer', nextCheckInMs: 30 * MINUTE_MS })
    expect(nextDueMs(device.state)).toBe(NOW_MS + 30 * MINUTE_MS)
    device.feed({ type: 'due' }, NOW_MS + 30 * MINUTE_MS)
    expect(device.effect('register').registrations.map(({ registrationId }) => registrationId)).toEqual(first)
  })

  it('says that the device is rooted', () => {
    const device = unmanaged()
    expect(device.effect('register').registrations[0]?.flaggedReasons).toEqual(['none'])
    const { inventory } = device.state
    const rooted = trial({ ...device.state, inventory: { ...inventory, posture: { rooted: true } } }, phone)
    rooted.feed({ type: 'failed', what: 'register' }).feed({ type: 'due' }, NOW_MS + HOUR_MS)
    expect(rooted.effect('register').registrations[0]?.flaggedReasons).toEqual(['rootedDevice'])
  })
})

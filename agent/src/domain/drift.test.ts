import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import { calm, enrolled, managed, NOW_MS, testPlatform, visit } from './device.test-support.ts'
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

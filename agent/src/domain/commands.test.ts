import { HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import {
  assign,
  calm,
  command,
  configuration,
  enrolled,
  guid,
  managed,
  NOW_MS,
  setOf,
  type Trial,
  testPlatform,
  visit,
} from './device.test-support.ts'
import type { Platform } from './platform.ts'

const rename = command('b1', 'setDeviceName', 'Rename')
const retire = command('b2', 'retire', 'Unenrol')
const effectTypes = (device: Trial) => device.effects.map(({ type }) => type)

describe('commands', () => {
  it('put off until the user is there are asked for again then, and the device is unlocked', () => {
    const lockable: Platform = {
      ...testPlatform,
      unlock: () => ({ locked: false }),
      perform: (given, view, attempt) =>
        view.inventory.posture.locked === true
          ? { result: { itemId: 'command', protocol: 'omadm', status: 200 }, later: true }
          : testPlatform.perform(given, view, attempt),
    }
    const device = enrolled({ ...calm, userActsAfterMs: 1_000 }, lockable).feed({ type: 'sync' })
    const posture = { ...device.state.inventory.posture, locked: true }
    device.state = { ...device.state, inventory: { ...device.state.inventory, posture } }
    device.feed({ type: 'check-in-answer', answer: managed(0, { commands: [rename] }) })
    expect(device.state.inventory.deviceName).not.toBe('RENAMED')
    const userActs = device.state.agenda.find(({ what }) => what === 'user-acts')
    device.feed({ type: 'due' }, userActs?.atMs)
    expect(device.state.inventory.posture.locked).toBe(false)
    expect(device.effect('check-in').checkIn.cause).toBe('user')
    device.feed({ type: 'check-in-answer', answer: managed(1, { commands: [rename] }) }, userActs?.atMs)
    expect(device.state.inventory.deviceName).toBe('RENAMED')
    expect(device.state.postponed).toBe(undefined)
  })

  it('are carried out and answered in the next report', () => {
    const device = visit(enrolled(), managed(0, { commands: [rename] }))
    expect(device.state.inventory.deviceName).toBe('RENAMED')
    const { report } = device.effect('report')
    expect(report.commands).toEqual([
      {
        commandId: guid('b1'),
        finishedAtMs: NOW_MS,
        result: { itemId: guid('b1'), protocol: 'omadm', status: 200 },
      },
    ])
    expect(report.inventory?.deviceName).toBe('RENAMED')
  })

  it('that come again are not carried out again; the answer is repeated unless it is on its way', () => {
    const device = visit(enrolled(), managed(0, { commands: [rename] }))
    const first = device.effect('report').report
    visit(device, managed(0, { commands: [rename] }))
    expect(device.effects).toEqual([{ type: 'report', report: first, again: true }])
    // Committed, and yet asked for again: told once more, with the answer of then.
    visit(device, managed(1, { commands: [rename] }), NOW_MS + HOUR_MS)
    expect(device.effect('report').report.commands).toEqual(first.commands)
  })

  it('that the device puts off stay unanswered', () => {
    const device = visit(enrolled(), managed(0, { commands: [command('b3', 'remoteLock', 'NotNow')] }))
    expect(device.effects).toEqual([])
    expect(device.state.answered).toEqual([])
  })

  it('to restart are answered first; the device checks in when it is up again', () => {
    const device = visit(enrolled(), managed(0, { commands: [command('b4', 'rebootNow', 'Restart')] }))
    expect(device.effect('report').report.commands).toHaveLength(1)
    const causes: string[] = []
    for (let turn = 0; turn < 4; turn++) {
      const nowMs = nextDueMs(device.state) as number
      device.feed({ type: 'due' }, nowMs)
      causes.push(...device.effects.flatMap((effect) => (effect.type === 'check-in' ? [effect.checkIn.cause] : [])))
      device.feed({ type: 'check-in-answer', answer: managed(1) }, nowMs)
    }
    expect(causes[0]).toBe('reboot')
  })

  it('to shut down take the device out of reach until somebody turns it on', () => {
    const device = visit(enrolled(), managed(0, { commands: [command('b5', 'shutDown', 'ShutDown')] }))
    expect(device.state.online).toBe(false)
    device.feed({ type: 'due' }, NOW_MS + 24 * HOUR_MS)
    expect(device.state.online).toBe(true)
  })
})

describe('leaving', () => {
  it.each([retire, command('b6', 'wipe', 'Wipe')])(
    'by $action takes everything off and ends with a last report',
    (leave) => {
      const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'))
      visit(device, managed(1, { commands: [leave], policySet: setOf('ab', configuration('c2', 1, 'b')) }))
      expect(effectTypes(device)).toEqual(['report'])
      const { report } = device.effect('report')
      expect(report.commands).toHaveLength(1)
      expect(report.policySetDigest).toBeUndefined()
      expect(device.state).toMatchObject({ phase: 'leaving', policies: [], settings: {} })
    },
  )

  it('is confirmed until the last report is committed, and then the keys go', () => {
    const device = visit(enrolled(), managed(0, { commands: [retire] }))
    let nowMs = nextDueMs(device.state) as number
    device.feed({ type: 'due' }, nowMs)
    expect(device.effect('check-in').checkIn.cause).toBe('confirm')
    device.feed({ type: 'check-in-answer', answer: managed(0) }, nowMs)
    expect(effectTypes(device)).toEqual(['report'])
    expect(device.state.phase).toBe('leaving')
    nowMs = nextDueMs(device.state) as number
    device.feed({ type: 'due' }, nowMs).feed({ type: 'check-in-answer', answer: managed(1) }, nowMs)
    expect(effectTypes(device)).toEqual(['forget-key'])
    expect(device.state).toMatchObject({ phase: 'left', lastSeq: 1, agenda: [] })
  })

  it('is over as well when the service does not know the device any more', () => {
    const device = visit(enrolled(), managed(0, { commands: [retire] }))
    device.feed({ type: 'due' }, NOW_MS + MINUTE_MS)
    const answer = { outcome: 'refused', deviceId: guid('d1'), code: 'checkin/not-managed', ackedSeq: 1 } as const
    device.feed({ type: 'check-in-answer', answer }, NOW_MS + MINUTE_MS)
    expect(device.state.phase).toBe('left')
  })

  it('outranks what comes after it in the same answer', () => {
    const device = visit(enrolled(), managed(0, { commands: [retire, rename] }))
    expect(device.effect('report').report.commands).toHaveLength(1)
    expect(device.state.inventory.deviceName).not.toBe('RENAMED')
  })
})

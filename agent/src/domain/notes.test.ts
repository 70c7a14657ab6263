import { DEVICE_NOTES_MAX } from '@muster/shared/contracts'
import { HOUR_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import {
  assign,
  calm,
  command,
  compliance,
  configuration,
  enrolled,
  managed,
  NOW_MS,
  newborn,
  type Trial,
  trial,
  visit,
} from './device.test-support.ts'

const noted = (device: Trial): string[] =>
  (device.state.notes ?? []).map(({ what, cause, detail }) => [what, detail, cause].filter(Boolean).join(' '))

describe('what a device notes', () => {
  it('a fact that changed, by what, and whose answers are others for it', () => {
    const device = assign(enrolled({ ...calm, driftFactor: 1, selfHeal: 1 }), 0, 'aa', compliance('c2', 1))
    device.feed({ type: 'ordered-drift', posture: { firewallOn: false } })
    device.feed({ type: 'ordered-drift', posture: { encrypted: false }, healAfterMs: HOUR_MS })
    device.feed({ type: 'fault', fault: { kind: 'tamper' }, active: true })
    device.feed({ type: 'due' }, NOW_MS + HOUR_MS)
    const [, firewall, disk] = device.state.notes?.filter(({ what }) => what !== 'poked') ?? []
    expect(firewall).toEqual({ atMs: NOW_MS, what: 'changed', cause: 'drift-step', detail: 'firewallOn = false' })
    expect(disk).toEqual({
      ...{ atMs: NOW_MS, what: 'changed', cause: 'drift-step', detail: 'encrypted = false' },
      settings: ['encrypted'],
    })
    expect(noted(device).slice(-2)).toEqual(['fault-begun tamper', 'changed encrypted = true mended'])
  })

  it('that it drifts by itself, and says so', () => {
    const device = enrolled({ ...calm, driftFactor: 1, selfHeal: 0 })
    const atMs = device.state.agenda.find(({ what }) => what === 'drift')?.atMs ?? 0
    device.feed({ type: 'due' }, atMs)
    expect(noted(device).at(-1)).toMatch(/^changed (encrypted|firewallOn) = false itself$/)
  })

  it('when it went and came back, and the poke that it missed, without taking another turn for it', () => {
    const device = enrolled()
    device.feed({ type: 'presence', online: false })
    const { turn } = device.state
    device.feed({ type: 'poke', spreadMs: 0, correlationId: 'p1' })
    expect(device.state.turn).toBe(turn)
    device.feed({ type: 'presence', online: true })
    expect(noted(device)).toEqual(['enrolled a1b2', 'offline order', 'poke-missed', 'online order'])
    expect(device.state.notes?.[2]?.correlationId).toBe('p1')
  })

  it('a death in the middle of a policy, and what a fault spoilt', () => {
    const died = enrolled().feed({ type: 'fault', fault: { kind: 'crash' }, active: true })
    assign(died, 0, 'aa', configuration('c1', 1, 'a', 'b'))
    expect(noted(died)).toContain('crashed fault crash')
    const full = enrolled().feed({ type: 'fault', fault: { kind: 'partial-apply', items: 1 }, active: true })
    assign(full, 0, 'aa', configuration('c1', 1, 'a', 'b'))
    const failed = full.state.notes?.find(({ what }) => what === 'apply-failed')
    expect(failed).toMatchObject({ settings: ['a', 'b'], cause: 'fault partial-apply' })
  })

  it('a request without an answer once in a row, a refusal, and how it left', () => {
    const device = enrolled()
    for (let times = 0; times < 3; times++) {
      device.feed({ type: 'sync' }).feed({ type: 'failed', what: 'check-in' })
    }
    visit(device, managed(0, { commands: [command('c1', 'wipe', 'Wipe')] }))
    expect(noted(device)).toEqual(['enrolled a1b2', 'no-answer check-in', 'poked', 'leaving wipe'])
    const refused = trial(newborn()).feed({ type: 'born', enrolAtMs: NOW_MS }).feed({ type: 'due' })
    const { enrolmentRequestId: requestId } = refused.state
    refused.feed({
      type: 'enrolment-answer',
      answer: { outcome: 'refused', requestId, code: 'enrolment/platform-blocked', message: 'no' },
    })
    expect(noted(refused)).toEqual(['enrolment-refused enrolment/platform-blocked'])
  })

  it('and keeps the newest of it; what comes and goes all day does not push out a cause', () => {
    const device = enrolled()
    device.feed({ type: 'ordered-drift', posture: { encrypted: false } })
    for (let times = 0; times < 3 * DEVICE_NOTES_MAX; times++)
      device.feed({ type: 'poke', spreadMs: 0, correlationId: `p${times}` }, NOW_MS + times)
    expect(device.state.notes).toHaveLength(DEVICE_NOTES_MAX)
    expect(noted(device).slice(0, 3)).toEqual(['enrolled a1b2', 'changed encrypted = false drift-step', 'poked'])
    expect(device.state.notes?.at(-1)?.correlationId).toBe(`p${3 * DEVICE_NOTES_MAX - 1}`)
  })
})

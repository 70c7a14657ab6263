import { MESSAGE_BYTES_MAX } from '@muster/shared/contracts'
import { describe, expect, it } from 'vitest'
import { assign, bodiesOf, compliance, configuration, enrolled, managed, setOf, visit } from './device.test-support.ts'
import { OUTBOX_MAX } from './reports.ts'

const full = () => {
  const device = enrolled()
  for (let revision = 1; revision <= OUTBOX_MAX; revision++) {
    assign(device, 0, String(revision), configuration('c1', revision, 'a'))
  }
  return device
}

describe('reports', () => {
  it('are not made when nothing has changed', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'))
    visit(device, managed(1))
    visit(device, managed(1))
    expect(device.state.lastSeq).toBe(1)
  })

  it('are numbered from 1 without a gap and carry only what changed', () => {
    const stays = compliance('c1', 1)
    const device = assign(enrolled(), 0, 'aa', stays)
    expect(device.effect('report').report.seq).toBe(1)
    assign(device, 1, 'ab', stays, configuration('c2', 1, 'a'))
    const { report } = device.effect('report')
    expect(report.seq).toBe(2)
    expect(report.policies?.map(({ kind }) => kind)).toEqual(['configuration'])
  })

  it('are several where the results of many policies are more than one message carries', () => {
    const addresses = Array.from(
      { length: 100 },
      (_, index) => `./Device/Vendor/MSFT/Policy/Config/${'x'.repeat(60)}/${index}`,
    )
    const policies = Array.from({ length: 40 }, (_, index) => configuration(`c${index + 10}`, 1, ...addresses))
    const device = enrolled()
    visit(device, managed(0, { policySet: setOf('aa', ...policies) }))
    device.feed({ type: 'bodies', bodies: bodiesOf(...policies) })
    const reports = device.effects.flatMap((effect) => (effect.type === 'report' ? [effect.report] : []))
    expect(reports.length).toBeGreaterThan(2)
    expect(reports.map(({ seq }) => seq)).toEqual(reports.map((_, index) => index + 1))
    for (const report of reports) expect(JSON.stringify(JSON.stringify(report)).length).toBeLessThan(MESSAGE_BYTES_MAX)
    const reported = reports.flatMap(({ policies = [] }) => policies.map(({ policyId }) => policyId))
    expect(reported).toEqual(policies.map(({ policyId }) => policyId))
    expect(device.state.marks.policyIds).toEqual([])
    expect(device.state.outbox).toEqual(reports)
  })

  it('stay in the outbox until the service says that they are committed', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'))
    expect(device.state.outbox.map(({ seq }) => seq)).toEqual([1])
    visit(device, managed(1))
    expect(device.state.outbox).toEqual([])
  })

  it('are sent again, unchanged and in order, when the service does not have them', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'))
    assign(device, 0, 'ab', configuration('c1', 2, 'a'))
    const sent = device.state.outbox
    visit(device, managed(0))
    expect(device.effects).toEqual(sent.map((report) => ({ type: 'report', report, again: true })))
    visit(device, managed(1))
    expect(device.effects).toEqual(sent.slice(1).map((report) => ({ type: 'report', report, again: true })))
  })

  it('made after a check-in was sent are not sent again by its answer', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'user'))
    device.feed({ type: 'sync' })
    // The user acts while the check-in is under way.
    const dueMs = Math.max(...device.state.agenda.filter(({ what }) => what === 'user-acts').map(({ atMs }) => atMs))
    device.feed({ type: 'due' }, dueMs)
    expect(device.effect('report').report.seq).toBe(2)
    device.feed({ type: 'check-in-answer', answer: managed(1) }, dueMs)
    expect(device.effects).toEqual([])
    expect(device.state.outbox.map(({ seq }) => seq)).toEqual([2])
  })

  it('stop at a full outbox, and what has changed meanwhile goes out when there is room', () => {
    const device = full()
    assign(device, 0, 'ff', configuration('c1', OUTBOX_MAX + 1, 'a'))
    expect(device.state.lastSeq).toBe(OUTBOX_MAX)
    expect(device.state.outbox).toHaveLength(OUTBOX_MAX)
    visit(device, managed(OUTBOX_MAX))
    const { report } = device.effect('report')
    expect(report.seq).toBe(OUTBOX_MAX + 1)
    expect(report.policies?.map(({ revision }) => revision)).toEqual([OUTBOX_MAX + 1])
  })

  it('go on from the service’s number when the device was set back to an earlier state', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'))
    visit(device, managed(9))
    expect(device.state).toMatchObject({ lastSeq: 9, outbox: [] })
    assign(device, 9, 'ab', configuration('c1', 2, 'a'))
    expect(device.effect('report').report.seq).toBe(10)
  })
})

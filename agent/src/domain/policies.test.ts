import { Report } from '@muster/shared/contracts'
import { HOUR_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { nextDueMs } from './agenda.ts'
import {
  assign,
  calm,
  compliance,
  configuration,
  enrolled,
  guid,
  managed,
  NOW_MS,
  sha,
  type Trial,
  visit,
} from './device.test-support.ts'

/** Keep appointments, answering check-ins with nothing to do, until `done`. */
function live(device: Trial, done: () => boolean, ackedSeq = 1): number {
  let nowMs = NOW_MS
  for (let turn = 0; turn < 100 && !done(); turn++) {
    nowMs = nextDueMs(device.state) as number
    device.feed({ type: 'due' }, nowMs)
    if (device.state.conversation) device.feed({ type: 'check-in-answer', answer: managed(ackedSeq) }, nowMs)
  }
  expect(done()).toBe(true)
  return nowMs
}

describe('a policy set', () => {
  it('takes back what its policies had set, but for what another policy wants as well', () => {
    const [first, second] = [configuration('c1', 1, 'a', 'b'), configuration('c2', 1, 'b', 'c')]
    const device = assign(enrolled(), 0, 'aa', first, second)
    assign(device, 1, 'bb', second)
    expect(device.state.settings).toEqual({ './Test/b': true, './Test/c': true })
    assign(device, 2, 'cc', configuration('c2', 2, 'c'))
    expect(device.state.settings).toEqual({ './Test/c': true })
    assign(device, 3, 'dd')
    expect(device.state.settings).toEqual({})
  })

  it('is applied item by item, and reported whole under what brought it', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a', 'fail'), compliance('c2', 3))
    expect(device.state.settings).toEqual({ './Test/a': true })
    const { report, again } = device.effect('report')
    expect(Report.parse(report)).toEqual(report)
    expect(again).toBe(false)
    expect(report).toMatchObject({ seq: 1, correlationId: 'poke-1', policySetDigest: sha('aa') })
    expect(report.policies).toEqual([
      {
        policyId: guid('c1'),
        revision: 1,
        kind: 'configuration',
        appliedAtMs: NOW_MS,
        results: [
          { itemId: 'a', protocol: 'omadm', status: 200 },
          { itemId: 'fail', protocol: 'omadm', status: 500 },
        ],
      },
      {
        policyId: guid('c2'),
        revision: 3,
        kind: 'compliance',
        appliedAtMs: NOW_MS,
        results: [{ itemId: 'encrypted', protocol: 'omadm', status: 200, data: true }],
      },
    ])
    // Nothing changed about the device itself since it enrolled.
    expect(report.inventory).toBeUndefined()
  })

  it('that loses a policy takes its settings back and says so, and nothing of the others', () => {
    const stays = configuration('c1', 1, 'a')
    const device = assign(enrolled(), 0, 'aa', stays, configuration('c2', 1, 'b'))
    assign(device, 1, 'ab', stays)
    expect(device.state.settings).toEqual({ './Test/a': true })
    const { report } = device.effect('report')
    expect(report.removedPolicyIds).toEqual([guid('c2')])
    expect(report.policies).toBeUndefined()
  })

  it('with a newer revision replaces the old one and takes back what that had and the new has not', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a', 'b'))
    assign(device, 1, 'ab', configuration('c1', 2, 'b', 'c'))
    expect(device.state.settings).toEqual({ './Test/b': true, './Test/c': true })
    expect(device.effect('report').report.policies?.map(({ revision }) => revision)).toEqual([2])
    expect(device.state.policies).toHaveLength(1)
  })

  it('with an older revision of a policy that stays assigned does not take it back to that', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 5, 'new'))
    assign(device, 1, 'ab', configuration('c1', 4, 'old'))
    expect(device.state.policies[0]?.reference.revision).toBe(5)
    expect(device.state.settings).toEqual({ './Test/new': true })
  })

  it('is not asked for again when the service does not send one', () => {
    const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'))
    visit(device, managed(1))
    expect(device.effects).toEqual([])
  })
})

describe('items that wait', () => {
  it.each([
    ['restart', { restartAfterMs: HOUR_MS }],
    ['user', { userActsAfterMs: HOUR_MS }],
  ] as const)('for the %s are pending, and in force and reported once it happens', (what, temperament) => {
    const device = assign(enrolled({ ...calm, ...temperament }), 0, 'aa', configuration('c1', 1, 'a', what))
    expect(device.effect('report').report.policies?.[0]?.results).toMatchObject([{ status: 200 }, { status: 202 }])
    expect(device.state.settings).toEqual({ './Test/a': true })
    const reports: Report[] = []
    live(device, () => {
      reports.push(...device.effects.flatMap((effect) => (effect.type === 'report' ? [effect.report] : [])))
      return reports.some(({ seq }) => seq === 2)
    })
    expect(device.state.settings).toEqual({ './Test/a': true, [`./Test/${what}`]: true })
    const last = reports.find(({ seq }) => seq === 2)
    expect(last?.policies?.[0]?.results).toMatchObject([{ status: 200 }, { status: 200 }])
  })

  it('lead to a check-in after the restart', () => {
    const device = assign(enrolled({ ...calm, restartAfterMs: 1_000 }), 0, 'aa', configuration('c1', 1, 'restart'))
    const backUpMs = live(device, () => device.state.policies[0]?.waiting === undefined)
    expect(backUpMs).toBeGreaterThan(NOW_MS)
    expect(device.state.policies[0]?.results).toMatchObject([{ status: 200 }])
    // The one that the check-in reported for: a periodic one would have reported nothing.
    expect(device.effect('report').report.observedAtMs).toBe(backUpMs)
  })

  it('proceed offline, and are reported when the device is back', () => {
    const device = assign(enrolled({ ...calm, userActsAfterMs: 1_000 }), 0, 'aa', configuration('c1', 1, 'user'))
    device.feed({ type: 'presence', online: false }).feed({ type: 'due' }, NOW_MS + HOUR_MS)
    expect(device.effects).toEqual([])
    expect(device.state.settings).toEqual({ './Test/user': true })
    device.feed({ type: 'presence', online: true }, NOW_MS + HOUR_MS)
    device.feed({ type: 'due' }, NOW_MS + 2 * HOUR_MS)
    device.feed({ type: 'check-in-answer', answer: managed(1) }, NOW_MS + 2 * HOUR_MS)
    expect(device.effect('report').report.policies?.[0]?.results).toMatchObject([{ status: 200 }])
  })

  it('are forgotten with their policy', () => {
    const device = assign(enrolled({ ...calm, userActsAfterMs: HOUR_MS }), 0, 'aa', configuration('c1', 1, 'user'))
    assign(device, 1, 'ab')
    live(device, () => device.state.agenda.every(({ what }) => what !== 'user-acts'))
    expect(device.state.settings).toEqual({})
  })
})

describe('compliance', () => {
  it('is answered again at each check-in and reported when the answer has changed', () => {
    const device = assign(enrolled(), 0, 'aa', compliance('c1', 1))
    visit(device, managed(1))
    expect(device.effects).toEqual([])
    device.feed({ type: 'ordered-drift', posture: { encrypted: false } })
    expect(device.effects).toEqual([])
    visit(device, managed(1))
    const { report } = device.effect('report')
    expect(report.policies?.[0]?.results).toMatchObject([{ data: false }])
    expect(report.inventory?.posture.encrypted).toBe(false)
  })

  it('comes with each set, whatever its place among the policies', () => {
    const device = assign(enrolled(), 0, 'aa', compliance('c2', 1), configuration('c1', 1, 'a'))
    expect(device.effect('report').report.policies?.map(({ results }) => results.length)).toEqual([1, 1])
  })
})

it('reports again what the service has no answer for, and nothing that it does not hold', () => {
  const device = assign(enrolled(), 0, 'aa', configuration('c1', 1, 'a'), compliance('c2', 1))
  visit(device, managed(1, { reportPolicyIds: [guid('c1'), guid('c9')] }))
  const { report } = device.effect('report')
  expect(report).toMatchObject({ seq: 2, correlationId: 'poke-1' })
  expect(report.policies?.map(({ policyId }) => policyId)).toEqual([guid('c1')])
  visit(device, managed(2))
  expect(device.effects.filter(({ type }) => type === 'report')).toEqual([])
})

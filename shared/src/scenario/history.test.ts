import type { CommittedEntry, HistoryEntry } from '@muster/shared/contracts'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkHistory } from './history.ts'

const sent = (count: number, lastSeq = 5): HistoryEntry[] =>
  Array.from(
    { length: count },
    (_, index) => ({ deviceKey: `k${index}`, deviceId: `d${index}`, lastSeq }) as HistoryEntry,
  )
const committed = (count: number, reports = 5): CommittedEntry[] =>
  Array.from({ length: count }, (_, index) => ({
    deviceId: `d${index}`,
    reports,
    firstSeq: reports > 0 ? 1 : 0,
    lastSeq: reports,
    ackedSeq: reports,
    appliedReports: reports,
  }))

/** One entry of the truth, changed. */
const forged = (change: Partial<CommittedEntry>): CommittedEntry[] =>
  committed(3).map((entry, index) => (index === 1 ? { ...entry, ...change } : entry))

describe('the history checker', () => {
  it('finds nothing in a history that is true', () => {
    expect(checkHistory(sent(3), committed(3), 3)).toMatchObject({
      ok: true,
      sent: 15,
      committed: 15,
      lost: 0,
      appliedTwice: 0,
    })
  })

  it.each<[string, Partial<CommittedEntry>, { lost: number; appliedTwice: number }]>([
    ['a lost report', { reports: 4, lastSeq: 4, ackedSeq: 4, appliedReports: 4 }, { lost: 1, appliedTwice: 0 }],
    ['a lost report in the middle', { reports: 4, appliedReports: 4 }, { lost: 1, appliedTwice: 0 }],
    ['one applied twice', { appliedReports: 6 }, { lost: 0, appliedTwice: 1 }],
    ['one committed and not applied', { appliedReports: 4 }, { lost: 0, appliedTwice: 1 }],
    ['one that nobody sent', { reports: 6, lastSeq: 6, ackedSeq: 6, appliedReports: 6 }, { lost: 0, appliedTwice: 0 }],
    ['an acknowledgement of what is not there', { ackedSeq: 6 }, { lost: 0, appliedTwice: 0 }],
    ['numbers that do not begin at one', { firstSeq: 2, lastSeq: 6, ackedSeq: 6 }, { lost: 0, appliedTwice: 0 }],
  ])('finds %s, and names the device', (_what, change, wanted) => {
    const verdict = checkHistory(sent(3), forged(change), 3)
    expect(verdict).toMatchObject({ ok: false, ...wanted })
    expect(verdict.problems.every((problem) => problem.startsWith('k1'))).toBe(true)
  })

  it('finds a device that the store does not know, one that was not asked, and reports of nobody', () => {
    expect(checkHistory(sent(3), committed(2), 3)).toMatchObject({ ok: false, lost: 5 })
    expect(checkHistory(sent(2), committed(2), 3)).toMatchObject({ ok: false, lost: 0 })
    expect(checkHistory([], [], 3).ok).toBe(false)
    expect(checkHistory(sent(2), committed(3), 2)).toMatchObject({ ok: false })
  })

  it('finds every single forgery of a number', () => {
    const fields = ['reports', 'firstSeq', 'lastSeq', 'ackedSeq', 'appliedReports'] as const
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom(...fields),
        fc.integer({ min: -3, max: 3 }).filter((by) => by !== 0),
        (reports, field, by) => {
          const [entry] = committed(1, reports)
          if (!entry) return
          const told = sent(1, reports)
          expect(checkHistory(told, [{ ...entry, [field]: entry[field] + by }], 1).ok).toBe(false)
        },
      ),
    )
  })
})

import { beforeEach, describe, expect, it } from 'vitest'
import { type InvariantWatch, watchInvariants } from './invariants.ts'

type Reports = Parameters<InvariantWatch['onReports']>[0]
type Devices = Parameters<InvariantWatch['onDevices']>[0]
type Policies = Parameters<InvariantWatch['onPolicies']>[0]
type Certificates = Parameters<InvariantWatch['onCertificates']>[0]

const report = (seq: number) => ({ deviceId: 'd', seq }) as Reports[number]
const device = (ackedSeq: number, lifecycle = 'managed') => ({ id: 'd', ackedSeq, lifecycle }) as Devices[number]
const policy = (revision: number) => ({ deviceId: 'd', policyId: 'p', revision }) as Policies[number]
const revoked = { serialNumber: 'c', state: 'revoked', revokedAtMs: 100 } as Certificates[number]
const answer = { atMs: 200, deviceId: 'd', ackedSeq: 0, certificateSerial: 'c', askedAtMs: 150 }

let watch: InvariantWatch
beforeEach(() => {
  watch = watchInvariants(() => 200)
})

/** One transaction that wrote these. */
function commit(written: { reports?: Reports; devices?: Devices }): void {
  watch.onReports(written.reports ?? [])
  watch.onDevices(written.devices ?? [])
  watch.onCommit()
}
const broken = (): readonly string[] => watch.results().flatMap(({ ok, name }) => (ok ? [] : [name]))

describe('invariants', () => {
  it('hold in an orderly life', () => {
    commit({ devices: [device(0)] })
    commit({ reports: [report(1), report(2)], devices: [device(2)] })
    watch.onPolicies([policy(1), policy(2)])
    watch.onPoliciesRemoved([{ deviceId: 'd', policyId: 'p' }])
    watch.onPolicies([policy(1)])
    watch.onAnswer({ ...answer, ackedSeq: 2 })
    commit({ reports: [report(3)], devices: [device(3, 'retired')] })
    watch.onCertificates([revoked])
    expect(broken()).toEqual([])
  })

  it.each([
    ['a report twice', () => commit({ reports: [report(1), report(1)], devices: [device(1)] })],
    ['a report that others are missing before', () => commit({ reports: [report(2)], devices: [device(2)] })],
  ])('see %s', (_what, happen) => {
    happen()
    expect(broken()).toContain('report-applied-exactly-once')
  })

  it.each([
    ['the store says more', () => commit({ reports: [report(1)], devices: [device(2)] })],
    ['the store says less', () => commit({ reports: [report(1)], devices: [device(0)] })],
    ['an answer says more', () => watch.onAnswer({ ...answer, ackedSeq: 1 })],
  ])('see an acknowledgement of what is not committed: %s', (_what, happen) => {
    happen()
    expect(broken()).toEqual(['only-committed-is-acknowledged'])
  })

  it('see an older revision', () => {
    watch.onPolicies([policy(2), policy(1)])
    expect(broken()).toEqual(['policy-version-never-decreases'])
  })

  it('see who comes back, and who reports after having left', () => {
    commit({ devices: [device(0, 'wiped')] })
    commit({ reports: [report(1)], devices: [device(1, 'wiped')] })
    expect(broken()).toEqual(['who-left-stays-away'])
    expect(watch.violations[0]?.text).toContain('after it had left')
    commit({ devices: [device(1)] })
    expect(watch.violations.at(-1)?.text).toContain('managed again')
  })

  it('see a revoked certificate that is accepted, unless it was asked with before', () => {
    watch.onCertificates([revoked])
    watch.onAnswer({ ...answer, askedAtMs: 90 })
    expect(broken()).toEqual([])
    watch.onAnswer(answer)
    expect(broken()).toEqual(['revoked-certificate-never-accepted'])
  })
})

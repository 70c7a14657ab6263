import { DeviceAccount, type DeviceNote } from '@muster/shared/contracts'
import { DAY_MS, HOUR_MS, MINUTE_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import type { ComplianceChange } from '../compliance-change.ts'
import type { Device, DevicePolicy, RemoteAction } from '../model.ts'
import type { DeviceFacts } from './device-facts.ts'
import { explainDevice } from './explain-device.ts'

const NOW = Date.parse('2026-11-24T08:00:00Z')
const ago = (ms: number): number => NOW - ms

const device = (rest: Partial<Device> = {}): Device =>
  ({
    id: 'd1',
    platform: 'windows',
    mode: 'entra-join',
    inventory: { deviceName: 'LAPTOP-7' },
    lifecycle: 'managed',
    complianceState: 'compliant',
    enrolledAtMs: ago(10 * DAY_MS),
    lastSyncAtMs: ago(HOUR_MS),
    certificateSerial: 'a1b2',
    certificateNotAfterMs: NOW + 300 * DAY_MS,
    ...rest,
  }) as Device

const row = (rest: Partial<DevicePolicy> = {}): DevicePolicy => ({
  deviceId: 'd1',
  policyId: 'p1',
  kind: 'compliance',
  revision: 1,
  reportedRevision: 1,
  targetedAtMs: ago(9 * DAY_MS),
  correlationId: 'assign-1',
  committedAtMs: ago(8 * DAY_MS),
  lastReportedAtMs: ago(HOUR_MS),
  state: 'compliant',
  settings: [{ setting: 'bitLockerEnabled', state: 'compliant' }],
  conflicts: [],
  actionsDone: [],
  ...rest,
})

/** Not compliant since an hour ago. */
const failing = (rest: Partial<DevicePolicy> = {}): DevicePolicy =>
  row({
    state: 'nonCompliant',
    settings: [{ setting: 'bitLockerEnabled', state: 'nonCompliant' }],
    nonCompliantSinceMs: ago(HOUR_MS),
    ...rest,
  })

const account = (notes: readonly DeviceNote[] = [], rest: object = {}): DeviceAccount =>
  DeviceAccount.parse({
    key: 'laptops-00007',
    platform: 'windows',
    mode: 'entra-join',
    phase: 'enrolled',
    online: true,
    agenda: [{ what: 'check-in', atMs: NOW + 2 * HOUR_MS, cause: 'periodic' }],
    policies: [{ reference: { policyId: 'p1', revision: 1 } }],
    outbox: [],
    failures: 0,
    notes,
    ...rest,
  })

const drifted: DeviceNote = {
  atMs: ago(2 * HOUR_MS),
  what: 'changed',
  cause: 'itself',
  detail: 'encrypted = false',
  settings: ['bitLockerEnabled'],
}

const blockAfter = (gracePeriodHours: number) => [{ id: 'b', actionType: 'block' as const, gracePeriodHours }]

const explain = (rest: Partial<DeviceFacts> = {}) => {
  const explained = explainDevice({
    nowMs: NOW,
    rows: [],
    policies: [
      { id: 'p1', name: 'base', scheduledActions: blockAfter(24) },
      { id: 'p2', name: 'other', scheduledActions: [] },
    ],
    settings: { secureByDefault: false, deviceComplianceCheckinThresholdDays: 30 },
    userExists: true,
    changes: [],
    actions: [],
    certificates: [],
    reports: [],
    audit: [],
    account: account(),
    ...rest,
  })
  return {
    ...explained,
    said: explained.summary.join(' '),
    chain: explained.because.map(({ level, text, known }) => `${level} ${known ? '' : '? '}${text}`),
  }
}

const action = (rest: Partial<RemoteAction> = {}): RemoteAction => ({
  id: 'a1',
  deviceId: 'd1',
  action: 'rebootNow',
  parameters: {},
  state: 'pending',
  requestedAtMs: ago(3 * HOUR_MS),
  requestedBy: { type: 'application', id: 'app', displayName: 'muster-cli' },
  correlationId: 'action-1',
  ...rest,
})

describe('why a device is not compliant', () => {
  const changed: ComplianceChange = {
    deviceId: 'd1',
    atMs: ago(HOUR_MS),
    from: 'compliant',
    to: 'inGracePeriod',
    occasion: 'report',
    correlationId: 'r9',
    reasons: [],
  }

  it('a setting that drifted, in grace', () => {
    const { said, chain } = explain({
      device: device({ complianceState: 'inGracePeriod', graceUntilMs: NOW + 23 * HOUR_MS }),
      rows: [failing()],
      changes: [changed],
      account: account([drifted]),
    })
    expect(said).toContain(
      'LAPTOP-7 is not compliant, in its grace period since 2026-11-24 07:00:00, until 2026-11-25 07:00:00, because base: bitLockerEnabled is not compliant since 2026-11-24 07:00:00 (encrypted = false at 2026-11-24 06:00:00, by itself).',
    )
    expect(said).toContain('the next is due at 2026-11-24 10:00:00 (periodic)')
    expect(chain).toEqual([
      '0 base: bitLockerEnabled is not compliant since 2026-11-24 07:00:00',
      '1 encrypted = false at 2026-11-24 06:00:00, by itself',
      '0 the grace period of base lasts until 2026-11-25 07:00:00',
    ])
  })

  it('past grace; by a step of the scenario, and mended since', () => {
    const sinceMs = ago(30 * HOUR_MS)
    const mended: DeviceNote = { ...drifted, atMs: ago(MINUTE_MS), cause: 'mended', detail: 'encrypted = true' }
    const { chain } = explain({
      device: device({ complianceState: 'noncompliant' }),
      rows: [failing({ nonCompliantSinceMs: sinceMs })],
      account: account([{ ...drifted, atMs: ago(31 * HOUR_MS), cause: 'drift-step' }, mended]),
    })
    expect(chain).toEqual([
      '0 base: bitLockerEnabled is not compliant since 2026-11-23 02:00:00',
      '1 encrypted = false at 2026-11-23 01:00:00, by a drift step of the scenario',
      '1 since then encrypted = true at 2026-11-24 07:59:00, mended after a while; not reported yet',
      '0 the grace period of base ended at 2026-11-24 02:00:00',
    ])
  })

  it('never guesses: what nobody noted is not recorded, and what was so from the start is said to be', () => {
    const at = (rest: Partial<DevicePolicy>, notes: readonly DeviceNote[] = []): string | undefined =>
      explain({ device: device({ complianceState: 'noncompliant' }), rows: [failing(rest)], account: account(notes) })
        .chain[1]
    expect(at({})).toBe('1 ? cause not recorded')
    expect(at({}, [{ ...drifted, settings: ['secureBootEnabled'] }])).toBe('1 ? cause not recorded')
    expect(at({ committedAtMs: ago(HOUR_MS) })).toBe('1 it was so when revision 1 was first answered')
    const held = {
      policies: [
        { reference: { policyId: 'p1', revision: 1 }, body: { items: [{ covers: ['bitLockerEnabled', 'x'] }] } },
      ],
    }
    const shared = explain({
      device: device({ complianceState: 'noncompliant' }),
      rows: [failing()],
      account: account([drifted], held),
    })
    expect(shared.chain[1]).toMatch(/^1 the answer that it shares with x changed: encrypted = false/)
  })

  it('an error that is held, by a fault or by what the platform answered', () => {
    const inError = row({
      state: 'error',
      settings: [{ setting: 'bitLockerEnabled', state: 'error', errorCode: '0x87d1fde8' }],
      errorSinceMs: ago(DAY_MS),
      stateBeforeError: 'compliant',
    })
    const facts = { device: device(), rows: [inError] }
    expect(explain(facts).chain).toEqual([
      '0 base: bitLockerEnabled is in error since 2026-11-23 08:00:00',
      '1 the platform answered 0x87d1fde8',
      '0 an error decides nothing for 7 days: until 2026-11-30 08:00:00 it counts as compliant',
    ])
    const spoilt: DeviceNote = {
      ...{ atMs: ago(2 * DAY_MS), what: 'apply-failed', detail: 'p1' },
      ...{ cause: 'fault disk-full', settings: ['bitLockerEnabled'] },
    }
    expect(explain({ ...facts, account: account([spoilt]) }).chain[1]).toBe(
      '1 it failed at 2026-11-22 08:00:00, by the fault disk-full',
    )
    const old = explain({
      device: device({ complianceState: 'noncompliant' }),
      rows: [{ ...inError, errorSinceMs: ago(8 * DAY_MS) }],
    })
    expect(old.chain.at(-1)).toBe(
      '0 the error has been there for 7 days, until 2026-11-23 08:00:00: it counts as not compliant',
    )
  })

  it('no policy, in a tenant that minds and in one that does not', () => {
    expect(explain({ device: device() }).chain).toEqual([
      '0 no compliance policy is assigned, and the tenant counts such devices as compliant',
    ])
    const strict = { secureByDefault: true, deviceComplianceCheckinThresholdDays: 30 }
    expect(explain({ device: device({ complianceState: 'noncompliant' }), settings: strict }).chain).toEqual([
      '0 no compliance policy is assigned, and the tenant counts such devices as not compliant',
    ])
  })

  it('silence for longer than the validity period, because it is offline', () => {
    const away: DeviceNote = { atMs: ago(40 * DAY_MS), what: 'offline', cause: 'order' }
    const { chain, said } = explain({
      device: device({ complianceState: 'noncompliant', lastSyncAtMs: ago(41 * DAY_MS) }),
      rows: [row()],
      account: account([away], { online: false, away: ['order'], agenda: [] }),
    })
    expect(said).toContain('It is offline since 2026-10-15 08:00:00: a step of the scenario took it offline.')
    expect(chain).toEqual([
      '0 silent since its last check-in at 2026-10-14 08:00:00: the validity period of 30 days ended',
      '1 offline since 2026-10-15 08:00:00: a step of the scenario took it offline',
    ])
  })

  it('a user who is gone', () => {
    const { chain } = explain({ device: device({ complianceState: 'noncompliant' }), rows: [row()], userExists: false })
    expect(chain).toEqual(['0 the user who enrolled it is gone or may not sign in'])
  })
})

describe('why a policy is pending', () => {
  const pending = row({ kind: 'configuration', state: 'pending', settings: [], correlationId: 'assign-2' })
  const head = '0 policy base, revision 1, is pending since 2026-11-15 08:00:00'
  const why = (own: DeviceAccount | undefined, rest: Partial<DevicePolicy> = {}): readonly string[] => {
    const { account: _, ...facts } = { account: undefined, device: device(), rows: [{ ...pending, ...rest }] }
    return explain({ ...facts, ...(own ? { account: own } : {}) }).chain.slice(1)
  }
  const held = (waiting: object) => ({ policies: [{ reference: { policyId: 'p1', revision: 1 }, waiting }] })

  it.each([
    [
      'restart',
      { a: 'restart', b: 'restart' },
      '1 2 of its settings wait for a restart, expected at 2026-11-24 09:00:00',
    ],
    ['user-acts', { a: 'user' }, '1 1 of its settings waits for its user, expected at 2026-11-24 09:00:00'],
    ['installed', { a: 'install' }, '1 1 of its settings waits for an installation, expected at 2026-11-24 09:00:00'],
  ])('it waits: %s', (what, waiting, text) => {
    const own = account([], { ...held(waiting), agenda: [{ what, atMs: NOW + HOUR_MS }] })
    expect(why(own)).toContain(text)
  })

  it('the poke for it was missed, and it checks in later', () => {
    const missed: DeviceNote = { atMs: ago(DAY_MS), what: 'poke-missed', correlationId: 'assign-2' }
    const facts = { device: device(), rows: [pending], account: account([missed], { policies: [] }) }
    expect(explain(facts).chain.slice(1)).toEqual([
      head,
      '1 the device does not hold it yet',
      '2 the poke for it was missed at 2026-11-23 08:00:00: the device was offline',
      '2 it checks in next at 2026-11-24 10:00:00',
    ])
  })

  it('it has not been reported yet, or is being carried out', () => {
    expect(why(account([], { outbox: [{ seq: 3 }] }))).toContain(
      '1 the device has carried it out; its report is not committed yet',
    )
    const busy = { policies: [], conversation: { wanted: {} }, agenda: [{ what: 'apply', atMs: NOW + MINUTE_MS }] }
    expect(why(account([], busy))).toContain('1 it is being carried out, until 2026-11-24 08:01:00')
    const fresh = { device: device({ complianceState: 'unknown' }), rows: [row({ state: 'pending', settings: [] })] }
    expect(explain(fresh).chain[0]).toBe('0 none of its compliance policies has been answered: base')
    expect(explain(fresh).said).toContain('LAPTOP-7 is not judged yet.')
  })

  it('its settings are in conflict', () => {
    const conflicts = [{ setting: 'bluetoothBlocked', others: [{ policyId: 'p2', value: false }] }]
    const { chain } = explain({
      device: device(),
      rows: [row({ kind: 'configuration', state: 'conflict', settings: [], conflicts })],
    })
    expect(chain.slice(1)).toEqual([
      '0 policy base: bluetoothBlocked is in conflict and is not sent',
      '1 policy other wants it to be false',
    ])
  })
})

describe('where else a device may stand', () => {
  it('an action that was put off', () => {
    const put: DeviceNote = { atMs: ago(HOUR_MS), what: 'not-now', cause: 'command' }
    const own = account([put], { postponed: true, agenda: [{ what: 'user-acts', atMs: NOW + HOUR_MS }] })
    const { chain } = explain({ device: device(), account: own, actions: [action({ state: 'active' })] })
    expect(chain.slice(1)).toEqual([
      '0 rebootNow, requested by muster-cli at 2026-11-24 05:00:00, is active',
      '1 the device put it off at 2026-11-24 07:00:00; its user is expected at 2026-11-24 09:00:00',
    ])
  })

  it('a certificate that has expired, was revoked, or will be renewed', () => {
    const said = (rest: Partial<Device>, own?: object): string =>
      explain({ device: device(rest), ...(own ? { account: account([], own) } : {}) }).said
    expect(said({ certificateNotAfterMs: ago(DAY_MS) })).toContain(
      'Its certificate a1b2 expired at 2026-11-23 08:00:00: check-ins are refused until it enrols anew.',
    )
    expect(said({}, { agenda: [{ what: 'renew', atMs: NOW + DAY_MS }] })).toContain(
      'is valid until 2027-09-20 08:00:00 and is renewed at 2026-11-25 08:00:00.',
    )
  })

  it('retired or wiped, by whom and when', () => {
    const { said, chain } = explain({
      device: device({ lifecycle: 'wiped' }),
      actions: [action({ action: 'wipe', state: 'done', deliveredAtMs: ago(2 * HOUR_MS), finishedAtMs: ago(HOUR_MS) })],
    })
    expect(said).toBe('LAPTOP-7 was wiped: it is not managed any more since 2026-11-24 07:00:00.')
    expect(chain).toEqual([
      '0 wipe was requested by muster-cli at 2026-11-24 05:00:00',
      '1 it was handed over at 2026-11-24 06:00:00',
      '1 done at 2026-11-24 07:00:00',
    ])
  })

  it('never enrolled: refused for good, waiting, offline; or known to nobody', () => {
    const refused: DeviceNote = { atMs: ago(HOUR_MS), what: 'enrolment-refused', detail: 'enrolment/platform-blocked' }
    const never = explain({ account: account([refused], { phase: 'refused', agenda: [] }) })
    expect(never.said).toBe('laptops-00007 has never been enrolled: it was refused, and does not ask again.')
    expect(never.chain).toEqual(['0 enrolment was refused at 2026-11-24 07:00:00: enrolment/platform-blocked'])
    const away = explain({
      account: account([], { phase: 'new', online: false, agenda: [{ what: 'enrol', atMs: NOW }] }),
    })
    expect([away.said, ...away.chain]).toEqual([
      'laptops-00007 has not been enrolled; it asks at 2026-11-24 08:00:00.',
      '0 it is offline',
    ])
    const { account: _, ...unknown } = { account: undefined }
    expect(explainDevice({ ...bare, ...unknown }).summary).toEqual([
      'The service has no such device, and nobody answers for it.',
    ])
  })

  it('tells what happened in order, from both sides', () => {
    const { timeline } = explain({
      device: device(),
      rows: [row()],
      account: account([drifted]),
      reports: [{ seq: 4, committedAtMs: ago(HOUR_MS), correlationId: 'r9', parts: ['policies'] }],
    })
    expect(timeline.map(({ what, text }) => `${what}: ${text}`)).toEqual([
      'enrolled: enrolled as windows/entra-join',
      'policy: base, revision 1, assigned',
      'device: encrypted = false by itself: other answers to bitLockerEnabled',
      'policy: base: compliant',
      'report: report 4 committed: policies',
    ])
  })
})

const bare: DeviceFacts = {
  nowMs: NOW,
  rows: [],
  policies: [],
  settings: { secureByDefault: false, deviceComplianceCheckinThresholdDays: 30 },
  userExists: true,
  changes: [],
  actions: [],
  certificates: [],
  reports: [],
  audit: [],
}

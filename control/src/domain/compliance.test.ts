import { DAY_MS, HOUR_MS } from '@muster/shared/core'
import { describe, expect, it } from 'vitest'
import { type ComplianceInput, evaluateCompliance, observePolicy, policyStateOf } from './compliance.ts'
import type { SettingOutcome } from './management/management.ts'
import type { ComplianceState, DevicePolicy, PolicyState, ScheduledAction } from './model.ts'

const NOW = 1_800_000_000_000
const block = (gracePeriodHours = 0): ScheduledAction => ({ id: 'block', actionType: 'block', gracePeriodHours })

const row = (state: PolicyState, rest: Partial<DevicePolicy> = {}): DevicePolicy => ({
  deviceId: 'd',
  policyId: state,
  kind: 'compliance',
  revision: 1,
  targetedAtMs: 0,
  correlationId: '',
  state,
  settings: [],
  conflicts: [],
  actionsDone: [],
  ...(state === 'nonCompliant' ? { nonCompliantSinceMs: NOW } : {}),
  ...(state === 'error' ? { errorSinceMs: NOW } : {}),
  ...rest,
})

const evaluate = (rows: readonly DevicePolicy[], rest: Partial<ComplianceInput> = {}, actions = [block()]) =>
  evaluateCompliance({
    nowMs: NOW,
    previous: 'unknown',
    lastSyncAtMs: NOW,
    userExists: true,
    settings: { secureByDefault: false, deviceComplianceCheckinThresholdDays: 30 },
    rows: rows.map((each) => ({ row: each, policy: { scheduledActions: actions } })),
    ...rest,
  })

describe('the state of a device', () => {
  it.each<[string, readonly PolicyState[], ComplianceState]>([
    ['the only policy', ['compliant'], 'compliant'],
    ['a remediated policy', ['remediated'], 'compliant'],
    ['the worse of two', ['compliant', 'nonCompliant'], 'noncompliant'],
    ['a conflict over compliance', ['compliant', 'conflict'], 'conflict'],
    ['what is pending has no say', ['pending', 'compliant'], 'compliant'],
    ['nothing reported yet', ['pending'], 'unknown'],
    ['all not applicable', ['notApplicable'], 'compliant'],
    ['an error of a device never judged', ['error'], 'error'],
    ['an error beside compliance', ['error', 'compliant'], 'error'],
  ])('%s: %j → %s', (_what, states, wanted) => {
    expect(evaluate(states.map((state) => row(state))).state).toBe(wanted)
  })

  it.each([
    [false, 'compliant'],
    [true, 'noncompliant'],
  ] as const)('without any policy, secure by default %s → %s', (secureByDefault, wanted) => {
    const settings = { secureByDefault, deviceComplianceCheckinThresholdDays: 30 }
    expect(evaluate([], { settings }).state).toBe(wanted)
  })

  it('stays as it was while a setting is in error, for seven days', () => {
    const held = (nowMs: number) => evaluate([row('error')], { previous: 'compliant', nowMs, lastSyncAtMs: nowMs })
    expect(held(NOW).state).toBe('compliant')
    expect(held(NOW).nextEvaluationAtMs).toBe(NOW + 7 * DAY_MS)
    expect(held(NOW + 7 * DAY_MS - 1).state).toBe('compliant')
    expect(held(NOW + 7 * DAY_MS).state).toBe('noncompliant')
  })

  it('holds a policy in error at what it said before, and lets the others say what they say', () => {
    const held = row('error', { policyId: 'held', stateBeforeError: 'compliant' })
    const failing = row('nonCompliant')
    expect(evaluate([held, failing], { previous: 'compliant' }).state).toBe('noncompliant')
    // The other one is mended: what is held does not keep the device noncompliant.
    expect(evaluate([held, row('compliant')], { previous: 'noncompliant' }).state).toBe('compliant')
    expect(evaluate([row('error'), row('compliant')], { previous: 'noncompliant' }).state).toBe('compliant')
  })

  it('has no grace after seven days of error, and its actions are carried out from then on', () => {
    const mail: ScheduledAction = { id: 'mail', actionType: 'notification', gracePeriodHours: 24 }
    const at = (nowMs: number) => evaluate([row('error')], { nowMs, lastSyncAtMs: nowMs }, [block(72), mail])
    const end = NOW + 7 * DAY_MS
    expect(at(end - 1)).toMatchObject({ state: 'error', dueActions: [] })
    expect(at(end)).toMatchObject({ state: 'noncompliant', dueActions: [{ action: { id: 'block' } }] })
    expect(at(end).nextEvaluationAtMs).toBe(end + DAY_MS)
    expect(at(end + DAY_MS).dueActions.map(({ action }) => action.id)).toEqual(['block', 'mail'])
  })

  it('keeps a grace period through an error', () => {
    const held = row('error', { stateBeforeError: 'inGracePeriod', nonCompliantSinceMs: NOW - HOUR_MS })
    expect(evaluate([held], { previous: 'inGracePeriod' }, [block(24)])).toMatchObject({
      state: 'inGracePeriod',
      graceUntilMs: NOW + 23 * HOUR_MS,
    })
  })

  it('is noncompliant when its user is gone, whatever its policies say', () => {
    expect(evaluate([row('compliant')], { userExists: false }).state).toBe('noncompliant')
    expect(evaluate([], { userExists: false }).state).toBe('noncompliant')
  })

  it('never goes back to unknown', () => {
    expect(evaluate([row('pending')], { previous: 'compliant' }).state).toBe('compliant')
  })
})

describe('time', () => {
  it('gives grace to the moment', () => {
    const at = (nowMs: number) => evaluate([row('nonCompliant')], { nowMs, lastSyncAtMs: nowMs }, [block(24)])
    expect(at(NOW)).toMatchObject({ state: 'inGracePeriod', graceUntilMs: NOW + DAY_MS, dueActions: [] })
    expect(at(NOW).nextEvaluationAtMs).toBe(NOW + DAY_MS)
    expect(at(NOW + DAY_MS - 1).state).toBe('inGracePeriod')
    const ended = at(NOW + DAY_MS)
    expect(ended.state).toBe('noncompliant')
    expect(ended.dueActions.map(({ action }) => action.id)).toEqual(['block'])
    expect(ended.rows[0]?.actionsDone).toEqual(['block'])
  })

  it('carries out each action once, at its own time', () => {
    const mail: ScheduledAction = { id: 'mail', actionType: 'notification', gracePeriodHours: 0 }
    const retire: ScheduledAction = { id: 'retire', actionType: 'retire', gracePeriodHours: 48 }
    let held = row('nonCompliant')
    const done: string[] = []
    for (let hours = 0; hours <= 72; hours += 6) {
      const nowMs = NOW + hours * HOUR_MS
      const verdict = evaluate([held], { nowMs, lastSyncAtMs: nowMs }, [block(24), mail, retire])
      done.push(...verdict.dueActions.map(({ action }) => `${action.id}@${hours}`))
      held = verdict.rows[0] as DevicePolicy
    }
    expect(done).toEqual(['mail@0', 'block@24', 'retire@48'])
  })

  it('makes a silent device noncompliant after its validity period, whatever its policies say', () => {
    const lastSyncAtMs = NOW - 30 * DAY_MS
    expect(evaluate([row('compliant')], { lastSyncAtMs }).state).toBe('noncompliant')
    expect(evaluate([row('compliant')], { lastSyncAtMs: lastSyncAtMs + 1 }).state).toBe('compliant')
  })
})

describe('the state of a policy', () => {
  const outcome = (state: SettingOutcome['state']): SettingOutcome => ({ setting: state, state })
  it.each<[readonly SettingOutcome['state'][], boolean, PolicyState]>([
    [['compliant', 'error', 'nonCompliant'], true, 'error'],
    [['compliant', 'nonCompliant'], true, 'nonCompliant'],
    [['compliant'], true, 'conflict'],
    [['compliant', 'pending'], false, 'pending'],
    [['notApplicable', 'notApplicable'], false, 'notApplicable'],
    [['notApplicable', 'compliant'], false, 'compliant'],
    [['remediated', 'compliant'], false, 'remediated'],
    [[], false, 'compliant'],
  ])('%j, conflicts %s → %s', (states, conflicts, wanted) => {
    expect(policyStateOf(states.map(outcome), conflicts)).toBe(wanted)
  })

  it('took as long as until nothing of it waited, whatever is reported later', () => {
    const seen = (appliedAtMs: number, state: SettingOutcome['state']) => ({
      revision: 1,
      appliedAtMs,
      outcomes: [outcome(state)],
    })
    const waiting = observePolicy(row('pending', { kind: 'configuration' }), seen(10, 'pending'), 20)
    expect(waiting).toMatchObject({ appliedAtMs: 10, committedAtMs: 20 })
    const done = observePolicy(waiting, seen(30, 'compliant'), 40)
    expect(done).toMatchObject({ appliedAtMs: 30, committedAtMs: 40 })
    const drifted = observePolicy(done, seen(50, 'error'), 60)
    expect(drifted).toMatchObject({ appliedAtMs: 30, committedAtMs: 40, lastReportedAtMs: 60, state: 'error' })
  })

  it('keeps the start of noncompliance through an error, and forgets it with compliance', () => {
    const seen = (state: SettingOutcome['state']) => ({ revision: 1, appliedAtMs: NOW, outcomes: [outcome(state)] })
    const failed = observePolicy(row('pending'), seen('nonCompliant'), NOW)
    const later = observePolicy(failed, seen('error'), NOW + HOUR_MS)
    expect(later).toMatchObject({ nonCompliantSinceMs: NOW, errorSinceMs: NOW + HOUR_MS })
    const good = observePolicy({ ...later, actionsDone: ['mail'] }, seen('compliant'), NOW + 2 * HOUR_MS)
    expect(good).toMatchObject({ state: 'compliant', actionsDone: [] })
    expect(good).not.toHaveProperty('nonCompliantSinceMs')
    expect(good).not.toHaveProperty('errorSinceMs')
  })
})

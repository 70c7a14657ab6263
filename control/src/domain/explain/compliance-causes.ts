import type { Because, DeviceAccount, DeviceNote } from '@muster/shared/contracts'
import { DAY_MS, type EpochMs } from '@muster/shared/core'
import { builtInRules } from '../built-in-rules.ts'
import { ERROR_HOLD_MS, graceEnd } from '../compliance.ts'
import type { SettingOutcome } from '../management/management.ts'
import type { Device, DevicePolicy } from '../model.ts'
import { absenceCauses } from './absence.ts'
import type { DeviceFacts } from './device-facts.ts'
import { at, causeText, known, notRecorded } from './wording.ts'

/** Why the service counts a device as it does, worst first; each link is what was noted, or says that nothing was. */
export function complianceCauses(facts: DeviceFacts, device: Device): readonly Because[] {
  const rows = facts.rows.filter(({ kind }) => kind === 'compliance')
  const against = [...ruleCauses(facts, device, rows.length), ...rows.flatMap((row) => rowCauses(facts, row))]
  if (against.length > 0) return against
  if (rows.length === 0) return [noPolicyCause(facts, device)]
  const answered = rows.filter(({ state }) => state !== 'pending')
  const names = rows.map(({ policyId }) => facts.policies.find(({ id }) => id === policyId)?.name ?? policyId)
  if (answered.length === 0) return [known(0, `none of its compliance policies has been answered: ${names.join(', ')}`)]
  const lastMs = Math.max(...answered.map(({ lastReportedAtMs }) => lastReportedAtMs ?? 0))
  return [
    known(
      0,
      answered.length === rows.length
        ? `its compliance policies hold: ${names.join(', ')}`
        : `${answered.length} of its ${rows.length} compliance policies hold, the others are pending: ${names.join(', ')}`,
      lastMs,
    ),
  ]
}

function noPolicyCause({ settings }: DeviceFacts, { complianceState }: Device): Because {
  if (complianceState === 'unknown') return known(0, 'no compliance policy is assigned, and it has not been judged yet')
  return settings.secureByDefault
    ? known(0, 'no compliance policy is assigned, and the tenant counts such devices as not compliant')
    : known(0, 'no compliance policy is assigned, and the tenant counts such devices as compliant')
}

/** The rules that every tenant has. */
function ruleCauses(facts: DeviceFacts, device: Device, policies: number): readonly Because[] {
  if (device.complianceState !== 'noncompliant') return []
  const { settings, userExists } = facts
  const rules = builtInRules({ ...facts, lastSyncAtMs: device.lastSyncAtMs, policies })
  const days = settings.deviceComplianceCheckinThresholdDays
  return [
    ...(rules.isActive
      ? []
      : [
          known(
            0,
            `silent since its last check-in at ${at(device.lastSyncAtMs)}: the validity period of ${days} days ended`,
            rules.activeUntilMs,
          ),
          ...absenceCauses(facts, 1),
        ]),
    ...(policies > 0 || rules.hasPolicy
      ? []
      : [known(0, 'no compliance policy is assigned, and the tenant counts such devices as not compliant')]),
    ...(userExists ? [] : [known(0, 'the user who enrolled it is gone or may not sign in')]),
  ]
}

function rowCauses(facts: DeviceFacts, row: DevicePolicy): readonly Because[] {
  const policy = facts.policies.find(({ id }) => id === row.policyId)
  const name = policy?.name ?? row.policyId
  const failing = (state: SettingOutcome['state']): readonly SettingOutcome[] =>
    row.settings.filter((outcome) => outcome.state === state)
  const since = (ms: EpochMs | undefined): string => (ms === undefined ? '' : ` since ${at(ms)}`)
  return [
    ...failing('nonCompliant').flatMap(({ setting }) => [
      known(0, `${name}: ${setting} is not compliant${since(row.nonCompliantSinceMs)}`, row.nonCompliantSinceMs),
      ...settingCauses(facts, row, setting),
    ]),
    ...failing('error').flatMap(({ setting, errorCode }) => [
      known(0, `${name}: ${setting} is in error${since(row.errorSinceMs)}`, row.errorSinceMs),
      ...errorCauses(facts, row, setting, errorCode),
    ]),
    ...failing('conflict').map(({ setting }) => known(0, `${name}: ${setting} is in conflict`)),
    ...(row.errorSinceMs === undefined ? [] : [holdCause(row.errorSinceMs, row, facts.nowMs)]),
    ...(row.nonCompliantSinceMs === undefined || !policy
      ? []
      : [graceCause(name, policy, row.nonCompliantSinceMs, facts.nowMs)]),
  ]
}

function graceCause(
  name: string,
  { scheduledActions }: DeviceFacts['policies'][number],
  sinceMs: EpochMs,
  nowMs: EpochMs,
): Because {
  const endMs = graceEnd(scheduledActions, sinceMs)
  if (endMs <= sinceMs) return known(0, `${name} has no grace period`)
  return nowMs < endMs
    ? known(0, `the grace period of ${name} lasts until ${at(endMs)}`, endMs)
    : known(0, `the grace period of ${name} ended at ${at(endMs)}`, endMs)
}

function holdCause(errorSinceMs: EpochMs, { stateBeforeError = 'pending' }: DevicePolicy, nowMs: EpochMs): Because {
  const untilMs = errorSinceMs + ERROR_HOLD_MS
  const days = ERROR_HOLD_MS / DAY_MS
  return nowMs < untilMs
    ? known(
        0,
        `an error decides nothing for ${days} days: until ${at(untilMs)} it counts as ${stateBeforeError}`,
        untilMs,
      )
    : known(0, `the error has been there for ${days} days, until ${at(untilMs)}: it counts as not compliant`, untilMs)
}

/** What made a setting answer as it did in the last report, and whether it is otherwise by now. */
function settingCauses({ account }: DeviceFacts, row: DevicePolicy, setting: string): readonly Because[] {
  if (!account) return [notRecorded(1, 'cause not recorded: nobody answers for the device')]
  const flips = (account.notes ?? []).filter(
    (note) => note.what === 'changed' && note.settings?.includes(setting) === true,
  )
  const reportedMs = row.lastReportedAtMs ?? 0
  const flip = flips.findLast(({ atMs }) => atMs <= reportedMs)
  const later = flips.filter(({ atMs }) => atMs > reportedMs)
  const others = othersAnswered(account, row, setting)
  return [flip ? flipCause(flip, others) : firstAnswerCause(row), ...later.map(laterCause)]
}

/** Settings that the device answers together with this one: what changes the one answer need not be about this one. */
function othersAnswered(account: DeviceAccount, { policyId }: DevicePolicy, setting: string): readonly string[] {
  const held = account.policies.find(({ reference }) => reference.policyId === policyId)
  const items = (held?.body?.items ?? []).filter(({ covers }) => covers.includes(setting))
  return [...new Set(items.flatMap(({ covers }) => covers))].filter((other) => other !== setting)
}

function flipCause({ detail, cause = '', atMs }: DeviceNote, others: readonly string[]): Because {
  const shared = others.length === 0 ? '' : `the answer that it shares with ${others.join(', ')} changed: `
  return known(1, `${shared}${detail} at ${at(atMs)}, ${causeText(cause)}`, atMs)
}

const laterCause = ({ detail, cause = '', atMs }: DeviceNote): Because =>
  known(1, `since then ${detail} at ${at(atMs)}, ${causeText(cause)}; not reported yet`, atMs)

/** It was so from the first answer on: nothing on the device has made it so while the policy was there. */
function firstAnswerCause({ committedAtMs, nonCompliantSinceMs, revision }: DevicePolicy): Because {
  if (committedAtMs !== undefined && committedAtMs === nonCompliantSinceMs)
    return known(1, `it was so when revision ${revision} was first answered`, committedAtMs)
  return notRecorded(1)
}

function errorCauses(
  { account }: DeviceFacts,
  { policyId }: DevicePolicy,
  setting: string,
  errorCode: string | undefined,
): readonly Because[] {
  const spoilt = (account?.notes ?? []).findLast(
    (note) => note.what === 'apply-failed' && note.detail === policyId && note.settings?.includes(setting) === true,
  )
  if (spoilt) return [known(1, `it failed at ${at(spoilt.atMs)}, ${causeText(spoilt.cause ?? '')}`, spoilt.atMs)]
  return errorCode === undefined ? [notRecorded(1)] : [known(1, `the platform answered ${errorCode}`)]
}

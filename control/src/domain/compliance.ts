import { DAY_MS, type EpochMs, HOUR_MS } from '@muster/shared/core'
import { builtInRules } from './built-in-rules.ts'
import type { SettingOutcome } from './management/management.ts'
import type { ComplianceState, DevicePolicy, Policy, PolicyState, ScheduledAction, TenantSettings } from './model.ts'

/** A setting in error leaves the device's state alone for so long; then it is noncompliant without grace. */
export const ERROR_HOLD_MS = 7 * DAY_MS

/** The state that setting outcomes give a policy, before grace is considered. */
export function policyStateOf(outcomes: readonly SettingOutcome[], hasConflicts: boolean): PolicyState {
  const has = (state: SettingOutcome['state']): boolean => outcomes.some((outcome) => outcome.state === state)
  if (has('error')) return 'error'
  if (has('nonCompliant')) return 'nonCompliant'
  if (hasConflicts || has('conflict')) return 'conflict'
  if (has('pending')) return 'pending'
  if (outcomes.length > 0 && outcomes.every((outcome) => outcome.state === 'notApplicable')) return 'notApplicable'
  return has('remediated') ? 'remediated' : 'compliant'
}

/** What a report says of one policy on one device. */
export interface PolicyObservation {
  readonly revision: number
  readonly appliedAtMs: EpochMs
  readonly outcomes: readonly SettingOutcome[]
}

/** The row after a report: states, and since when the device is not compliant or in error. */
export function observePolicy(row: DevicePolicy, seen: PolicyObservation, nowMs: EpochMs): DevicePolicy {
  const { nonCompliantSinceMs, errorSinceMs, stateBeforeError, ...rest } = row
  const state = policyStateOf(seen.outcomes, row.conflicts.length > 0)
  // How long a revision took is settled when nothing of it waits any more; what drifts later does not count.
  const settled = row.reportedRevision === seen.revision && row.state !== 'pending'
  const observed: DevicePolicy = {
    ...rest,
    reportedRevision: seen.revision,
    ...(settled ? {} : { appliedAtMs: seen.appliedAtMs, committedAtMs: nowMs }),
    lastReportedAtMs: nowMs,
    state,
    settings: seen.outcomes,
  }
  if (row.kind !== 'compliance') return observed
  if (state === 'nonCompliant') return { ...observed, nonCompliantSinceMs: nonCompliantSinceMs ?? nowMs }
  // An error decides nothing yet: what was noncompliant before stays so, and keeps its grace period and actions.
  if (state === 'error') {
    const before = errorSinceMs === undefined ? row.state : stateBeforeError
    const inError = {
      ...observed,
      errorSinceMs: errorSinceMs ?? nowMs,
      ...(before === undefined ? {} : { stateBeforeError: before }),
    }
    return nonCompliantSinceMs === undefined ? inError : { ...inError, nonCompliantSinceMs }
  }
  return { ...observed, actionsDone: [] }
}

export interface ComplianceInput {
  readonly nowMs: EpochMs
  /** The device's state so far. */
  readonly previous: ComplianceState
  readonly lastSyncAtMs: EpochMs
  readonly settings: TenantSettings
  /** False when the user who enrolled the device is gone or may not sign in any more. */
  readonly userExists: boolean
  /** Rows of all compliance policies that the device should hold, each with its policy. */
  readonly rows: readonly { readonly row: DevicePolicy; readonly policy: Pick<Policy, 'scheduledActions'> }[]
}

export interface ComplianceVerdict {
  readonly state: ComplianceState
  readonly graceUntilMs?: EpochMs
  /** The rows with grace taken into account; compare to see what changed. */
  readonly rows: readonly DevicePolicy[]
  readonly dueActions: readonly { readonly row: DevicePolicy; readonly action: ScheduledAction }[]
  /** When time alone can change the verdict; absent: never. */
  readonly nextEvaluationAtMs?: EpochMs
}

/** Published severity order: the device has the highest state of its policies. */
const severity: Readonly<Record<ComplianceState, number>> = {
  unknown: 1,
  compliant: 3,
  inGracePeriod: 4,
  noncompliant: 5,
  conflict: 5,
  error: 6,
}

/**
 * A device's compliance: severity order, grace, validity period, error hold, and what holds when no policy is assigned.
 * Pure: the sweep and the ingest call it with their own `nowMs`. Source: Intune, "Compliance policy settings" and
 * "Actions for noncompliance".
 */
export function evaluateCompliance(input: ComplianceInput): ComplianceVerdict {
  const judged = input.rows.map(({ row, policy }) => judge(row, policy.scheduledActions, input.nowMs))
  const dueActions = judged.flatMap(({ row, due }) => due.map((action) => ({ row, action })))
  const { isActive, activeUntilMs, hasPolicy, userExists } = builtInRules({ ...input, policies: input.rows.length })
  const state = isActive && hasPolicy && userExists ? aggregate(judged, input) : 'noncompliant'
  const graceEnds = judged.flatMap(({ graceUntilMs }) => (graceUntilMs === undefined ? [] : [graceUntilMs]))
  const moments = [...judged.flatMap(({ moments }) => moments), activeUntilMs].filter((atMs) => atMs > input.nowMs)
  return {
    state,
    rows: judged.map(({ row }) => row),
    dueActions,
    ...(state === 'inGracePeriod' && graceEnds.length > 0 ? { graceUntilMs: Math.min(...graceEnds) } : {}),
    ...(moments.length > 0 ? { nextEvaluationAtMs: Math.min(...moments) } : {}),
  }
}

interface Judged {
  readonly row: DevicePolicy
  /** What it contributes; `held` leaves the device as it was, `silent` has no say. */
  readonly says: ComplianceState | 'held' | 'silent'
  readonly due: readonly ScheduledAction[]
  readonly graceUntilMs?: EpochMs
  readonly moments: readonly EpochMs[]
}

function judge(row: DevicePolicy, actions: readonly ScheduledAction[], nowMs: EpochMs): Judged {
  if (row.errorSinceMs !== undefined) return judgeError(row, row.errorSinceMs, actions, nowMs)
  if (row.nonCompliantSinceMs !== undefined) return judgeNoncompliant(row, row.nonCompliantSinceMs, actions, nowMs)
  if (row.state === 'pending' || row.state === 'notApplicable') return { row, says: 'silent', due: [], moments: [] }
  return { row, says: row.state === 'conflict' ? 'conflict' : 'compliant', due: [], moments: [] }
}

const dueAt =
  (sinceMs: EpochMs) =>
  (action: ScheduledAction): EpochMs =>
    sinceMs + action.gracePeriodHours * HOUR_MS

/** When the policy's grace ends for a device that has been noncompliant since then. */
export function graceEnd(actions: readonly ScheduledAction[], sinceMs: EpochMs): EpochMs {
  const blocks = actions.filter((action) => action.actionType === 'block').map(dueAt(sinceMs))
  return blocks.length > 0 ? Math.min(...blocks) : sinceMs
}

const withDone = (row: DevicePolicy, due: readonly ScheduledAction[]): DevicePolicy =>
  due.length > 0 ? { ...row, actionsDone: [...row.actionsDone, ...due.map((action) => action.id)] } : row

/** Held for seven days at what it said before; after that noncompliant, without grace. */
function judgeError(
  row: DevicePolicy,
  errorSinceMs: EpochMs,
  actions: readonly ScheduledAction[],
  nowMs: EpochMs,
): Judged {
  const heldUntilMs = errorSinceMs + ERROR_HOLD_MS
  if (nowMs < heldUntilMs) {
    const says = heldAt[row.stateBeforeError ?? 'pending']
    const graceUntilMs = row.nonCompliantSinceMs === undefined ? nowMs : graceEnd(actions, row.nonCompliantSinceMs)
    const inGrace = says === 'inGracePeriod' && graceUntilMs > nowMs
    return { row, says, due: [], moments: [heldUntilMs], ...(inGrace ? { graceUntilMs } : {}) }
  }
  const at = dueAt(row.nonCompliantSinceMs ?? heldUntilMs)
  const open = actions.filter((action) => !row.actionsDone.includes(action.id))
  const due = open.filter((action) => action.actionType === 'block' || at(action) <= nowMs)
  return { row: withDone(row, due), says: 'noncompliant', due, moments: open.map(at) }
}

const heldAt: Readonly<Record<PolicyState, Judged['says']>> = {
  pending: 'held',
  error: 'held',
  notApplicable: 'silent',
  compliant: 'compliant',
  remediated: 'compliant',
  conflict: 'conflict',
  inGracePeriod: 'inGracePeriod',
  nonCompliant: 'noncompliant',
}

function judgeNoncompliant(
  row: DevicePolicy,
  sinceMs: EpochMs,
  actions: readonly ScheduledAction[],
  nowMs: EpochMs,
): Judged {
  const at = dueAt(sinceMs)
  const graceUntilMs = graceEnd(actions, sinceMs)
  const open = actions.filter((action) => !row.actionsDone.includes(action.id))
  const due = open.filter((action) => at(action) <= nowMs)
  const inGrace = nowMs < graceUntilMs
  return {
    row: withDone({ ...row, state: inGrace ? 'inGracePeriod' : 'nonCompliant' }, due),
    says: inGrace ? 'inGracePeriod' : 'noncompliant',
    due,
    ...(inGrace ? { graceUntilMs } : {}),
    moments: [...open.map(at), graceUntilMs],
  }
}

function aggregate(judged: readonly Judged[], { rows, previous }: ComplianceInput): ComplianceState {
  if (rows.length === 0) return 'compliant'
  const states = judged.flatMap(({ says }) => (says === 'held' || says === 'silent' ? [] : [says]))
  if (judged.some(({ says }) => says === 'held')) {
    // In error from its first report on: a device never judged is in error, any other is as its other policies say.
    if (previous === 'unknown' || previous === 'error') states.push('error')
    else if (states.length === 0) states.push(previous)
  }
  if (states.length > 0) return states.reduce((a, b) => (severity[b] > severity[a] ? b : a))
  // Nothing was judged: every policy is not applicable, or none has been reported. A device once judged never becomes unknown.
  if (judged.some(({ row }) => row.state === 'notApplicable')) return 'compliant'
  return previous
}

import type { CommandResult, PolicyReport, Report } from '@muster/shared/contracts'
import type { EpochMs } from '@muster/shared/core'
import { observePolicy } from './compliance.ts'
import { managementOf } from './management/index.ts'
import type { SettingOutcome } from './management/management.ts'
import type { Device, DevicePolicy, RemoteAction } from './model.ts'
import { lifecycleAfter, managementStateAfter } from './remote-actions.ts'

/** Translates the native results of one policy; `undefined` when they are of a revision that nobody waits for any more. */
export type Interpret = (
  report: PolicyReport,
  row: DevicePolicy,
  device: Device,
) => readonly SettingOutcome[] | undefined

/** A device with everything that a report may change. */
export interface DeviceRecord {
  readonly device: Device
  readonly rows: readonly DevicePolicy[]
  readonly open: readonly RemoteAction[]
  /** Actions that the report has finished. */
  readonly finished: readonly RemoteAction[]
}

/** What to do with a report by its sequence number: only the next one is taken, so nothing is lost or applied twice. */
export function place(seq: number, ackedSeq: number): 'next' | 'duplicate' | 'gap' {
  if (seq <= ackedSeq) return 'duplicate'
  return seq === ackedSeq + 1 ? 'next' : 'gap'
}

/** The record after one report, which must be the next of its device. */
export function applyReport(record: DeviceRecord, report: Report, interpret: Interpret, nowMs: EpochMs): DeviceRecord {
  const noted: DeviceRecord = { ...record, device: noteReport(record.device, report, nowMs) }
  const observed = { ...noted, rows: observeAll(noted, report.policies ?? [], interpret, nowMs) }
  return (report.commands ?? []).reduce((after, result) => finishCommand(after, result, nowMs), observed)
}

function noteReport(device: Device, report: Report, nowMs: EpochMs): Device {
  return {
    ...device,
    ackedSeq: report.seq,
    appliedReports: device.appliedReports + 1,
    lastReportAtMs: nowMs,
    reportedCertificate: report.certificate,
    ...(report.inventory ? { inventory: report.inventory } : {}),
    ...(report.policySetDigest === undefined ? {} : { heldDigest: report.policySetDigest }),
  }
}

function observeAll(
  { device, rows }: DeviceRecord,
  reports: readonly PolicyReport[],
  interpret: Interpret,
  nowMs: EpochMs,
): readonly DevicePolicy[] {
  if (reports.length === 0) return rows
  const byPolicy = new Map(reports.map((report) => [report.policyId, report]))
  return rows.map((row) => {
    const seen = byPolicy.get(row.policyId)
    const outcomes = seen && interpret(seen, row, device)
    if (!seen || !outcomes) return row
    return observePolicy(row, { revision: seen.revision, appliedAtMs: seen.appliedAtMs, outcomes }, nowMs)
  })
}

function finishCommand(record: DeviceRecord, result: CommandResult, nowMs: EpochMs): DeviceRecord {
  const action = record.open.find((candidate) => candidate.id === result.commandId)
  if (!action) return record
  const outcome = managementOf(record.device.platform).interpretAction(result)
  if (outcome === 'retry') return record
  const finished: RemoteAction = {
    ...action,
    state: outcome,
    finishedAtMs: nowMs,
    ...(result.detail ? { detail: result.detail } : {}),
  }
  const others = record.open.filter((other) => other.id !== action.id)
  const left =
    outcome === 'done' ? lifecycleAfter(action.action, action.parameters['keepEnrollmentData'] === true) : undefined
  // A device that was deleted stays so, whichever command took it out in the end.
  const lifecycle = left && record.device.lifecycle === 'deleted' ? 'deleted' : left
  const managementState =
    left || record.device.lifecycle === 'deleted' ? undefined : managementStateAfter(action.action, outcome)
  return {
    ...record,
    device: {
      ...record.device,
      ...(lifecycle ? { lifecycle } : {}),
      ...(managementState ? { managementState } : {}),
    },
    // A device that has left answers nothing else any more.
    open: lifecycle ? [] : others,
    finished: [
      ...record.finished,
      finished,
      ...(lifecycle ? others.map((other): RemoteAction => ({ ...other, state: 'canceled', finishedAtMs: nowMs })) : []),
    ],
  }
}

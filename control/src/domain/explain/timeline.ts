import type { TraceEntry } from '@muster/shared/contracts'
import type { ComplianceChange } from '../compliance-change.ts'
import type { DeviceCertificate, DevicePolicy, RemoteAction } from '../model.ts'
import type { DeviceFacts } from './device-facts.ts'
import { noteText } from './wording.ts'

/** What happened to a device, oldest first: what was asked of it, what it did and noted, and how it was judged. */
export function timelineOf(facts: DeviceFacts): TraceEntry[] {
  const { device, account } = facts
  const shown = device?.reportedCertificate
  const entries: TraceEntry[] = [
    ...facts.audit.map(({ atMs, activityType, actor, correlationId }) => ({
      ...{ atMs, what: 'audit', text: `${activityType} by ${actor.displayName}`, correlationId },
    })),
    ...(device
      ? [{ atMs: device.enrolledAtMs, what: 'enrolled', text: `enrolled as ${device.platform}/${device.mode}` }]
      : []),
    ...facts.actions.flatMap(actionEntries),
    ...facts.rows.flatMap((row) => policyEntries(row, facts)),
    ...(account?.notes ?? []).map((note) => ({
      atMs: note.atMs,
      what: 'device',
      text: noteText(note),
      ...(note.correlationId === undefined ? {} : { correlationId: note.correlationId }),
    })),
    ...facts.reports.map(({ committedAtMs, seq, parts, correlationId }) => ({
      atMs: committedAtMs,
      what: 'report',
      text: `report ${seq} committed: ${parts.join(', ') || 'state'}`,
      correlationId,
    })),
    ...facts.changes.map((change) => changeEntry(change, facts)),
    ...facts.certificates.flatMap(certificateEntries),
    ...(shown && device?.lastReportAtMs !== undefined
      ? [
          {
            atMs: device.lastReportAtMs,
            what: 'certificate',
            text: `the device shows certificate ${shown.serialNumber}: ${shown.state}`,
          },
        ]
      : []),
  ]
  return entries.sort((a, b) => a.atMs - b.atMs)
}

const occasions: Readonly<Record<ComplianceChange['occasion'], string>> = {
  report: 'by a report',
  change: "by an administrator's change",
  look: 'when the service looked again',
}

function changeEntry(
  { atMs, from, to, occasion, reasons, correlationId }: ComplianceChange,
  facts: DeviceFacts,
): TraceEntry {
  const names = new Map(facts.policies.map(({ id, name }) => [id, name]))
  const against = reasons.map((reason) =>
    reason.rule === 'setting'
      ? `${names.get(reason.policyId) ?? reason.policyId}: ${reason.setting} ${reason.state}`
      : reason.rule,
  )
  const why = against.length > 0 ? ` (${against.join(', ')})` : ''
  return { atMs, what: 'compliance', text: `${from} → ${to} ${occasions[occasion]}${why}`, correlationId }
}

function actionEntries(action: RemoteAction): TraceEntry[] {
  const { action: name, requestedAtMs, deliveredAtMs, finishedAtMs, state, correlationId } = action
  const entry = (atMs: number, text: string): TraceEntry => ({ atMs, what: 'action', text, correlationId })
  return [
    entry(requestedAtMs, `${name} requested by ${action.requestedBy.displayName}`),
    ...(deliveredAtMs === undefined ? [] : [entry(deliveredAtMs, `${name} handed over`)]),
    ...(finishedAtMs === undefined ? [] : [entry(finishedAtMs, `${name} ${state}`)]),
  ]
}

function certificateEntries({
  issuedAtMs,
  revokedAtMs,
  serialNumber,
  revocationReason,
}: DeviceCertificate): TraceEntry[] {
  const entry = (atMs: number, text: string): TraceEntry => ({ atMs, what: 'certificate', text })
  return [
    entry(issuedAtMs, `certificate ${serialNumber} issued`),
    ...(revokedAtMs === undefined
      ? []
      : [entry(revokedAtMs, `certificate ${serialNumber} revoked (${revocationReason ?? 'unspecified'})`)]),
  ]
}

function policyEntries(row: DevicePolicy, { policies }: DeviceFacts): TraceEntry[] {
  const name = policies.find(({ id }) => id === row.policyId)?.name ?? row.policyId
  const failing = row.settings
    .filter(({ state }) => state === 'nonCompliant' || state === 'error')
    .map(({ setting }) => setting)
  return [
    {
      atMs: row.targetedAtMs,
      what: 'policy',
      text: `${name}, revision ${row.revision}, assigned`,
      correlationId: row.correlationId,
    },
    ...(row.lastReportedAtMs === undefined
      ? []
      : [
          {
            atMs: row.lastReportedAtMs,
            what: 'policy',
            text: `${name}: ${row.state}${failing.length > 0 ? ` (${failing.join(', ')})` : ''}`,
          },
        ]),
  ]
}

import type { DeviceTrace, TraceEntry } from '@muster/shared/contracts'
import type { Control } from '../control.ts'
import type { DeviceCertificate, DevicePolicy, RemoteAction } from '../domain/model.ts'

/** A device's story, oldest first: what it reported, what was asked of it, and how it stands. `undefined`: no such device. */
export async function traceOf(control: Control, deviceId: string): Promise<DeviceTrace | undefined> {
  const { store } = control.deps
  const [device] = await store.devices.getMany([deviceId])
  if (!device) return undefined
  const [reports, actions, certificates, rows] = await Promise.all([
    store.reports.forDevice(deviceId, 200),
    store.actions.forDevice(deviceId),
    store.certificates.forDevices([deviceId]),
    store.devicePolicies.forDevices([deviceId]),
  ])
  const { reportedCertificate: shown } = device
  const names = new Map((await store.policies.list()).map((policy) => [policy.id, policy.name]))
  const entries: TraceEntry[] = [
    { atMs: device.enrolledAtMs, what: 'enrolled', text: `enrolled as ${device.platform}/${device.mode}` },
    ...reports.map(({ committedAtMs, seq, parts, correlationId }) => ({
      atMs: committedAtMs,
      what: 'report',
      text: `report ${seq} committed: ${parts.join(', ') || 'state'}`,
      correlationId,
    })),
    ...actions.flatMap((action) => actionEntries(action)),
    ...certificates.flatMap((certificate) => certificateEntries(certificate)),
    ...(shown && device.lastReportAtMs !== undefined
      ? [
          {
            atMs: device.lastReportAtMs,
            what: 'certificate',
            text: `the device shows certificate ${shown.serialNumber}: ${shown.state}`,
          },
        ]
      : []),
    ...rows.flatMap((row) => policyEntries(row, names.get(row.policyId) ?? row.policyId)),
  ]
  return {
    deviceId,
    deviceName: device.inventory.deviceName,
    service: JSON.parse(JSON.stringify({ ...device, policies: rows })),
    ...(await ownAccount(control, device.agentId, deviceId)),
    entries: entries.sort((a, b) => a.atMs - b.atMs),
  }
}

function actionEntries(action: RemoteAction): TraceEntry[] {
  const { action: name, requestedAtMs, deliveredAtMs, finishedAtMs, state, correlationId } = action
  return [
    {
      atMs: requestedAtMs,
      what: 'action',
      text: `${name} requested by ${action.requestedBy.displayName}`,
      correlationId,
    },
    ...(deliveredAtMs === undefined
      ? []
      : [{ atMs: deliveredAtMs, what: 'action', text: `${name} handed over`, correlationId }]),
    ...(finishedAtMs === undefined
      ? []
      : [{ atMs: finishedAtMs, what: 'action', text: `${name} ${state}`, correlationId }]),
  ]
}

function certificateEntries({
  issuedAtMs,
  revokedAtMs,
  serialNumber,
  revocationReason,
}: DeviceCertificate): TraceEntry[] {
  return [
    { atMs: issuedAtMs, what: 'certificate', text: `certificate ${serialNumber} issued` },
    ...(revokedAtMs === undefined
      ? []
      : [
          {
            atMs: revokedAtMs,
            what: 'certificate',
            text: `certificate ${serialNumber} revoked (${revocationReason ?? 'unspecified'})`,
          },
        ]),
  ]
}

function policyEntries(row: DevicePolicy, name: string): TraceEntry[] {
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
    ...(row.nonCompliantSinceMs === undefined
      ? []
      : [{ atMs: row.nonCompliantSinceMs, what: 'compliance', text: `${name}: not compliant since then` }]),
  ]
}

/** The device's own state, if its worker answers. */
async function ownAccount(control: Control, agentId: string, deviceId: string): Promise<Pick<DeviceTrace, 'device'>> {
  try {
    const { inspection } = await control.workers.order(agentId, { order: 'inspect', deviceId })
    return inspection === undefined ? {} : { device: inspection }
  } catch {
    return {}
  }
}

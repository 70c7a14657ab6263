import { type Report, reportText } from '@muster/shared/contracts'
import type { Clock, EpochMs, Result } from '@muster/shared/core'
import { admit } from '../domain/admission.ts'
import { applyReport, type DeviceRecord, type Interpret, place } from '../domain/apply-report.ts'
import type { Device, DeviceCertificate, DevicePolicy, RemoteAction } from '../domain/model.ts'
import { isDeparture } from '../domain/remote-actions.ts'
import type { DeviceSessions } from './device-sessions.ts'
import { updateDynamicGroupsOf } from './dynamic-groups.ts'
import { createInterpreter } from './interpreting.ts'
import { judgeAndAct } from './judge-and-act.ts'
import { letGo } from './let-go.ts'
import type { Planning } from './planning.ts'
import { pokesFor, type Waking } from './poke-plan.ts'
import type { Ids, ReportRow, Signal, Signals, Store, Tables } from './ports.ts'
import { retargetDevices } from './retarget-devices.ts'

export interface IngestDeps extends Waking {
  readonly planning: Planning
  readonly store: Store
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
  readonly sessions: DeviceSessions
}

/** A report, and in whose name it came. */
export interface ReceivedReport {
  readonly agentId: string
  readonly session: string
  readonly certificateSerial: string
  readonly mac: string
  /** The report as it travelled. */
  readonly text: string
  readonly report: Report
}

export interface Ingested {
  readonly committed: number
  readonly duplicates: number
  /** Devices with a report missing before the one received: they must check in and send it again. */
  readonly gaps: readonly Device[]
  /** Reports that nobody may send, with the reason's code. */
  readonly refused: readonly { readonly received: ReceivedReport; readonly code: string; readonly message: string }[]
  /** Commit times minus observation times of what was committed, simulated milliseconds. */
  readonly ageMs: readonly number[]
}

/**
 * Take a batch of reports into the store, in one transaction: each report once and in its device's order, compliance
 * judged once per device after its last report. When this resolves the reports are committed and may be acknowledged.
 */
export async function ingestReports(deps: IngestDeps, batch: readonly ReceivedReport[]): Promise<Ingested> {
  const signals: Signal[] = []
  const ingested = await deps.store.transaction(async (tables) => {
    // The time of the commit, not of the arrival: no row is younger than the revocation that came before it.
    const nowMs = deps.clock.nowMs()
    const known = await load(tables, batch)
    const sorted = sort(batch, known, deps.sessions, nowMs)
    const interpret = createInterpreter(known.policies)
    const applied = applyAll(sorted.accepted, known, interpret, nowMs)
    await save(tables, applied, known, deps, nowMs, signals)
    await tables.reports.append(applied.reports)
    return {
      committed: applied.reports.length,
      duplicates: applied.duplicates,
      gaps: applied.gaps,
      refused: sorted.refused,
      claims: sorted.refused.flatMap(({ received, code }) => claimSignals(received, code, nowMs)),
      ageMs: applied.reports.map((row) => nowMs - row.observedAtMs),
    }
  })
  deps.relay()
  signals.push(...ingested.claims)
  for (const signal of signals) deps.signals.emit(signal)
  return ingested
}

interface Known {
  readonly devices: ReadonlyMap<string, Device>
  readonly rows: ReadonlyMap<string, readonly DevicePolicy[]>
  readonly open: ReadonlyMap<string, readonly RemoteAction[]>
  readonly certificates: ReadonlyMap<string, DeviceCertificate>
  readonly policies: Awaited<ReturnType<Tables['policies']['list']>>
}

async function load(tables: Tables, batch: readonly ReceivedReport[]): Promise<Known> {
  const ids = [...new Set(batch.map(({ report }) => report.deviceId))]
  const serials = [...new Set(batch.map(({ certificateSerial }) => certificateSerial))]
  const [devices, rows, open, certificates, policies] = await Promise.all([
    tables.devices.getMany(ids),
    tables.devicePolicies.forDevices(ids),
    tables.actions.open(ids),
    tables.certificates.getMany(serials),
    tables.policies.list(),
  ])
  return {
    devices: new Map(devices.map((device) => [device.id, device])),
    rows: Map.groupBy(rows, (row) => row.deviceId),
    open: Map.groupBy(open, (action) => action.deviceId),
    certificates: new Map(certificates.map((certificate) => [certificate.serialNumber, certificate])),
    policies,
  }
}

interface Sorted {
  readonly accepted: readonly ReceivedReport[]
  readonly refused: Ingested['refused']
}

function sort(batch: readonly ReceivedReport[], known: Known, sessions: DeviceSessions, nowMs: EpochMs): Sorted {
  const accepted: ReceivedReport[] = []
  const refused: Ingested['refused'][number][] = []
  for (const received of batch) {
    const { deviceId, seq } = received.report
    const device = known.devices.get(deviceId)
    const shown = known.certificates.get(received.certificateSerial)
    if (device?.agentId === received.agentId && shown) {
      const genuine = isGenuine(sessions, received, shown, nowMs)
      if (!genuine.ok) {
        refused.push({ received, code: genuine.refusal.code, message: genuine.refusal.message })
        continue
      }
      // What is committed already is a duplicate, whatever has become of the device since.
      if (shown.deviceId === deviceId && seq <= device.ackedSeq) {
        accepted.push(received)
        continue
      }
    }
    const leaving = (known.open.get(deviceId) ?? []).some((action) => isDeparture(action.action))
    const admitted = admit(device, shown, {
      agentId: received.agentId,
      nowMs,
      leaving,
    })
    if (admitted.ok) accepted.push(received)
    else refused.push({ received, code: admitted.refusal.code, message: admitted.refusal.message })
  }
  return { accepted, refused }
}

const isGenuine = (
  sessions: DeviceSessions,
  { agentId, session, certificateSerial, mac, text }: ReceivedReport,
  certificate: DeviceCertificate,
  nowMs: EpochMs,
): Result<DeviceCertificate> =>
  sessions.check({ session, mac, text: reportText({ agentId, session, certificateSerial }, text) }, certificate, nowMs)

interface Applied {
  readonly records: readonly DeviceRecord[]
  readonly reports: readonly ReportRow[]
  readonly duplicates: number
  readonly gaps: readonly Device[]
}

function applyAll(accepted: readonly ReceivedReport[], known: Known, interpret: Interpret, nowMs: EpochMs): Applied {
  const records = new Map<string, DeviceRecord>()
  const gaps = new Map<string, Device>()
  const reports: ReportRow[] = []
  let duplicates = 0
  for (const { report } of accepted) {
    const record = records.get(report.deviceId) ?? recordOf(report.deviceId, known)
    if (!record) continue
    const placed = place(report.seq, record.device.ackedSeq)
    if (placed === 'duplicate') duplicates++
    else if (placed === 'gap') gaps.set(report.deviceId, record.device)
    else {
      records.set(report.deviceId, applyReport(record, report, interpret, nowMs))
      reports.push(rowOf(report, nowMs))
    }
  }
  return { records: [...records.values()], reports, duplicates, gaps: [...gaps.values()] }
}

function recordOf(deviceId: string, known: Known): DeviceRecord | undefined {
  const device = known.devices.get(deviceId)
  if (!device) return undefined
  return { device, rows: known.rows.get(deviceId) ?? [], open: known.open.get(deviceId) ?? [], finished: [] }
}

function rowOf(report: Report, nowMs: EpochMs): ReportRow {
  const parts = (['inventory', 'policies', 'removedPolicyIds', 'commands'] as const).filter(
    (part) => report[part] !== undefined,
  )
  const { deviceId, seq, observedAtMs, correlationId } = report
  return { deviceId, seq, observedAtMs, committedAtMs: nowMs, correlationId, parts }
}

async function save(
  tables: Tables,
  { records, reports }: Applied,
  known: Known,
  deps: IngestDeps,
  nowMs: EpochMs,
  signals: Signal[],
): Promise<void> {
  if (records.length === 0) return
  const correlationOf = new Map(reports.map((row) => [row.deviceId, row.correlationId]))
  const acted = await judgeAndAct(tables, records, {
    ids: deps.ids,
    nowMs,
    policies: known.policies,
    poke: deps.poke,
    occasion: 'report',
    correlationId: (device) => correlationOf.get(device.id) ?? '',
  })
  // A deleted device is hidden at once and has left when no departure waits for its answer any more.
  const waiting = new Set(records.flatMap(({ device, open }) => (open.some(isLeaving) ? [device.id] : [])))
  const isOut = ({ id, lifecycle }: Device): boolean => lifecycle !== 'managed' && !waiting.has(id)
  await tables.devices.put(acted.devices.filter((device) => !isOut(device)))
  await tables.actions.put(records.flatMap((record) => record.finished))
  await letGo(tables, acted.devices.filter(isOut), nowMs)
  const changedInventory = acted.devices.filter(
    (device) => device.lifecycle === 'managed' && device.inventory !== known.devices.get(device.id)?.inventory,
  )
  await regroup(tables, changedInventory, deps, { nowMs, correlationOf })
  signals.push(...acted.signals, ...records.flatMap((record) => signalsOf(record, nowMs)))
}

const isLeaving = ({ action }: RemoteAction): boolean => isDeparture(action)

/** What a device is decides on the dynamic groups it is in, and those on what it shall hold. */
async function regroup(
  tables: Tables,
  devices: readonly Device[],
  { planning, poke }: IngestDeps,
  { nowMs, correlationOf }: { nowMs: EpochMs; correlationOf: ReadonlyMap<string, string> },
): Promise<void> {
  const changed = await updateDynamicGroupsOf(tables, devices)
  const moved = devices.filter(({ id }) => changed.has(id))
  if (moved.length === 0) return
  const correlationId = correlationOf.get(moved[0]?.id ?? '') ?? ''
  const planner = await planning.current(tables)
  const retargeted = await retargetDevices(tables, planner, moved, { nowMs, correlationId })
  const touched = retargeted.flatMap(({ changed: isChanged, device }) => (isChanged ? [device] : []))
  await tables.devices.put(touched.map((device) => ({ ...device, nextEvaluationAtMs: nowMs })))
  await tables.outbox.append(pokesFor(touched, { ...poke, reason: 'policy', correlationId }))
}

/** Somebody reports as a device that it is not, as a cloned image does. */
function claimSignals({ report, agentId }: ReceivedReport, code: string, nowMs: EpochMs): readonly Signal[] {
  if (code !== 'checkin/certificate-foreign') return []
  const { deviceId, correlationId } = report
  const text = `a report as this device, through ${agentId}, shows the certificate of another: it was refused`
  return [{ atMs: nowMs, what: 'device.claimed', text, deviceId, correlationId }]
}

function signalsOf({ device, finished }: DeviceRecord, nowMs: EpochMs): Signal[] {
  const about = { atMs: nowMs, deviceId: device.id }
  const name = device.inventory.deviceName
  return finished.map((action) => ({
    ...about,
    what: 'action.finished',
    text: `${name}: ${action.action} ${action.state}`,
    correlationId: action.correlationId,
  }))
}

import {
  type SignedCheckIn as CheckIn,
  type CheckInBatch,
  type CheckInBatchReply,
  type CheckInReply,
  checkInText,
  type DeviceCommand,
} from '@muster/shared/contracts'
import { type Clock, DAY_MS, type EpochMs, type Result } from '@muster/shared/core'
import { admit, retryAfterMs } from '../domain/admission.ts'
import { isGated } from '../domain/check-in-gate.ts'
import type { Device, DeviceCertificate, RemoteAction } from '../domain/model.ts'
import { commandFor, isDeparture, managementStateAfter } from '../domain/remote-actions.ts'
import type { DeviceSessions } from './device-sessions.ts'
import type { Plan, Planner } from './planner.ts'
import type { Planning } from './planning.ts'
import type { PolicyBodies, Signal, Signals, Store, Tables } from './ports.ts'
import { retargetDevices } from './retarget-devices.ts'

export interface CheckInDeps {
  readonly store: Store
  readonly planning: Planning
  readonly bodies: PolicyBodies
  readonly sessions: DeviceSessions
  readonly clock: Clock
  readonly signals?: Signals
  readonly count: (what: 'managed' | 'gated' | 'refused', times: number) => void
  readonly countRefusal?: (code: string) => void
  /** A bug to be found by those who look for bugs: what a device claims to have sent is acknowledged, committed or not. */
  readonly acknowledgeClaims?: boolean
}

/**
 * Answer a batch of check-ins: who may speak, what each should hold, what it is told to do, and up to where its reports
 * are committed. One transaction for the batch. Policy bodies are in place before the answer names them.
 */
export async function checkIn(deps: CheckInDeps, batch: CheckInBatch): Promise<CheckInBatchReply> {
  const answered = await deps.store.transaction(async (tables) => {
    // The time of the commit, not of the asking: nothing is written later than what forbade it.
    const nowMs = deps.clock.nowMs()
    const planner = await deps.planning.current(tables)
    const visits = await admitAll(tables, deps, batch, nowMs)
    const planned = await planAll(tables, planner, visits, nowMs)
    const commands = await handOver(tables, planned, nowMs)
    const unreported = await unansweredPolicies(tables, planned)
    await tables.devices.put([
      ...planned.map(({ device, visit }) => afterCheckIn(device, visit, commands, nowMs)),
      ...turnedAway(visits, planned),
    ])
    await revokeReplaced(tables, planned, nowMs)
    return { nowMs, visits, planned: new Map(planned.map((entry) => [entry.device.id, entry])), commands, unreported }
  })
  await provide(deps.bodies, [...answered.planned.values()])
  for (const visit of answered.visits)
    if (visit.refusedWith === FOREIGN) deps.signals?.emit(claimSignal(visit.asked, answered.nowMs))
  for (const { refusedWith } of answered.visits) if (refusedWith !== undefined) deps.countRefusal?.(refusedWith)
  const honest = batch.checkIns.map((asked, index) => replyTo(asked, index, answered))
  const replies = deps.acknowledgeClaims
    ? honest.map((reply, index) => ({ ...reply, ackedSeq: batch.checkIns[index]?.lastSeq ?? reply.ackedSeq }))
    : honest
  for (const what of ['managed', 'gated', 'refused'] as const) {
    const times = replies.filter((reply) => kindOf(reply) === what).length
    if (times > 0) deps.count(what, times)
  }
  return { v: 1, replies }
}

const FOREIGN = 'checkin/certificate-foreign'

/** Somebody speaks as a device that it is not, as a cloned image does. */
function claimSignal({ deviceId, certificateSerial, correlationId }: CheckIn, nowMs: EpochMs): Signal {
  const text = `a check-in as this device shows certificate ${certificateSerial} of another: it was refused`
  return { atMs: nowMs, what: 'device.claimed', text, deviceId, correlationId }
}

/** One check-in with what the store knows of it. */
interface Visit {
  readonly index: number
  readonly asked: CheckIn
  readonly device: Device | undefined
  readonly certificates: readonly DeviceCertificate[]
  readonly open: readonly RemoteAction[]
  readonly refusedWith?: string
  /** The holder of the certificate's key has said this. */
  readonly genuine: boolean
  readonly gated: boolean
}

interface PlannedVisit {
  readonly visit: Visit
  readonly device: Device
  readonly plan: Plan
}

interface Answered {
  readonly nowMs: EpochMs
  readonly visits: readonly Visit[]
  readonly planned: ReadonlyMap<string, PlannedVisit>
  readonly commands: ReadonlyMap<string, readonly DeviceCommand[]>
  readonly unreported: ReadonlyMap<string, readonly string[]>
}

async function admitAll(
  tables: Tables,
  { sessions }: Pick<CheckInDeps, 'sessions'>,
  batch: CheckInBatch,
  nowMs: EpochMs,
): Promise<readonly Visit[]> {
  const ids = batch.checkIns.map((asked) => asked.deviceId)
  const [devices, certificates, open] = await Promise.all([
    tables.devices.getMany(ids),
    tables.certificates.forDevices(ids),
    tables.actions.open(ids),
  ])
  const deviceById = new Map(devices.map((device) => [device.id, device]))
  const certificatesOf = Map.groupBy(certificates, (certificate) => certificate.deviceId)
  const openOf = Map.groupBy(open, (action) => action.deviceId)
  const bySerial = new Map(certificates.map((certificate) => [certificate.serialNumber, certificate]))
  // Who shows the certificate of another is that other, or has copied what it said.
  const strange = batch.checkIns.flatMap(({ certificateSerial: serial }) => (bySerial.has(serial) ? [] : [serial]))
  if (strange.length > 0)
    for (const certificate of await tables.certificates.getMany(strange))
      bySerial.set(certificate.serialNumber, certificate)
  /** A device that stands in the batch twice must not say the same twice. */
  const sequences = new Map<string, number>()
  return batch.checkIns.map((asked, index) => {
    const device = deviceById.get(asked.deviceId)
    const actions = openOf.get(asked.deviceId) ?? []
    const leaving = actions.some((action) => isDeparture(action.action))
    const certificate = bySerial.get(asked.certificateSerial)
    const genuine = certificate ? isGenuine(sessions, batch, asked, certificate, nowMs) : undefined
    const admitted = admitOne(device, certificate, genuine, { agentId: batch.agentId, nowMs, leaving })
    const isNew = asked.sequence > Math.max(device?.sequence ?? 0, sequences.get(asked.deviceId) ?? 0)
    const refusedWith = !admitted.ok ? admitted.refusal.code : isNew ? undefined : REPLAYED
    if (refusedWith === undefined) sequences.set(asked.deviceId, asked.sequence)
    return {
      index,
      asked,
      device,
      certificates: certificatesOf.get(asked.deviceId) ?? [],
      open: actions,
      gated: device !== undefined && isGated(asked.cause, device, nowMs),
      genuine: genuine?.ok === true,
      ...(refusedWith === undefined ? {} : { refusedWith }),
    }
  })
}

const REPLAYED = 'envelope/replayed'

const isGenuine = (
  sessions: DeviceSessions,
  { agentId, session }: CheckInBatch,
  asked: CheckIn,
  certificate: DeviceCertificate,
  nowMs: EpochMs,
): Result<DeviceCertificate> => {
  const { certificateSerial, mac } = asked
  return sessions.check(
    { session, mac, text: checkInText({ agentId, session, certificateSerial }, asked) },
    certificate,
    nowMs,
  )
}

/** Who does not come through its own agent is told so; of all others nothing is looked at that they have not signed. */
function admitOne(
  device: Device | undefined,
  certificate: DeviceCertificate | undefined,
  genuine: Result<DeviceCertificate> | undefined,
  context: Parameters<typeof admit>[2],
): Result<Device> {
  if (genuine && !genuine.ok && device?.agentId === context.agentId) return genuine
  return admit(device, certificate, context)
}

/** What is turned away has been said as well, and is not said a second time. */
const turnedAway = (visits: readonly Visit[], planned: readonly PlannedVisit[]): readonly Device[] => {
  const written = new Set(planned.map(({ device }) => device.id))
  return lastOfEach(visits.filter(({ gated, refusedWith }) => gated && refusedWith === undefined)).flatMap(
    ({ device, asked }) => (device && !written.has(device.id) ? [{ ...device, sequence: asked.sequence }] : []),
  )
}

async function planAll(
  tables: Tables,
  planner: Planner,
  visits: readonly Visit[],
  nowMs: EpochMs,
): Promise<readonly PlannedVisit[]> {
  const admitted = lastOfEach(visits.filter((visit) => visit.refusedWith === undefined && !visit.gated))
  const devices = admitted.flatMap((visit) => (visit.device ? [visit.device] : []))
  const correlationId = admitted[0]?.asked.correlationId ?? ''
  const retargeted = await retargetDevices(tables, planner, devices, { nowMs, correlationId })
  const byId = new Map(retargeted.map((entry) => [entry.device.id, entry]))
  return admitted.flatMap((visit) => {
    const entry = byId.get(visit.asked.deviceId)
    if (!entry) return []
    // Another set of policies may mean another verdict, before any report.
    const device = entry.changed ? { ...entry.device, nextEvaluationAtMs: nowMs } : entry.device
    return [{ visit, device, plan: entry.plan }]
  })
}

/** A device that stands in a batch twice is answered by its last question. */
function lastOfEach(visits: readonly Visit[]): readonly Visit[] {
  return [...new Map(visits.map((visit) => [visit.asked.deviceId, visit])).values()]
}

/**
 * Policies that a device has said nothing about although every report it gave out is committed. It may hold them as they
 * should be (a policy that was taken away and given back between two check-ins) and see no news in that: it is asked.
 */
async function unansweredPolicies(
  tables: Tables,
  planned: readonly PlannedVisit[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const settled = planned.filter(({ visit, device }) => visit.asked.lastSeq <= device.ackedSeq)
  return settled.length === 0 ? new Map() : tables.devicePolicies.unreported(settled.map(({ device }) => device.id))
}

/** Open actions become commands. An action that is handed over becomes active; one handed over before comes again. */
async function handOver(
  tables: Tables,
  planned: readonly PlannedVisit[],
  nowMs: EpochMs,
): Promise<ReadonlyMap<string, readonly DeviceCommand[]>> {
  const commands = new Map<string, DeviceCommand[]>()
  const changed: RemoteAction[] = []
  for (const { visit, device } of planned) {
    for (const action of visit.open) {
      const native = commandFor(action.action, action.parameters, device)
      if (!native) {
        changed.push({ ...action, state: 'notSupported', finishedAtMs: nowMs })
        continue
      }
      const list = commands.get(device.id) ?? []
      list.push({ commandId: action.id, action: action.action, correlationId: action.correlationId, native })
      commands.set(device.id, list)
      if (action.state === 'pending') changed.push({ ...action, state: 'active', deliveredAtMs: nowMs })
    }
  }
  if (changed.length > 0) await tables.actions.put(changed)
  return commands
}

function afterCheckIn(
  device: Device,
  { asked, open }: Visit,
  commands: ReadonlyMap<string, readonly DeviceCommand[]>,
  nowMs: EpochMs,
): Device {
  const departure = open.find((action) => isDeparture(action.action) && action.state === 'pending')
  const state = departure && commands.has(device.id) ? managementStateAfter(departure.action, 'active') : undefined
  // A device that had been silent for too long is looked at again now that it speaks.
  const wasSilent = nowMs - device.lastSyncAtMs > DAY_MS
  return {
    ...device,
    lastSyncAtMs: nowMs,
    sequence: asked.sequence,
    ...(asked.cause === 'periodic' ? { lastMaintenanceAtMs: nowMs } : {}),
    ...(asked.policySetDigest === undefined ? {} : { heldDigest: asked.policySetDigest }),
    ...(wasSilent ? { nextEvaluationAtMs: nowMs } : {}),
    ...(state ? { managementState: state } : {}),
  }
}

/** The device shows its new certificate: the one before is of no more use. */
async function revokeReplaced(tables: Tables, planned: readonly PlannedVisit[], nowMs: EpochMs): Promise<void> {
  const replaced = planned.flatMap(({ visit, device }) =>
    visit.asked.certificateSerial === device.certificateSerial
      ? visit.certificates.filter((certificate) => certificate.state === 'superseded')
      : [],
  )
  if (replaced.length === 0) return
  await tables.certificates.put(
    replaced.map((certificate) => ({
      ...certificate,
      state: 'revoked',
      revokedAtMs: nowMs,
      revocationReason: 'superseded',
    })),
  )
}

/** Put the bodies in place that these devices do not hold yet. */
async function provide(bodies: PolicyBodies, planned: readonly PlannedVisit[]): Promise<void> {
  const needed = new Map<string, string>()
  for (const { visit, plan } of planned) {
    if (visit.asked.policySetDigest === plan.policySet.digest) continue
    for (const [sha256, body] of plan.bodies) needed.set(sha256, body)
  }
  await Promise.all([...needed].map(([sha256, body]) => bodies.put(sha256, body)))
}

function replyTo(asked: CheckIn, index: number, { visits, planned, commands, unreported }: Answered): CheckInReply {
  const visit = visits[index]
  // Who is not that device learns nothing of it.
  const ackedSeq = visit?.genuine && visit.refusedWith !== FOREIGN ? (visit.device?.ackedSeq ?? 0) : 0
  const { deviceId } = asked
  if (visit?.refusedWith !== undefined) {
    const retry = retryAfterMs(visit.refusedWith)
    return {
      outcome: 'refused',
      deviceId,
      code: visit.refusedWith,
      ackedSeq,
      ...(visit.refusedWith === REPLAYED ? { sequence: visit.device?.sequence ?? asked.sequence } : {}),
      ...(retry === undefined ? {} : { retryAfterMs: retry }),
    }
  }
  if (visit?.gated) return { outcome: 'managed', deviceId, ackedSeq, commands: [], gated: true }
  const entry = planned.get(deviceId)
  const differs = entry !== undefined && entry.plan.policySet.digest !== asked.policySetDigest
  const silentOn = unreported.get(deviceId)
  return {
    outcome: 'managed',
    deviceId,
    ackedSeq,
    commands: [...(commands.get(deviceId) ?? [])],
    ...(silentOn ? { reportPolicyIds: [...silentOn] } : {}),
    ...(entry && differs ? { policySet: entry.plan.policySet } : {}),
  }
}

const kindOf = (reply: CheckInReply): 'managed' | 'gated' | 'refused' =>
  reply.outcome === 'refused' ? 'refused' : reply.gated ? 'gated' : 'managed'

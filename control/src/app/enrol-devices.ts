import { createHash } from 'node:crypto'
import {
  type EnrolmentBatch,
  type EnrolmentBatchReply,
  type EnrolmentReply,
  type EnrolmentRequest,
  enrolmentMode,
  requestText,
} from '@muster/shared/contracts'
import { type Clock, type EpochMs, ok, type Refusal, type Result, refuse } from '@muster/shared/core'
import { CERTIFICATE_VALIDITY_MS } from '../domain/certificate-life.ts'
import { shapedDevice } from '../domain/device-shape.ts'
import { checkRestrictions, checkToken, type EnrolmentCandidate } from '../domain/enrolment-rules.ts'
import type {
  AuditEvent,
  Device,
  DeviceCertificate,
  EnrolmentRestriction,
  EnrolmentToken,
  User,
} from '../domain/model.ts'
import { filterCandidate } from '../domain/rule-subjects.ts'
import { actOn, itself, transferSignal } from './device-acts.ts'
import { certificateOf, wireCertificate } from './device-certificate.ts'
import { updateDynamicGroupsOf } from './dynamic-groups.ts'
import { type FilterMatchers, filterMatchers } from './filter-matchers.ts'
import { transitiveGroupsOf } from './memberships.ts'
import type { Planning } from './planning.ts'
import type { CertificateIssuer, Ids, Signal, Signals, Store, Tables } from './ports.ts'
import { retargetDevices } from './retarget-devices.ts'

export interface EnrolDeps {
  readonly store: Store
  readonly planning: Planning
  readonly issuer: CertificateIssuer
  readonly clock: Clock
  readonly ids: Ids
  readonly signals: Signals
  readonly count: (refusedWith: string | undefined) => void
}

/**
 * Enrol a batch of devices: token, user, restrictions, proof of possession, certificate, record, targets. One
 * transaction; a device that is refused changes nothing. The same request for the same key gets the same answer, and a device with a
 * known serial number gets its record back with a new certificate.
 */
export async function enrolDevices(deps: EnrolDeps, batch: EnrolmentBatch): Promise<EnrolmentBatchReply> {
  const signals: Signal[] = []
  const replies = await deps.store.transaction(async (tables) => {
    const nowMs = deps.clock.nowMs()
    const known = await load(tables, batch)
    const enrolments: Enrolment[] = []
    const answers: EnrolmentReply[] = []
    for (const request of batch.requests) {
      const outcome = enrolOne(deps, request, batch.agentId, known, nowMs)
      deps.count(outcome.ok ? undefined : outcome.refusal.code)
      answers.push(outcome.ok ? enrolledReply(request, outcome.value) : refusedReply(request, outcome.refusal))
      if (outcome.ok) enrolments.push(outcome.value)
    }
    await save(tables, deps.planning, enrolments, nowMs)
    const transfers = enrolments.flatMap((enrolment) => transferOf(enrolment))
    await tables.audit.append(transfers.map(({ device, ...moved }) => transferRecord(deps, device, moved)))
    signals.push(...transfers.map(({ device, ...moved }) => transferSignal(device, { ...moved, atMs: nowMs })))
    signals.push(...enrolments.filter(({ repeated }) => !repeated).map((enrolment) => signalOf(enrolment, nowMs)))
    return answers
  })
  for (const signal of signals) deps.signals.emit(signal)
  return { v: 1, replies, chain: [...deps.issuer.chain] }
}

interface Known {
  readonly tokens: ReadonlyMap<string, EnrolmentToken>
  /** Devices enrolled by this very batch count as well. */
  readonly usesOf: Map<string, number>
  readonly users: ReadonlyMap<string, User>
  readonly devicesOf: Map<string, number>
  readonly groupsOf: ReadonlyMap<string, readonly string[]>
  readonly bySerial: Map<string, Device>
  readonly certificates: Map<string, DeviceCertificate>
  readonly restrictions: readonly EnrolmentRestriction[]
  readonly filters: FilterMatchers
}

export const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')

async function load(tables: Tables, { requests }: EnrolmentBatch): Promise<Known> {
  const names = requests.flatMap(({ userPrincipalName }) =>
    userPrincipalName === undefined ? [] : [userPrincipalName.toLowerCase()],
  )
  const tokens = await tables.tokens.findBySecret([...new Set(requests.map(({ token }) => sha256Hex(token)))])
  const users = await tables.users.findByPrincipalName([...new Set(names)])
  const userIds = users.map((user) => user.id)
  const byPlatform = Map.groupBy(requests, ({ platform }) => platform)
  const devices: Device[] = []
  for (const [platform, asked] of byPlatform) {
    devices.push(
      ...(await tables.devices.findBySerial(
        platform,
        asked.map(({ inventory }) => inventory.hardware.serialNumber),
      )),
    )
  }
  const certificates = await tables.certificates.forDevices(devices.map((device) => device.id))
  return {
    tokens: new Map(tokens.map((token) => [token.secretSha256, token])),
    usesOf: new Map(tokens.map((token) => [token.id, token.uses])),
    users: new Map(users.map((user) => [user.userPrincipalName.toLowerCase(), user])),
    devicesOf: new Map(await tables.devices.countByUser(userIds)),
    groupsOf: await transitiveGroupsOf(tables, userIds),
    bySerial: new Map(
      devices.map((device) => [serialKey(device.platform, device.inventory.hardware.serialNumber), device]),
    ),
    certificates: new Map(certificates.map((certificate) => [certificate.serialNumber, certificate])),
    restrictions: await tables.restrictions.list(),
    filters: filterMatchers(await tables.filters.list()),
  }
}

const serialKey = (platform: string, serialNumber: string): string => `${platform}/${serialNumber}`

interface Enrolment {
  readonly request: EnrolmentRequest
  readonly device: Device
  readonly certificate: DeviceCertificate
  /** The certificate that a device had before it enrolled anew. */
  readonly replaced?: DeviceCertificate
  /** The agent that spoke for it before it enrolled anew. */
  readonly agentBefore?: string
  /** The same request was answered before; nothing is written. */
  readonly repeated: boolean
}

function enrolOne(
  deps: EnrolDeps,
  request: EnrolmentRequest,
  agentId: string,
  known: Known,
  nowMs: EpochMs,
): Result<Enrolment> {
  const before = known.bySerial.get(serialKey(request.platform, request.inventory.hardware.serialNumber))
  const had = before && known.certificates.get(before.certificateSerial)
  const csrDer = Uint8Array.from(Buffer.from(request.csr, 'base64'))
  const text = requestText('enrolment', agentId, request)
  const proven = deps.issuer.checkProof(csrDer, text, Buffer.from(request.proof, 'base64'))
  if (!proven.ok) return proven
  if (before && had && isRepeated(deps, request, agentId, before, had, csrDer))
    return ok({ request, device: before, certificate: had, repeated: true })
  // Whoever plays back an enrolment of before would take the device out of its own hands.
  const earlier = before ? [...known.certificates.values()].filter(({ deviceId }) => deviceId === before.id) : []
  if (earlier.some(({ certificate }) => deps.issuer.isFor(Buffer.from(certificate, 'base64'), csrDer)))
    return refuse('enrolment/replayed', 'the device had a certificate for this key by another request')
  const admitted = admitCandidate(request, known, before, nowMs)
  if (!admitted.ok) return admitted
  const { token, user, candidate } = admitted.value
  const deviceId = before?.id ?? deps.ids.guid()
  const issued = deps.issuer.issue({ csrDer, deviceId, nowMs, validityMs: CERTIFICATE_VALIDITY_MS })
  if (!issued.ok) return issued
  const certificate = certificateOf(deviceId, issued.value, nowMs)
  const device = deviceOf(deps.ids, request, agentId, { before, token, user, candidate, certificate, deviceId, nowMs })
  known.usesOf.set(token.id, (known.usesOf.get(token.id) ?? 0) + 1)
  if (user && before?.userId !== user.id) known.devicesOf.set(user.id, (known.devicesOf.get(user.id) ?? 0) + 1)
  known.bySerial.set(serialKey(request.platform, request.inventory.hardware.serialNumber), device)
  known.certificates.set(certificate.serialNumber, certificate)
  return ok({
    request,
    device,
    certificate,
    repeated: false,
    ...(had ? { replaced: had } : {}),
    ...(before ? { agentBefore: before.agentId } : {}),
  })
}

/** The same request again; an agent that was killed has lost the key of the first time, and then it is another one. */
const isRepeated = (
  { issuer }: EnrolDeps,
  { requestId }: EnrolmentRequest,
  agentId: string,
  before: Device,
  had: DeviceCertificate,
  csrDer: Uint8Array,
): boolean =>
  before.enrolmentRequestId === requestId &&
  before.agentId === agentId &&
  issuer.isFor(Buffer.from(had.certificate, 'base64'), csrDer)

interface Admitted {
  readonly token: EnrolmentToken
  readonly user: User | undefined
  readonly candidate: EnrolmentCandidate
}

function admitCandidate(
  request: EnrolmentRequest,
  known: Known,
  before: Device | undefined,
  nowMs: EpochMs,
): Result<Admitted> {
  const found = known.tokens.get(sha256Hex(request.token))
  const token = checkToken(found && { ...found, uses: known.usesOf.get(found.id) ?? found.uses }, request, nowMs)
  if (!token.ok) return token
  const mode = enrolmentMode(request.platform, request.mode)
  if (!mode?.managed)
    return refuse('enrolment/mode-unknown', `${request.platform} has no enrolment mode ${request.mode}`)
  const user =
    request.userPrincipalName === undefined ? undefined : known.users.get(request.userPrincipalName.toLowerCase())
  if (mode.user === 'required' && !user)
    return refuse('enrolment/user-unknown', 'the mode needs a user, and no user has this name')
  if (user && !user.accountEnabled) return refuse('enrolment/user-disabled', 'the account of the user is disabled')
  const candidate: EnrolmentCandidate = {
    platform: request.platform,
    mode,
    ownership: mode.ownership,
    inventory: request.inventory,
    // A device that enrols anew is not counted against its own user.
    ...(user ? { devicesOfUser: (known.devicesOf.get(user.id) ?? 0) - (before?.userId === user.id ? 1 : 0) } : {}),
    subject: {
      platform: request.platform,
      hasUser: user !== undefined,
      deviceGroupIds: new Set(),
      userGroupIds: new Set(user ? known.groupsOf.get(user.id) : []),
      matchesFilter: (id) => known.filters.get(id)?.(request.platform, filterCandidate(request, mode)),
    },
  }
  const allowed = checkRestrictions(known.restrictions, candidate)
  return allowed.ok ? ok({ token: token.value, user, candidate }) : allowed
}

function deviceOf(
  ids: Ids,
  request: EnrolmentRequest,
  agentId: string,
  given: {
    readonly before: Device | undefined
    readonly token: EnrolmentToken
    readonly user: User | undefined
    readonly candidate: EnrolmentCandidate
    readonly certificate: DeviceCertificate
    readonly deviceId: string
    readonly nowMs: EpochMs
  },
): Device {
  const { before, certificate, nowMs } = given
  return shapedDevice({
    id: given.deviceId,
    directoryId: before?.directoryId ?? ids.guid(),
    entraDeviceId: before?.entraDeviceId ?? ids.guid(),
    agentId,
    ...(given.user ? { userId: given.user.id } : {}),
    platform: request.platform,
    mode: request.mode,
    ownership: given.candidate.ownership,
    enrolmentRequestId: request.requestId,
    enrolmentTokenId: given.token.id,
    enrolledAtMs: nowMs,
    lastSyncAtMs: nowMs,
    inventory: request.inventory,
    // What administrators wrote of it stays: the directory has one record of a device.
    attributes: { ...before?.attributes, ...request.attributes },
    remarks: before?.remarks,
    lifecycle: 'managed',
    managementState: 'managed',
    complianceState: before?.complianceState ?? 'unknown',
    nextEvaluationAtMs: nowMs,
    certificateSerial: certificate.serialNumber,
    certificateNotAfterMs: certificate.notAfterMs,
    // The numbering of reports goes on where it was: what was committed stays committed.
    ackedSeq: before?.ackedSeq ?? 0,
    appliedReports: before?.appliedReports ?? 0,
    targetDigest: before?.targetDigest,
  })
}

async function save(
  tables: Tables,
  planning: Planning,
  enrolments: readonly Enrolment[],
  nowMs: EpochMs,
): Promise<void> {
  const fresh = enrolments.filter(({ repeated }) => !repeated)
  if (fresh.length === 0) return
  await updateDynamicGroupsOf(
    tables,
    fresh.map(({ device }) => device),
  )
  const planner = await planning.current(tables)
  const retargeted = await retargetDevices(
    tables,
    planner,
    fresh.map(({ device }) => device),
    {
      nowMs,
      correlationId: fresh[0]?.request.correlationId ?? '',
    },
  )
  await tables.devices.put(retargeted.map(({ device }) => device))
  // The replaced ones come last: a device that stands in a batch twice replaces what the batch gave it.
  await tables.certificates.put([
    ...fresh.map(({ certificate }) => certificate),
    ...fresh.flatMap(({ replaced }): DeviceCertificate[] =>
      replaced ? [{ ...replaced, state: 'revoked', revokedAtMs: nowMs, revocationReason: 'superseded' }] : [],
    ),
  ])
  await cancelOpenActions(tables, fresh, nowMs)
  const uses = Map.groupBy(fresh, ({ device }) => device.enrolmentTokenId)
  for (const [tokenId, devices] of uses) await tables.tokens.use(tokenId, devices.length)
}

/** What was asked of a device before it enrolled anew was asked of what is not there any more: nobody wipes it twice. */
async function cancelOpenActions(tables: Tables, fresh: readonly Enrolment[], nowMs: EpochMs): Promise<void> {
  const anew = fresh.flatMap(({ device, replaced }) => (replaced ? [device.id] : []))
  if (anew.length === 0) return
  const open = await tables.actions.open(anew)
  await tables.actions.put(open.map((action) => ({ ...action, state: 'canceled', finishedAtMs: nowMs })))
}

interface Transfer {
  readonly device: Device
  readonly from: string
  readonly to: string
  readonly correlationId: string
}

/** A device that enrols anew through another agent has gone over to it. */
const transferOf = ({ device, agentBefore, request: { correlationId } }: Enrolment): readonly Transfer[] =>
  agentBefore === undefined || agentBefore === device.agentId
    ? []
    : [{ device, from: agentBefore, to: device.agentId, correlationId }]

const transferRecord = (
  deps: EnrolDeps,
  device: Device,
  { from, to, correlationId }: Omit<Transfer, 'device'>,
): AuditEvent =>
  actOn(deps, device, { actor: itself(device), correlationId }, 'transferDevice ManagedDevice', {
    name: 'agentId',
    oldValue: from,
    newValue: to,
  })

function enrolledReply({ requestId }: EnrolmentRequest, { device, certificate }: Enrolment): EnrolmentReply {
  return { outcome: 'enrolled', requestId, deviceId: device.id, certificate: wireCertificate(certificate) }
}

function refusedReply({ requestId }: EnrolmentRequest, { code, message }: Refusal): EnrolmentReply {
  return { outcome: 'refused', requestId, code, message: message.slice(0, 300) }
}

function signalOf({ device, request }: Enrolment, nowMs: EpochMs): Signal {
  return {
    atMs: nowMs,
    what: 'device.enrolled',
    text: `${device.inventory.deviceName} (${device.platform}, ${device.mode}) enrolled`,
    deviceId: device.id,
    correlationId: request.correlationId,
  }
}

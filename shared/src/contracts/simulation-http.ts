import { z } from 'zod'
import { Explanation } from './device-account.ts'
import { EpochMs, Guid, SubjectToken } from './ids.ts'
import { PlatformName } from './platform.ts'
import { FleetOrder, HistoryEntry, WorkerHello } from './simulation.ts'

/**
 * The simulation API under `/_muster`: what Graph has no word for. JSON over the same HTTPS door as Graph, with the same
 * bearer tokens; an application needs the role `Muster.Simulation`. Open without a token: `health` and `ready`.
 *
 * | method and path | body → answer |
 * |---|---|
 * | GET /_muster/health | → 200 `{status:'alive'}` |
 * | GET /_muster/ready | → 200 `Readiness`, or 503 with what is missing |
 * | GET /_muster/info | → `ServiceInfo` |
 * | GET /_muster/workers | → `{workers: WorkerView[]}` |
 * | POST /_muster/invitations | `InvitationOrder` → `Invitation`: lets one agent join, once, within ten minutes |
 * | GET /_muster/agents | → `{agents: AgentView[]}` |
 * | POST /_muster/agents/{id}/revoke | → `AgentView`: its connection ends, and it is let in no more |
 * | GET /_muster/signing-keys | → `{keys}`: the keys that users of the broker are made with |
 * | POST /_muster/signing-keys/roll-over | → `{keys}`: agents are made with a new one |
 * | POST /_muster/signing-keys/retire | → `{keys}`: what older ones have made ends |
 * | POST /_muster/population | `Population` → `OrderReply`: devices are made on the workers, each as many as it has room for |
 * | POST /_muster/orders | `WorldOrder` → `OrderReply`: presence, drift, sync, fault |
 * | GET /_muster/dlq?code=&before= | → `DeadLetterPage`: what was refused, newest first |
 * | GET /_muster/dlq/{id} | → `DeadLetter` |
 * | POST /_muster/dlq/{id}/replay | → `ReplayReply`: the message goes to its door once more |
 * | DELETE /_muster/dlq/{id} | → `{id}` |
 * | POST /_muster/devices/{id}/revoke | `DeviceRevocation` → `{revokedAtMs, certificates}` |
 * | POST /_muster/devices/{id}/transfer | `DeviceTransfer` → `{from, to}` |
 * | GET /_muster/http-faults | → `{faults: HttpFaultView[]}`: what is wrong with Graph's answers by order |
 * | PUT /_muster/http-faults/{name} | `HttpFault` → `HttpFaultView`: from now on, in place of one of that name |
 * | DELETE /_muster/http-faults/{name} | → `HttpFaultView`: it is over; what it has done |
 * | POST /_muster/policies/{id}/publish | → `{correlationId}`: poke the targets again |
 * | GET /_muster/stats | → `Stats` |
 * | GET /_muster/history/sent?after= | → `HistoryPage`: what the workers' devices have sent |
 * | GET /_muster/history/committed?after= | → `CommittedPage`: what the store holds |
 * | GET /_muster/policies/{id}/latencies?revision= | → `PolicyLatencies` |
 * | GET /_muster/policies/{id}/applied?after= | → `AppliedPage`: the same, device by device |
 * | GET /_muster/reports/latencies?after=&since= | → `ReportLatencyPage`: each committed report |
 * | GET /_muster/measurements/{checkIns\|graphRequests}?after= | → `MeasurementPage`: the newest of the service's own |
 * | GET /_muster/certificates?after=&expired= | → `CertificatePage` |
 * | GET /_muster/devices/{id}/trace | → `DeviceTrace`; a device that is not enrolled goes by its name in the simulation |
 * | WS /_muster/live | `LiveEvent`s as JSON text, `stats` once a second |
 */
export const Readiness = z.object({
  ready: z.boolean(),
  bus: z.boolean(),
  store: z.boolean(),
  workers: z.number().int().nonnegative(),
})
export type Readiness = z.infer<typeof Readiness>

export const ServiceInfo = z.object({
  product: z.literal('muster'),
  version: z.string(),
  tenantId: Guid,
  tenant: z.string(),
  startedAtMs: EpochMs,
  clock: z.object({ originWallMs: EpochMs, originMs: EpochMs, speed: z.number().positive() }),
  nowMs: EpochMs,
  natsServerVersion: z.string().optional(),
  pid: z.number().int().positive(),
  rssBytes: z.number().int().nonnegative(),
})
export type ServiceInfo = z.infer<typeof ServiceInfo>

export const WorkerView = z.object({ hello: WorkerHello, lastSeenWallMs: EpochMs, alive: z.boolean() })
export type WorkerView = z.infer<typeof WorkerView>

/** The orders that may be given from outside. */
export const WorldOrder = z.discriminatedUnion('order', [
  FleetOrder.options[1],
  FleetOrder.options[2],
  FleetOrder.options[3],
  FleetOrder.options[6],
])
export type WorldOrder = z.infer<typeof WorldOrder>

export const OrderReply = z.object({ devices: z.number().int().nonnegative(), workers: z.number().int().nonnegative() })
export type OrderReply = z.infer<typeof OrderReply>

export const Quantiles = z.object({
  count: z.number().int().nonnegative(),
  p50: z.number(),
  p95: z.number(),
  p99: z.number(),
  max: z.number(),
})
export type Quantiles = z.infer<typeof Quantiles>

const Count = z.number().int().nonnegative()

/** The state of the world as the service knows it. Times are simulated unless the name says wall. */
export const Stats = z.object({
  atMs: EpochMs,
  wallMs: EpochMs,
  devices: z.object({ managed: Count, retired: Count, wiped: Count, deleted: Count }),
  /** Managed devices: platform → compliance state → devices. */
  compliance: z.partialRecord(PlatformName, z.record(z.string(), Count)),
  policies: z.array(
    z.object({
      policyId: Guid,
      name: z.string(),
      kind: z.enum(['compliance', 'configuration']),
      revision: z.number().int().positive(),
      /** State → devices, of the current revision; `targeted` is their sum. */
      states: z.record(z.string(), Count),
      targeted: Count,
      /** Devices that have reported the current revision. */
      reported: Count,
    }),
  ),
  certificates: z.object({ active: Count, superseded: Count, revoked: Count, expired: Count }),
  actions: z.record(z.string(), Count),
  enrolments: z.object({ enrolled: Count, refused: z.record(z.string(), Count) }),
  checkIns: z.object({ managed: Count, gated: Count, refused: Count }),
  reports: z.object({ committed: Count, duplicates: Count, gaps: Count, deadLetters: Count }),
  /** Check-ins, reports and renewals that were refused, by code. */
  refusals: z.record(z.string(), Count).default({}),
  appRegistrations: Count,
  notifications: Count,
  /** From a report's observation to its commit, wall milliseconds, since the start. */
  reportAckMs: Quantiles,
  /** Time in the service for a check-in request, wall milliseconds. */
  checkInMs: Quantiles,
  busConnected: z.boolean(),
  workers: z.array(
    z.object({
      agentId: z.string(),
      alive: z.boolean(),
      online: Count,
      devices: z.record(z.string(), Count),
      lagP99Ms: z.number(),
      rssBytes: Count,
    }),
  ),
  rssBytes: Count,
})
export type Stats = z.infer<typeof Stats>

export const HistoryPage = z.object({ entries: z.array(HistoryEntry), next: z.string().optional() })
export type HistoryPage = z.infer<typeof HistoryPage>

export const CommittedEntry = z.object({
  deviceId: Guid,
  reports: Count,
  firstSeq: Count,
  lastSeq: Count,
  ackedSeq: Count,
  appliedReports: Count,
})
export type CommittedEntry = z.infer<typeof CommittedEntry>
export const CommittedPage = z.object({ entries: z.array(CommittedEntry), next: z.string().optional() })
export type CommittedPage = z.infer<typeof CommittedPage>

export const PolicyLatencies = z.object({
  policyId: Guid,
  revision: z.number().int().positive(),
  /** From targeted to applied on the device, and to committed in the store; simulated milliseconds. */
  appliedMs: Quantiles,
  committedMs: Quantiles,
})
export type PolicyLatencies = z.infer<typeof PolicyLatencies>

/** For each device that is done with the policy's current revision: when it was asked for, applied and committed. */
export const AppliedPage = z.object({
  entries: z.array(z.object({ deviceId: Guid, targetedAtMs: EpochMs, appliedAtMs: EpochMs, committedAtMs: EpochMs })),
  next: z.string().optional(),
})
export type AppliedPage = z.infer<typeof AppliedPage>

/** Reports with the moments of their observation and of their commit, in the order of devices. */
export const ReportLatencyPage = z.object({
  entries: z.array(z.object({ deviceId: Guid, seq: Count, observedAtMs: EpochMs, committedAtMs: EpochMs })),
  next: z.string().optional(),
})
export type ReportLatencyPage = z.infer<typeof ReportLatencyPage>

/** What the service measures of itself. It keeps the newest: who asks often enough misses none. */
export const MeasurementPage = z.object({
  entries: z.array(
    z.object({
      /** When it was over, simulated. */
      atMs: EpochMs,
      /** Wall milliseconds. */
      tookMs: z.number().nonnegative(),
      failed: z.boolean(),
      /** Of a Graph request: method and route. */
      route: z.string().optional(),
    }),
  ),
  /** Pass it as `after`; holds for one life of the service. */
  next: z.string(),
})
export type MeasurementPage = z.infer<typeof MeasurementPage>

export const CertificateEntry = z.object({
  serialNumber: z.string(),
  deviceId: Guid,
  deviceName: z.string(),
  status: z.enum(['active', 'superseded', 'revoked', 'expired']),
  /** A managed device shows itself with it. */
  inUse: z.boolean(),
  issuedAtMs: EpochMs,
  notBeforeMs: EpochMs,
  notAfterMs: EpochMs,
})
export type CertificateEntry = z.infer<typeof CertificateEntry>
export const CertificatePage = z.object({ entries: z.array(CertificateEntry), next: z.string().optional() })
export type CertificatePage = z.infer<typeof CertificatePage>

/** One line of a device's story, oldest first. */
export const TraceEntry = z.object({
  atMs: EpochMs,
  /** `enrolled`, `report`, `policy`, `compliance`, `action`, `certificate`, `audit` … */
  what: z.string(),
  text: z.string(),
  correlationId: z.string().optional(),
})
export type TraceEntry = z.infer<typeof TraceEntry>

export const DeviceTrace = z.object({
  /** Absent on a device that has never been enrolled. */
  deviceId: Guid.optional(),
  deviceName: z.string(),
  /** The state that the service holds, and the device's own when a worker answers for it. */
  service: z.json().optional(),
  device: z.json().optional(),
  /** Why the device is in the state that it is in. */
  explanation: Explanation,
  entries: z.array(TraceEntry),
})
export type DeviceTrace = z.infer<typeof DeviceTrace>

export const LiveEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('stats'), stats: Stats }),
  z.object({
    type: z.literal('event'),
    atMs: EpochMs,
    what: z.string(),
    text: z.string(),
    deviceId: Guid.optional(),
    correlationId: z.string().optional(),
  }),
])
export type LiveEvent = z.infer<typeof LiveEvent>

/** Application role for `/_muster`. */
export const SIMULATION_ROLE = 'Muster.Simulation'

/** `PUT /throttling`: what Graph's documented limits are multiplied by; null for none. */
export const Throttling = z.object({ scale: z.number().positive().max(1_000).nullable() })

/** `POST /devices/{id}/transfer`: another agent speaks for the device from now on. */
export const DeviceTransfer = z.object({ agentId: SubjectToken })
export type DeviceTransfer = z.infer<typeof DeviceTransfer>

/** `POST /devices/{id}/revoke`: nothing that the device says is taken from it any more. */
export const DeviceRevocation = z.object({
  reason: z.enum(['unspecified', 'keyCompromise', 'cessationOfOperation']).default('unspecified'),
})
export type DeviceRevocation = z.infer<typeof DeviceRevocation>

import { z } from 'zod'
import { DeviceFault } from './device-fault.ts'
import { SessionOffer } from './envelope.ts'
import { CorrelationId, EpochMs, Guid, SubjectToken } from './ids.ts'
import { Ownership, PlatformName } from './platform.ts'
import { Posture } from './posture.ts'

/**
 * What Graph has no word for: population, drift, presence, workers. The control service relays these orders, given at
 * `/_muster`, to the agent processes. Nothing here decides about management; it moves the simulated world.
 */

const Share = z.number().min(0).max(1)
const DurationMs = z.number().int().nonnegative()

/** When a device is in reach by itself. */
export const Presence = z.discriminatedUnion('pattern', [
  /** On working days of a time zone, as often as `share` says; minutes from midnight. */
  z.object({
    pattern: z.literal('office-hours'),
    timeZone: z.string().min(1).max(60),
    fromMinute: z.number().int().min(0).max(1_440),
    toMinute: z.number().int().min(0).max(1_440),
    share: Share,
  }),
  /** So long in reach, so long not, each give or take the jitter. */
  z.object({ pattern: z.literal('duty-cycle'), upMs: DurationMs, downMs: DurationMs, jitterMs: DurationMs }),
])
export type Presence = z.infer<typeof Presence>

/** How a device's own messages fare on the way to the service and back. */
export const LinkTemper = z.object({
  /** Half of them take less than `p50Ms`; at once when absent. */
  latency: z.object({ p50Ms: z.number().positive(), p99Ms: z.number().positive() }).optional(),
  loss: Share.default(0),
  duplicate: Share.default(0),
})
export type LinkTemper = z.infer<typeof LinkTemper>

/** How a kind of device behaves by itself. All draws come from the device's own seed. */
export const Temperament = z.object({
  /** ±share on every check-in interval. */
  checkInJitter: Share.default(0.1),
  /** Chance that a setting which can fail does so when applied. */
  applyFailure: Share.default(0.004),
  /** Multiplies the platform's own drift rates; 0 switches drift off. */
  driftFactor: z.number().min(0).max(100_000).default(1),
  /** Share of drifts that the user or the OS mends by itself, and after what time on average. */
  selfHeal: Share.default(0.6),
  selfHealAfterMs: DurationMs.default(4 * 3_600_000),
  /** Mean time until a needed restart happens, and until the user does what is asked. */
  restartAfterMs: DurationMs.default(2 * 3_600_000),
  userActsAfterMs: DurationMs.default(3_600_000),
  /** How often it checks in once it is settled; the platform's own rhythm when absent. */
  checkInEveryMs: DurationMs.optional(),
  /** How long it takes to carry out what a check-in brought: half of the times are below `p50Ms`. At once when absent. */
  applyDuration: z.object({ p50Ms: z.number().positive(), p99Ms: z.number().positive() }).optional(),
  /** Always in reach when absent. */
  presence: Presence.optional(),
  /** At once and for certain when absent. */
  link: LinkTemper.optional(),
})
export type Temperament = z.infer<typeof Temperament>

/** A homogeneous part of the population. Devices are named `<name>-<number>`, from `first` on. */
export const PopulationGroup = z.object({
  name: SubjectToken,
  platform: PlatformName,
  mode: z.string().min(1).max(40),
  ownership: Ownership.optional(),
  count: z.number().int().positive().max(200_000),
  /** Number of the first device, counted from 1; a fleet grows by further groups of the same name. */
  first: z.number().int().positive().default(1),
  /** Model → weight; the platform's own catalogue when absent. */
  models: z.record(z.string(), z.number().positive()).optional(),
  attributes: z.record(z.string().max(40), z.string().max(200)).optional(),
  temperament: Temperament.prefault({}),
})
export type PopulationGroup = z.infer<typeof PopulationGroup>

export const Population = z.object({
  /** Every draw derives from this and the device's name. */
  seed: z.string().min(1).max(80),
  groups: z.array(PopulationGroup).min(1).max(200),
  /** Devices of people go round these users, in order. */
  users: z.object({ count: z.number().int().positive(), domain: z.string().min(3).max(100) }),
  /** Enrolment begins spread evenly over this time. */
  enrolOverMs: DurationMs.default(0),
  /** So long of it, from the beginning, the rate grows until it is what it stays. */
  enrolRampMs: DurationMs.default(0),
})
export type Population = z.infer<typeof Population>

/** `user00042@domain`: the name that population and directory agree on. Counted from 1. */
export const userPrincipalName = (index: number, domain: string): string =>
  `user${String(index).padStart(5, '0')}@${domain}`

/** `win-laptops-00042`: a device's name in the simulation. */
export const deviceKey = (group: string, index: number): string => `${group}-${String(index).padStart(5, '0')}`

/** Which devices an order is for: all that match every part given; of those the first `share` by a seeded order. */
export const DeviceSelector = z.object({
  group: SubjectToken.optional(),
  platform: PlatformName.optional(),
  deviceIds: z.array(Guid).max(2_000).optional(),
  share: Share.default(1),
  /** Names the seeded order: the same salt picks the same devices. */
  salt: z.string().max(80).default(''),
})
export type DeviceSelector = z.infer<typeof DeviceSelector>

/** Devices on a page of a worker's history. */
export const HISTORY_PAGE_MAX = 800

export const FleetOrder = z.discriminatedUnion('order', [
  /**
   * Make devices. They are dealt to the agents one by one, in turn, to each as many as its share; this agent makes those of
   * the share at `shard`. Repeating is harmless.
   */
  z.object({
    order: z.literal('populate'),
    population: Population,
    shard: z.number().int().nonnegative(),
    shares: z.array(z.number().int().nonnegative()).min(1).max(1_000),
    /** Enrolment token secret by `platform/mode`. */
    tokens: z.record(z.string(), z.string()),
  }),
  /** Devices go out of reach, or come back, spread over a time. */
  z.object({
    order: z.literal('presence'),
    selector: DeviceSelector,
    online: z.boolean(),
    spreadMs: DurationMs.default(0),
  }),
  /** Facts change on devices, spread over a time; `heals` mends them again after `healAfterMs` on a share of devices. */
  z.object({
    order: z.literal('drift'),
    selector: DeviceSelector,
    posture: Posture.partial(),
    osVersion: z.string().max(60).optional(),
    spreadMs: DurationMs.default(0),
    heals: Share.default(0),
    healAfterMs: DurationMs.default(0),
  }),
  /** The user presses "Check status". */
  z.object({ order: z.literal('sync'), selector: DeviceSelector, spreadMs: DurationMs.default(0) }),
  /** One device's whole state and its last notes, for tracing; by its id, or its name in the simulation. */
  z.object({ order: z.literal('inspect'), deviceId: Guid.optional(), deviceKey: z.string().max(80).optional() }),
  /** Last report sequence of each device, in pages by device key; a page of long entries still fits into a message. */
  z.object({
    order: z.literal('history'),
    after: z.string().default(''),
    limit: z.number().int().positive().max(HISTORY_PAGE_MAX).default(HISTORY_PAGE_MAX),
  }),
  /** Something goes wrong with devices, or is over, spread over a time. */
  z.object({
    order: z.literal('fault'),
    selector: DeviceSelector,
    fault: DeviceFault,
    active: z.boolean(),
    spreadMs: DurationMs.default(0),
  }),
])
export type FleetOrder = z.infer<typeof FleetOrder>

export const DevicePhase = z.enum(['new', 'enrolling', 'enrolled', 'refused', 'leaving', 'left', 'app-only'])
export type DevicePhase = z.infer<typeof DevicePhase>

export const HistoryEntry = z.object({
  deviceKey: z.string(),
  deviceId: Guid.optional(),
  phase: DevicePhase,
  lastSeq: z.number().int().nonnegative(),
  ackedSeq: z.number().int().nonnegative(),
  /** In reach just now. */
  online: z.boolean().optional(),
  /** When it first asked to be managed, and when it was. */
  enrolment: z.object({ beganAtMs: EpochMs, endedAtMs: EpochMs.optional() }).optional(),
})
export type HistoryEntry = z.infer<typeof HistoryEntry>

export const FleetOrderReply = z.discriminatedUnion('outcome', [
  z.object({
    outcome: z.literal('done'),
    /** How many devices the order was for. */
    devices: z.number().int().nonnegative(),
    history: z.array(HistoryEntry).optional(),
    /** Present while more pages follow: pass it as `after`. */
    next: z.string().optional(),
    inspection: z.json().optional(),
  }),
  z.object({ outcome: z.literal('refused'), code: z.string(), message: z.string() }),
])
export type FleetOrderReply = z.infer<typeof FleetOrderReply>

/** What an agent process says of itself at start and from then on over and over. */
export const WorkerHello = z.object({
  v: z.literal(1),
  agentId: SubjectToken,
  /** New at each start of the process. */
  boot: z.string().min(1).max(40),
  /** How often it says hello: one that is silent for several times as long is missed. */
  everyMs: z.number().int().positive().default(2_000),
  /** The last hello of a worker that ends in order. */
  leaving: z.boolean().default(false),
  pid: z.number().int().positive(),
  capacity: z.number().int().positive(),
  labels: z.record(z.string(), z.string()).default({}),
  /** Only devices of these are put on it; of all when absent. */
  platforms: z.array(PlatformName).min(1).exactOptional(),
  sentAtMs: EpochMs,
  devices: z.partialRecord(DevicePhase, z.number().int().nonnegative()),
  online: z.number().int().nonnegative(),
  counters: z.object({
    checkIns: z.number().int().nonnegative(),
    reportsSent: z.number().int().nonnegative(),
    reportsResent: z.number().int().nonnegative(),
    refused: z.number().int().nonnegative(),
    requestErrors: z.number().int().nonnegative(),
    pokes: z.number().int().nonnegative(),
    renewals: z.number().int().nonnegative(),
  }),
  /** How late appointments were kept since the last hello, wall milliseconds. */
  lagMs: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  rssBytes: z.number().int().nonnegative(),
})
export type WorkerHello = z.infer<typeof WorkerHello>

export const WorkerHelloReply = z.object({
  v: z.literal(1),
  accepted: z.boolean(),
  code: z.string().optional(),
  correlationId: CorrelationId.optional(),
  /** The session that devices shall speak in. */
  session: SessionOffer.optional(),
})
export type WorkerHelloReply = z.infer<typeof WorkerHelloReply>

import { Ownership, PlatformName, Posture, RemoteActionName } from '@muster/shared/contracts'
import { z } from 'zod'
import { Duration, Share } from './duration.ts'
import { Assertion, Threshold } from './expectation-schema.ts'
import { ScenarioFault } from './fault-schema.ts'
import { Applying, CheckIns, Link, Online } from './habit-schema.ts'
import { Outputs } from './outputs-schema.ts'
import { DriftRate, Enrolment, OfflineWaves } from './phase-schema.ts'
import { Policies, SettingValue } from './policy-schema.ts'
import { Id, ThrottlingScale, Version, Where } from './terms.ts'

/**
 * The scenario language. Ten lines are enough for a scenario that needs ten; everything else has a default. Durations and
 * shares carry their units (`30m`, `20%`); durations are simulated time unless a name says wall.
 */

const Behavior = z.strictObject({
  checkIn: CheckIns.optional(),
  apply: Applying.optional(),
  online: Online.optional(),
  link: Link.optional(),
  /** ±share on check-in intervals. */
  checkInJitter: Share.optional(),
  /** Chance that a setting which can fail does. */
  applyFailure: Share.optional(),
  /** Multiplies how fast facts drift by themselves; 0 switches it off. */
  driftFactor: z.number().min(0).max(100_000).optional(),
  selfHeal: Share.optional(),
  selfHealAfter: Duration.optional(),
  restartAfter: Duration.optional(),
  userActsAfter: Duration.optional(),
})

const Mix = z.strictObject({
  name: Id,
  weight: z.number().positive(),
  platform: PlatformName,
  enrollment: z.string().optional(),
  /** Whose the devices are: decides on the way of enrolment where that is not said. */
  ownership: Ownership.optional(),
  behavior: Id.optional(),
  models: z.record(z.string(), z.number().positive()).optional(),
  attributes: z.record(z.string(), Version).optional(),
})

const chaosKinds = [
  'broker-outage',
  'broker-loses-store',
  'control-crash',
  'control-partition',
  'agent-partition',
  'bad-links',
] as const

const Group = z.strictObject({
  id: Id,
  /** Dynamic: a membership rule. */
  rule: z.string().optional(),
  /** Assigned: a share of a part of the population, or of all devices; filled when the step `fill` or a rollout needs it. */
  percent: z.number().positive().max(100).optional(),
  of: Id.optional(),
})

const Step = z.union([
  z.strictObject({
    assign: z.strictObject({ policy: Id, to: z.array(z.string()).min(1), exclude: z.array(Id).default([]) }),
  }),
  z.strictObject({ update: z.strictObject({ policy: Id, settings: z.record(z.string(), SettingValue) }) }),
  z.strictObject({
    rollout: z.strictObject({
      policy: Id,
      settings: z.record(z.string(), SettingValue).optional(),
      rings: z
        .array(
          z.strictObject({
            name: Id,
            percent: z.number().positive().max(100),
            of: z.string().optional(),
            soak: Duration.default(0),
          }),
        )
        .min(1),
      /** Must hold before the next ring begins; `ring` has targeted, reported, succeeded, errors as shares. */
      gate: z
        .strictObject({
          expr: z.string(),
          within: Duration.default(3_600_000),
          onFail: z.enum(['halt', 'fail']).default('fail'),
        })
        .optional(),
    }),
  }),
  z.strictObject({
    drift: Where.extend({
      posture: Posture.partial().default({}),
      osVersion: Version.optional(),
      over: Duration.default(0),
      selfHeal: Share.default(0),
      healAfter: Duration.default(0),
    }),
  }),
  z.strictObject({ offline: Where.extend({ over: Duration.default(0), for: Duration.optional() }) }),
  z.strictObject({ online: Where.extend({ over: Duration.default(0) }) }),
  z.strictObject({ sync: Where.extend({ over: Duration.default(0) }) }),
  z.strictObject({
    action: Where.extend({
      name: RemoteActionName,
      count: z.number().int().positive().optional(),
      parameters: z.record(z.string(), z.json()).default({}),
    }),
  }),
  /** The administrator confirms the retire list. */
  z.strictObject({ retireListed: z.strictObject({}) }),
  /** Kill the broker with SIGKILL; it comes back after `down` of wall time. */
  z.strictObject({ killBroker: z.strictObject({ down: Duration.default(2_000) }) }),
  z.strictObject({ killControl: z.strictObject({}) }),
  z.strictObject({ wait: Duration }),
])

const Until = z.strictObject({ expr: z.string(), timeout: Duration })

const Phase = z
  .strictObject({
    name: Id,
    description: z.string().optional(),
    /** The population enrols in this phase. @default before the first one */
    enrol: Enrolment.optional(),
    do: z.array(Step).default([]),
    /** While the phase lasts: facts that change by chance, and waves of devices that are out of reach. */
    drift: z.array(DriftRate).default([]),
    offline: z.array(OfflineWaves).default([]),
    duration: Duration.optional(),
    until: Until.optional(),
  })
  .refine((phase) => !(phase.duration !== undefined && phase.until), {
    error: 'a phase has a duration or an until, not both',
    path: ['until'],
  })

/** Faults by chance, in a virtual world: what breaks, and how often on average. */
const Chaos = z.strictObject({
  every: Duration.default(1_800_000),
  kinds: z
    .array(z.enum(chaosKinds))
    .min(1)
    .default([...chaosKinds]),
})

const Restriction = z.strictObject({
  id: Id,
  platform: z.enum(['windows', 'macOS', 'iOS', 'android', 'tvOS', 'visionOS', 'linux']).optional(),
  blocked: z.boolean().default(false),
  personalBlocked: z.boolean().default(false),
  osMinimum: Version.optional(),
  osMaximum: Version.optional(),
  blockedManufacturers: z.array(z.string()).default([]),
  devicesPerUser: z.number().int().min(1).max(15).optional(),
})

export const Scenario = z.strictObject({
  apiVersion: z.literal('muster.dev/v1'),
  kind: z.literal('Scenario'),
  metadata: z.strictObject({ name: Id, description: z.string().default(''), tags: z.array(z.string()).default([]) }),
  /** Every draw in the run derives from this. */
  seed: z
    .union([z.number().int(), z.string().min(1).max(80)])
    .transform(String)
    .default('1'),
  clock: z
    .strictObject({
      /** `scaled`: real processes in real time, times `speed`. `virtual`: a whole world in one process, as fast as it goes. */
      mode: z.enum(['realtime', 'scaled', 'virtual']).default('scaled'),
      /** Simulated seconds in a wall second. */
      speed: z.number().min(1).max(3_600).default(1),
      /** Virtual only: requests of a worker's devices that fall within so much time travel together. */
      resolution: Duration.default(1_000),
      /** When simulated time begins. @default now; in a virtual world a Monday morning that is always the same */
      start: z.iso.datetime().optional(),
    })
    .prefault({}),
  /** How long the whole run may take, wall time. */
  limits: z.strictObject({ wall: Duration.default(600_000) }).prefault({}),
  tenant: z
    .strictObject({
      name: Id.default('contoso'),
      users: z
        .strictObject({
          count: z.number().int().positive().max(100_000).optional(),
          domain: z.string().default('contoso.example'),
        })
        .prefault({}),
      settings: z
        .strictObject({
          secureByDefault: z.boolean().optional(),
          complianceValidityDays: z.number().int().min(1).max(120).optional(),
        })
        .prefault({}),
      groups: z.array(Group).default([]),
      filters: z.array(z.strictObject({ id: Id, platform: PlatformName, rule: z.string() })).default([]),
      restrictions: z.array(Restriction).default([]),
    })
    .prefault({}),
  /** How Graph serves while there are phases. */
  graph: z
    .strictObject({
      /** Its documented limits, multiplied by this. @default no limits */
      throttling: ThrottlingScale.optional(),
    })
    .prefault({}),
  behaviors: z.record(Id, Behavior).default({}),
  population: z.strictObject({
    size: z.number().int().positive().max(100_000),
    mix: z.array(Mix).min(1),
    /** Enrolment begins spread over this time, where no phase says `enrol`. */
    enrolOver: Duration.default(0),
  }),
  /** Agent processes. @default one for each 10,000 devices */
  workers: z.number().int().positive().max(16).optional(),
  policies: Policies.default([]),
  chaos: Chaos.optional(),
  phases: z.array(Phase).min(1),
  /** What goes wrong beside the phases. */
  faults: z.array(ScenarioFault).default([]),
  thresholds: z.array(Threshold).default([]),
  assertions: z.array(Assertion).default([]),
  /** What the run leaves behind. */
  outputs: Outputs.prefault({}),
})

export type Scenario = z.infer<typeof Scenario>
export type Chaos = z.infer<typeof Chaos>
export type ScenarioStep = Scenario['phases'][number]['do'][number]
export type ScenarioPhase = Scenario['phases'][number]
export type ScenarioPolicy = Scenario['policies'][number]

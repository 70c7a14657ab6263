import { z } from 'zod'
import { Duration, parseDuration, Share } from './duration.ts'
import { MomentText } from './moment.ts'
import { Id, ThrottlingScale, Where } from './terms.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 86_400_000

const Interval = Duration.refine((ms) => ms >= 1_000, 'expected 1s at the least')

const Fault = z.strictObject({
  /** For the report. @default its kind */
  name: Id.optional(),
  /** `2h`, `rollout`, `rollout+30m`. */
  at: MomentText,
  /** How long it lasts, simulated time. */
  for: Duration.default(MINUTE_MS),
  /** Happens again at this pace, as long as there are phases. */
  every: Interval.optional(),
})

/** What goes wrong with devices: a share of a part of the population, reached one after another over a time. */
const OnDevices = Fault.extend({ ...Where.shape, over: Duration.default(0), for: Duration.default(HOUR_MS) })

/** `200ms`, or the shortest and the longest. */
const Latency = z
  .union([Duration.transform((ms) => ({ min: ms, max: ms })), z.strictObject({ min: Duration, max: Duration })])
  .refine(({ min, max }) => min <= max, 'expected min to be no more than max')

const SignedDuration = z.string().transform((text, context) => {
  const ms = parseDuration(text.replace(/^[-+]/, ''))
  if (ms !== undefined) return text.startsWith('-') ? -ms : ms
  context.addIssue({ code: 'custom', message: `expected a duration such as 3h or -3h, found ${JSON.stringify(text)}` })
  return z.NEVER
})

/** Messages are late, lost, doubled or overtaken: those of the workers, or of the devices that `in` or `share` names. */
const LinkFault = Fault.extend({
  kind: z.literal('link'),
  for: Duration.default(DAY_MS),
  in: Where.shape.in,
  share: Share.optional(),
  salt: z.string().optional(),
  over: Duration.optional(),
  latency: Latency.optional(),
  loss: Share.default(0),
  duplicate: Share.default(0),
  /** Of workers only: each device's messages keep their order. */
  reorder: Share.default(0),
})
  .refine(({ latency, loss, duplicate, reorder }) => latency || loss + duplicate + reorder > 0, {
    error: 'a link fault has a latency, loss, duplicate or reorder',
  })
  .refine((fault) => !ofDevices(fault) || fault.reorder === 0, {
    error: "each device's messages keep their order: reorder is for the links of workers, without in and share",
    path: ['reorder'],
  })
  .refine((fault) => !ofDevices(fault) || (fault.latency?.min ?? 0) < GIVEN_UP_MS, {
    error: 'a device gives up a request after 30s: expected a min below that',
    path: ['latency'],
  })

/** Requests to Graph are answered late, or with an error. */
const HttpFault = Fault.extend({
  kind: z.literal('http'),
  /** `/v1.0/**`: `*` is a segment or part of one, `**` whatever follows. */
  path: z
    .string()
    .regex(/^\/(v1\.0|beta|\*)/i, 'expected a path of Graph such as /v1.0/** or /*/deviceManagement/**')
    .default('/**'),
  respond: z
    .strictObject({
      status: z.union([z.literal(429), z.literal(500), z.literal(502), z.literal(503), z.literal(504)]),
      /** Told to clients in seconds of their own clocks. */
      retryAfter: Duration.optional(),
      /** Of requests. */
      share: Share.default(1),
    })
    .optional(),
  latency: Latency.optional(),
}).refine(({ respond, latency }) => respond || latency, 'an http fault has a respond or a latency')

/** Simulated time after which a device gives up waiting for an answer. */
const GIVEN_UP_MS = 30_000

/** Whether a fault of links is about those of single devices. */
const ofDevices = (fault: { readonly in?: string | undefined; readonly share?: number | undefined }): boolean =>
  fault.in !== undefined || fault.share !== undefined

/** What can go wrong. */
export const ScenarioFault = z.discriminatedUnion('kind', [
  /** The broker dies without a word, and comes back with its store. */
  Fault.extend({ kind: z.literal('broker.kill') }),
  /** The broker hangs: connections stand, nothing passes, and then all of it does. */
  Fault.extend({ kind: z.literal('broker.pause') }),
  /** Connections of one side to the broker are cut. */
  Fault.extend({ kind: z.literal('broker.partition'), target: z.enum(['workers', 'control']).default('workers') }),
  /** The control service hangs. */
  Fault.extend({ kind: z.literal('control.pause') }),
  /** The control service dies without a word; started again after `for`. */
  Fault.extend({ kind: z.literal('control.crash'), for: Duration.default(0) }),
  /** The control service ends in order; started again after `for`. */
  Fault.extend({ kind: z.literal('control.restart'), for: Duration.default(0) }),
  LinkFault,
  HttpFault,
  /** Graph may be asked as often as its documented limits allow, multiplied by `scale`; else it answers 429. */
  Fault.extend({ kind: z.literal('throttling'), scale: ThrottlingScale.default(1) }),
  /** Devices die in the middle of the next policy that they carry out, and start again a minute later. */
  OnDevices.extend({ kind: z.literal('device.crash'), for: Duration.default(DAY_MS) }),
  /** This share of settings fails; carried out when the fault is over. */
  OnDevices.extend({ kind: z.literal('device.partial-apply'), items: Share.default(0.5) }),
  /** Remote actions are put off. */
  OnDevices.extend({ kind: z.literal('device.not-now') }),
  /** At the end a report of the beginning is sent once more. */
  OnDevices.extend({ kind: z.literal('device.stale-report') }),
  /** Every second of the chosen says that it is the one before it. */
  OnDevices.extend({
    kind: z.literal('device.duplicate-identity'),
    identity: z.enum(['serial', 'hardware', 'management-id']).default('serial'),
  }),
  /** Clocks are fast, or slow by `-3h`. */
  OnDevices.extend({ kind: z.literal('device.clock-skew'), by: SignedDuration }),
  /** Protection is switched off, and what management has set is gone. */
  OnDevices.extend({ kind: z.literal('device.tamper') }),
  OnDevices.extend({ kind: z.literal('device.disk-full') }),
  /** Connections come and go, after so long on average. */
  OnDevices.extend({
    kind: z.literal('device.flapping-link'),
    up: Interval.default(10 * MINUTE_MS),
    down: Interval.default(5 * MINUTE_MS),
  }),
])

export type ScenarioFault = z.infer<typeof ScenarioFault>
export type FaultKind = ScenarioFault['kind']
type LinkFault = Extract<ScenarioFault, { readonly kind: 'link' }>
/** Of devices, by cohort. */
export type DeviceFault =
  | Extract<ScenarioFault, { readonly kind: `device.${string}` }>
  | (LinkFault & { readonly share: number; readonly salt: string; readonly over: number })
/** Of the broker, the service and the links between them and the workers. */
export type ServiceFault = Exclude<ScenarioFault, { readonly kind: `device.${string}` }>
/** Of Graph's answers. */
export type HttpFault = Extract<ScenarioFault, { readonly kind: 'http' }>
/** Of how often Graph may be asked. */
export type ThrottlingFault = Extract<ScenarioFault, { readonly kind: 'throttling' }>
/** Those that a stage brings about itself; Graph's are ordered. */
export type ServiceFaultKind = Exclude<ServiceFault['kind'], 'http' | 'throttling'>

/** The fault as one of devices, or `undefined` when it is none. */
export function deviceFaultOf(fault: ScenarioFault): DeviceFault | undefined {
  if (fault.kind !== 'link') return 'salt' in fault ? fault : undefined
  if (!ofDevices(fault)) return undefined
  const { share = 1, salt = '', over = 0 } = fault
  return { ...fault, share, salt, over }
}

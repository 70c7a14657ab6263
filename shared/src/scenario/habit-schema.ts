import { nearestName } from '@muster/shared/core'
import { z } from 'zod'
import { Duration, Share } from './duration.ts'

/** How devices of a temperament behave by themselves. */

const Positive = Duration.refine((ms) => ms >= 1, 'expected more than nothing')

export const CheckIns = z.strictObject({
  /** The rhythm of a settled device. @default the platform's own */
  every: Duration.refine((ms) => ms >= 60_000, 'expected 1m at the least').optional(),
  /** ±share on it. */
  jitter: Share.optional(),
})

export const Applying = z.strictObject({
  /** How long it takes to carry out what a check-in brought. @default nothing */
  duration: z
    .strictObject({ dist: z.literal('lognormal').default('lognormal'), p50: Positive, p99: Positive })
    .refine(({ p50, p99 }) => p50 <= p99, { error: 'p99 is no less than p50', path: ['p99'] })
    .optional(),
  /** Chance that a setting which can fail does. */
  fail: Share.optional(),
})

/** Simulated time after which a device gives up waiting for an answer. */
const GIVEN_UP_MS = 30_000

/** `180ms`, or half and 99 of 100. */
const LinkLatency = z
  .union([
    Positive.transform((ms) => ({ p50: ms, p99: ms })),
    z.strictObject({ dist: z.literal('lognormal').default('lognormal'), p50: Positive, p99: Positive }),
  ])
  .refine(({ p50, p99 }) => p50 <= p99, { error: 'p99 is no less than p50', path: ['p99'] })
  .refine(({ p50 }) => p50 < GIVEN_UP_MS, 'a device gives up a request after 30s: expected less')

/** How messages of devices fare: on the way to the service, and on the way back. */
export const Link = z.strictObject({
  /** @default none */
  latency: LinkLatency.optional(),
  /** Share of messages; reports are sent until they have arrived, requests are given up and made again. */
  loss: Share.default(0),
  duplicate: Share.default(0),
})

const TimeZone = z.string().superRefine((name, context) => {
  if (isTimeZone(name)) return
  const near = nearestName(name, Intl.supportedValuesOf('timeZone'))
  context.addIssue({
    code: 'custom',
    message: `there is no time zone ${JSON.stringify(name)}${near ? `; did you mean ${JSON.stringify(near)}?` : ''}`,
  })
})

function isTimeZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }) instanceof Intl.DateTimeFormat
  } catch {
    return false
  }
}

/** `08:30`, read to minutes from midnight. */
const TimeOfDay = z.string().transform((text, context) => {
  const [, hours = '', minutes = ''] = /^(\d{1,2}):(\d{2})$/.exec(text) ?? []
  const minute = Number(hours) * 60 + Number(minutes)
  if (hours !== '' && Number(minutes) < 60 && minute <= 1_440) return minute
  context.addIssue({ code: 'custom', message: `expected a time such as "08:30", found ${JSON.stringify(text)}` })
  return z.NEVER
})

/** When devices are in reach. */
export const Online = z.discriminatedUnion('pattern', [
  z
    .strictObject({
      pattern: z.literal('office-hours'),
      /** An IANA name. */
      timeZone: TimeZone.default('UTC'),
      from: TimeOfDay.default(8 * 60),
      to: TimeOfDay.default(17 * 60),
      /** Of the devices, on an average working day. */
      share: Share.default(1),
    })
    .refine(({ from, to }) => from < to, { error: 'the hours end after they begin', path: ['to'] }),
  z.strictObject({
    pattern: z.literal('duty-cycle'),
    up: Duration.refine((ms) => ms >= 60_000, 'expected 1m at the least'),
    down: Duration.refine((ms) => ms >= 60_000, 'expected 1m at the least'),
    jitter: Duration.default(0),
  }),
])

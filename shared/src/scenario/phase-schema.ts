import { Posture } from '@muster/shared/contracts'
import { z } from 'zod'
import { Duration, Share } from './duration.ts'
import { Rate, ShareRate } from './rate.ts'
import { Version, Where } from './terms.ts'

/** What goes on while a phase lasts, beside its steps. */

/** The population arrives: spread evenly over a time, or at a rate that is reached gradually. */
export const Enrolment = z
  .strictObject({ over: Duration.optional(), rate: Rate.optional(), ramp: Duration.optional() })
  .refine(({ over, rate }) => over === undefined || rate === undefined, {
    error: 'devices arrive over a time or at a rate, not both',
    path: ['rate'],
  })
  .refine(({ rate, ramp }) => ramp === undefined || rate !== undefined, {
    error: 'a ramp leads to a rate: give it one',
    path: ['ramp'],
  })

/** Devices are out of reach again and again: other ones each time, or the same ones when there is a `salt`. */
export const OfflineWaves = Where.extend({
  wave: z
    .strictObject({
      every: Duration.refine((ms) => ms >= 60_000, 'expected 1m at the least'),
      for: Duration.refine((ms) => ms >= 1_000, 'expected 1s at the least'),
      /** Each device goes, and comes back, within so much time. */
      jitter: Duration.default(0),
      /** When the first one comes, from the beginning of the phase. */
      first: Duration.default(0),
    })
    .refine((wave) => wave.for + wave.jitter <= wave.every, {
      error: 'a wave ends, jitter and all, before the next one comes: expected every to be no less',
      path: ['every'],
    }),
})

/** Facts change on devices by chance, at this rate for each device. */
export const DriftRate = z.strictObject({
  in: Where.shape.in,
  posture: Posture.partial().default({}),
  osVersion: Version.optional(),
  /** `0.5%/d`: of the devices, in a day. */
  rate: ShareRate,
  selfHeal: Share.default(0),
  healAfter: Duration.default(0),
})

import { z } from 'zod'
import { Share } from './duration.ts'

/** What a scenario calls its parts by. */
export const Id = z.string().regex(/^[a-z0-9-]{1,40}$/, 'expected lower-case letters, digits and hyphens, 1 to 40')

/** Which devices something is about. */
export const Where = z.strictObject({
  /** A part of the population, or a platform. */
  in: z.string().optional(),
  share: Share.default(1),
  /** Which devices make up the share: the same salt, the same devices. */
  salt: z.string().default(''),
})

/** A version of an operating system; YAML takes some for numbers. */
export const Version = z.union([z.string(), z.number()]).transform(String)

/** What the documented limits of Graph are multiplied by. */
export const ThrottlingScale = z
  .number('expected a number such as 0.1, by which the documented limits are multiplied')
  .positive('expected more than 0: without a scale there are no limits')
  .max(1_000)

import { z } from 'zod'

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `30/s`: how many in a unit of time, read to so many in a millisecond. */
export const Rate = z
  .string()
  .meta({ description: 'How many in a unit of time: 30/s, 600/m, 1200/h', pattern: '^\\d+(\\.\\d+)?/[smhd]$' })
  .transform((text, context) => {
    const [, amount = '', unit = ''] = /^(\d+(?:\.\d+)?)\/([smhd])$/.exec(text) ?? []
    if (Number(amount) > 0) return Number(amount) / (units[unit] ?? 1)
    context.addIssue({
      code: 'custom',
      message: `expected a rate such as 30/s or 600/m, found ${JSON.stringify(text)}`,
    })
    return z.NEVER
  })

/** `0.5%/d`: which share in a unit of time, read to that in a millisecond. */
export const ShareRate = z
  .string()
  .meta({ description: 'Which share in a unit of time: 0.5%/d, 2%/h', pattern: '^\\d+(\\.\\d+)?%/[smhd]$' })
  .transform((text, context) => {
    const [, percent = '', unit = ''] = /^(\d+(?:\.\d+)?)%\/([smhd])$/.exec(text) ?? []
    if (Number(percent) > 0) return Number(percent) / 100 / (units[unit] ?? 1)
    context.addIssue({ code: 'custom', message: `expected a rate such as 0.5%/d, found ${JSON.stringify(text)}` })
    return z.NEVER
  })

import { z } from 'zod'

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** `90s`, `1h30m`, `250ms` → milliseconds; `undefined` for anything else. */
export function parseDuration(text: string): number | undefined {
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined
  let total = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
    total += Number(amount) * (units[unit ?? ''] ?? 0)
  return Math.round(total)
}

/** Milliseconds as people write them: `1h 30m`, `4.2s`, `85ms`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)}ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(ms < 10_000 ? 1 : 0)}s`
  const parts: string[] = []
  let left = Math.round(ms / 1_000)
  for (const [unit, seconds] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const) {
    const amount = Math.floor(left / seconds)
    left -= amount * seconds
    if (amount > 0 && parts.length < 2) parts.push(`${amount}${unit}`)
  }
  return parts.join(' ')
}

const noDuration = (found: unknown): string =>
  `expected a duration such as 30s, 5m, 8h or 1d12h, found ${JSON.stringify(found)}`

const durationText = z.string({ error: ({ input }) => (input === undefined ? undefined : noDuration(input)) }).meta({
  description: 'A duration with its unit: 250ms, 30s, 5m, 8h, 1d12h',
  pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h|d))+$',
})

/** A duration with its unit, read to milliseconds. */
export const Duration = durationText.transform((text, context) => {
  const ms = parseDuration(text)
  if (ms !== undefined) return ms
  context.addIssue({ code: 'custom', message: noDuration(text) })
  return z.NEVER
})

const shareText = z.union([
  z.string().meta({ pattern: '^\\d+(\\.\\d+)?%$' }),
  z.number().meta({ minimum: 0, maximum: 1 }),
])

/** `20%` or a number from 0 to 1, read to a share. */
export const Share = shareText.meta({ description: 'A share: 20% or 0.2' }).transform((value, context) => {
  const share =
    typeof value === 'number' ? value : /^\d+(\.\d+)?%$/.test(value) ? Number(value.slice(0, -1)) / 100 : Number.NaN
  if (share >= 0 && share <= 1) return share
  context.addIssue({ code: 'custom', message: `expected a share such as 20% or 0.2, found ${JSON.stringify(value)}` })
  return z.NEVER
})

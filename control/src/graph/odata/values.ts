import type { Ordering } from './expression.ts'
import { momentOf } from './literal.ts'

/** Texts compare without regard to case: both sides are folded first. Stores keep folded columns made by this. */
export const fold = (text: string): string => text.toLowerCase()

/** What a value compares by; `undefined` when it has no place in such an ordering. */
export type Comparable = string | number | boolean | undefined

export function comparable(value: unknown, by: Ordering): Comparable {
  switch (by) {
    case 'text':
      return typeof value === 'string' ? fold(value) : typeof value === 'object' ? undefined : fold(String(value))
    case 'time':
      return typeof value === 'string' ? momentOf(value) : typeof value === 'number' ? value : undefined
    case 'number':
      return typeof value === 'number' ? value : undefined
    case 'boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'unknown':
      return typeof value === 'string' ? fold(value) : isPlain(value) ? value : undefined
  }
}

const isPlain = (value: unknown): value is number | boolean => typeof value === 'number' || typeof value === 'boolean'

/** Negative, zero or positive; `undefined` when the two cannot be compared. */
export function compareComparables(one: Comparable, other: Comparable): number | undefined {
  if (one === undefined || other === undefined || typeof one !== typeof other) return undefined
  if (typeof one === 'string') return compareText(one, String(other))
  return Number(one) - Number(other)
}

/** By code points, as stores compare UTF-8; JavaScript itself compares UTF-16, which puts U+10000 before U+FFFF. */
export function compareText(one: string, other: string): number {
  const length = Math.min(one.length, other.length)
  for (let index = 0; index < length; index++) {
    const a = one.charCodeAt(index)
    const b = other.charCodeAt(index)
    if (a === b) continue
    const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff
    return isHigh(a) === isHigh(b) ? a - b : isHigh(a) ? 1 : -1
  }
  return one.length - other.length
}

import { obstacle, type Support, type Target } from './support.ts'

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export type Dictionary = Readonly<Record<string, Json>>

/** How keys of one name work together when several payloads carry them (the schemas' `combinetype`). */
export type Combine = 'or' | 'and' | 'max' | 'min' | 'last' | 'union'

/** What a key of a payload may be: the part of Apple's schemas that we use. */
export interface KeyRule {
  readonly type: 'boolean' | 'integer' | 'string' | 'data' | 'array' | 'dictionary'
  readonly required?: true
  readonly min?: number
  readonly max?: number
  readonly choices?: readonly string[]
  readonly combine?: Combine
  /** Where the key is available, when that differs from what it stands in. */
  readonly on?: Support
  /** Keys of a dictionary; absent: any. */
  readonly keys?: KeyRules
  /** Elements of an array; absent: any. */
  readonly items?: KeyRule
}
export type KeyRules = Readonly<Record<string, KeyRule>>

/** The first thing wrong with a payload. */
export interface Fault {
  readonly kind: 'unknown' | 'missing' | 'type' | 'value' | 'unsupported'
  /** Dotted path of the key. */
  readonly at: string
}

/** The first fault of a payload as a target sees it, or `undefined` when it can be taken. */
export function faultOf(payload: Dictionary, rules: KeyRules, target: Target, within = ''): Fault | undefined {
  for (const key of Object.keys(payload)) {
    if (!Object.hasOwn(rules, key)) return { kind: 'unknown', at: within + key }
  }
  for (const [key, rule] of Object.entries(rules)) {
    const value = Object.hasOwn(payload, key) ? payload[key] : undefined
    if (value === undefined && rule.required) return { kind: 'missing', at: within + key }
    const fault = value === undefined ? undefined : faultOfValue(value, rule, target, within + key)
    if (fault) return fault
  }
  return undefined
}

function faultOfValue(value: Json, rule: KeyRule, target: Target, at: string): Fault | undefined {
  if (rule.on && obstacle(rule.on, target)) return { kind: 'unsupported', at }
  if (!hasType(value, rule.type)) return { kind: 'type', at }
  if (typeof value === 'number' && (value < (rule.min ?? value) || value > (rule.max ?? value)))
    return { kind: 'value', at }
  if (typeof value === 'string' && rule.choices && !rule.choices.includes(value)) return { kind: 'value', at }
  if (Array.isArray(value)) {
    const { items } = rule
    return items && first(value, (item, i) => faultOfValue(item, items, target, `${at}.${i}`))
  }
  return isDictionary(value) && rule.keys ? faultOf(value, rule.keys, target, `${at}.`) : undefined
}

function hasType(value: Json, type: KeyRule['type']): boolean {
  if (type === 'integer') return Number.isInteger(value)
  if (type === 'array') return Array.isArray(value)
  if (type === 'dictionary') return isDictionary(value)
  return typeof value === (type === 'data' ? 'string' : type)
}

function first<T, R>(items: readonly T[], find: (item: T, i: number) => R | undefined): R | undefined {
  for (const [i, item] of items.entries()) {
    const found = find(item, i)
    if (found !== undefined) return found
  }
  return undefined
}

export const isDictionary = (value: unknown): value is Record<string, Json> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

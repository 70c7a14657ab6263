import type { PolicyItem, SettingValue } from '@muster/shared/contracts'
import { type Dictionary, isDictionary, type Json } from './payload.ts'

/**
 * Native addresses of what management has set: `<type>/<identifier>/<key>`, for a declaration its type, identifier and
 * dotted key, for a profile the payload's type and the profile's identifier. So two policies that set one key do not
 * overwrite each other, and their values can be combined as Apple's systems do.
 */
type Settings = Readonly<Record<string, SettingValue>>
export type SettingsPatch = Readonly<Record<string, SettingValue | null>>

export const address = (type: string, identifier: string, key: string): string => `${type}/${identifier}/${key}`

/** Values of one key over all declarations or profiles of a type that are in force. */
export function valuesAt(settings: Settings, type: string, key: string): readonly SettingValue[] {
  const prefix = `${type}/`
  const suffix = `/${key}`
  const values: SettingValue[] = []
  for (const name of Object.keys(settings)) {
    const value = settings[name]
    if (value !== undefined && name.startsWith(prefix) && name.endsWith(suffix)) values.push(value)
  }
  return values
}

/** A payload as settings by address. */
export function settingsOf(type: string, identifier: string, payload: Dictionary): Record<string, SettingValue> {
  const settings: Record<string, SettingValue> = {}
  for (const [key, value] of leaves(payload, '')) settings[address(type, identifier, key)] = value
  return settings
}

function* leaves(payload: Dictionary, within: string): Generator<[string, SettingValue]> {
  for (const [key, value] of Object.entries(payload)) {
    if (isDictionary(value)) yield* leaves(value, `${within}${key}.`)
    else if (value !== null) yield [within + key, leaf(value)]
  }
}

function leaf(value: Exclude<Json, null | { [key: string]: Json }>): SettingValue {
  if (!Array.isArray(value)) return value
  return value.map((element) => (typeof element === 'string' ? element : JSON.stringify(element)))
}

const patches = new WeakMap<PolicyItem, SettingsPatch>()

/** What `make` says of an item, made once: thousands of devices share one item, and should share its address strings. */
export function onceFor(item: PolicyItem, make: () => SettingsPatch): SettingsPatch {
  const known = patches.get(item)
  if (known) return known
  const patch = make()
  patches.set(item, patch)
  return patch
}

/** The patch that takes settings back. */
export const withdrawn = (patch: SettingsPatch): Record<string, null> =>
  Object.fromEntries(Object.keys(patch).map((name) => [name, null]))

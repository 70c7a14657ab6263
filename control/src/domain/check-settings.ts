import type { PlatformName, PolicyKind, SettingValue } from '@muster/shared/contracts'
import { nearestName, ok, type Result, refuse } from '@muster/shared/core'
import { managementOf } from './management/index.ts'
import type { SettingDefinition } from './management/management.ts'

/** The settings that a policy of this kind may carry for all of these platforms. */
export function definitionsFor(kind: PolicyKind, platforms: readonly PlatformName[]): readonly SettingDefinition[] {
  const [first, ...others] = platforms
  if (!first) return []
  return managementOf(first).settings.filter(
    (definition) =>
      definition.kind === kind &&
      [first, ...others].every((platform) => definition.platforms?.includes(platform) ?? true),
  )
}

/** Refusals: `policy/unknown-setting` with a near name, `policy/bad-value` with what is allowed; `at` is the setting. */
export function checkSettings(
  kind: PolicyKind,
  platforms: readonly PlatformName[],
  settings: Readonly<Record<string, unknown>>,
): Result<Readonly<Record<string, SettingValue>>> {
  const definitions = new Map(definitionsFor(kind, platforms).map((definition) => [definition.name, definition]))
  const checked: Record<string, SettingValue> = {}
  for (const [name, value] of Object.entries(settings)) {
    const definition = definitions.get(name)
    if (!definition) {
      const near = nearestName(name, definitions.keys())
      const text = `${platforms.join(' and ')} ${kind} policies have no setting ${name}${near ? `; did you mean ${near}?` : ''}`
      return refuse('policy/unknown-setting', text, name)
    }
    const objection = objectionTo(definition.value, value)
    if (objection !== undefined) return refuse('policy/bad-value', `${name} must be ${objection}`, name)
    checked[name] = value as SettingValue
  }
  return ok(checked)
}

/** What a value should have been; `undefined` when it is. */
function objectionTo(wanted: SettingDefinition['value'], value: unknown): string | undefined {
  switch (wanted.type) {
    case 'boolean':
      return typeof value === 'boolean' ? undefined : 'true or false'
    case 'integer': {
      const fits = typeof value === 'number' && Number.isInteger(value) && value >= wanted.min && value <= wanted.max
      return fits ? undefined : `a whole number from ${wanted.min} to ${wanted.max}`
    }
    case 'version':
      return typeof value === 'string' && /^\d+(\.\d+){0,3}$/.test(value) ? undefined : 'a version such as 10.0.26100'
    case 'choice':
      return typeof value === 'string' && wanted.choices.includes(value)
        ? undefined
        : `one of ${wanted.choices.join(', ')}`
    case 'strings': {
      const fits =
        Array.isArray(value) && value.length <= wanted.maxItems && value.every((each) => typeof each === 'string')
      return fits ? undefined : `a list of at most ${wanted.maxItems} texts`
    }
    case 'string': {
      const fits = typeof value === 'string' && value.length <= wanted.maxLength
      if (!fits) return `a text of at most ${wanted.maxLength} characters`
      return wanted.pattern === undefined || new RegExp(wanted.pattern).test(value)
        ? undefined
        : `a text that matches ${wanted.pattern}`
    }
  }
}

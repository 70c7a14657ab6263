import type { LinuxItem } from '@muster/shared/contracts'

/** A rule of custom compliance on its way to the device. */
export interface CustomRule {
  readonly ruleId: string
  readonly value: string
}

/** A policy body holds so many items for one setting and no more. */
const RULES_MAX = 100

/**
 * The rules of an author's JSON (`{"Rules": [{"SettingName": …}, …]}`), each to be judged by itself. What is no such JSON,
 * or too much of it, goes to the device as it is, which says so in its own words.
 */
export function customRules(text: string): readonly CustomRule[] {
  const rules = rulesIn(text)
  if (!rules) return [{ ruleId: 'rules', value: text }]
  return rules.map((rule) => ({ ruleId: nameOf(rule), value: JSON.stringify(rule) }))
}

function rulesIn(text: string): readonly unknown[] | undefined {
  try {
    const rules: unknown = Reflect.get(Object(JSON.parse(text)), 'Rules')
    return Array.isArray(rules) && rules.length > 0 && rules.length <= RULES_MAX ? rules : undefined
  } catch {
    return undefined
  }
}

const nameOf = (rule: unknown): LinuxItem['ruleId'] =>
  (String(Reflect.get(Object(rule), 'SettingName') ?? '') || 'rule').slice(0, 120)

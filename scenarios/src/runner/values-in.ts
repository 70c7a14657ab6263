import type { ConditionContext } from '@muster/shared/scenario'

/** What the names in a condition stood at, so that a failure explains itself. */
export function valuesIn(expr: string, world: ConditionContext | undefined, held = false): string {
  if (!world) return 'the service did not answer'
  const values: string[] = []
  for (const [, table = '', field = ''] of expr.matchAll(
    /\b(devices|reports|certificates|actions|enrolments|checkIns)\.(\w+)/g,
  )) {
    const value = (world[table as 'devices'] as Readonly<Record<string, number>>)[field]
    if (value !== undefined) values.push(`${table}.${field} = ${Number.isInteger(value) ? value : value.toFixed(3)}`)
  }
  for (const [, id = '', field = ''] of expr.matchAll(/policy\(\s*["']([^"']+)["']\s*\)\.(\w+)/g)) {
    const value = (world.policies.get(id) as Readonly<Record<string, number>> | undefined)?.[field]
    if (value !== undefined) values.push(`policy("${id}").${field} = ${value}`)
  }
  for (const [name] of expr.matchAll(/\b(apps|notifications|retireListed|brokerKills)\b/g))
    values.push(`${name} = ${world[name as 'apps']}`)
  return [...new Set(values)].join(', ') || (held ? 'holds' : 'does not hold')
}

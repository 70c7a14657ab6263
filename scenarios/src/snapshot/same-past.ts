import { CodedError } from '@muster/shared/core'
import type { Scenario } from '@muster/shared/scenario'

/** Parts of a scenario that a world is made of; they are as they are when a snapshot of it exists. */
const fixed = ['tenant', 'behaviors', 'population', 'workers'] as const

/**
 * A scenario may go on from a snapshot as it likes, but its past must be the snapshot's: tenant, population, what it says of
 * policies that exist, and the phases up to the one at whose end the world was put down, if it has that one at all.
 * @throws CodedError `snapshot/scenario-differs`, with the first field that does
 */
export function checkSamePast(scenario: Scenario, before: Scenario, donePhases: readonly string[]): void {
  for (const field of fixed) check(field, scenario[field], before[field])
  check('clock.start', scenario.clock.start, before.clock.start)
  for (const policy of before.policies) {
    const now = scenario.policies.find(({ id }) => id === policy.id)
    if (now) check(`policies.${policy.id}`, now, policy)
  }
  const last = scenario.phases.findIndex(({ name }) => name === donePhases.at(-1))
  if (last < 0) {
    const again = scenario.phases.findIndex(({ name }) => donePhases.includes(name))
    if (again >= 0) differs(`phases.${again}.name`, scenario.phases[again]?.name, 'that it was before the snapshot')
    return
  }
  const past = before.phases.filter(({ name }) => donePhases.includes(name))
  check('phases', scenario.phases.slice(0, last + 1), past.length === donePhases.length ? past : scenario.phases)
}

function check(path: string, now: unknown, before: unknown): void {
  const where = firstDifference(now, before, path)
  if (where) differs(where.path, where.now, `${shown(where.before)} in the snapshot`)
}

function differs(path: string, now: unknown, before: string): never {
  throw new CodedError(
    'snapshot/scenario-differs',
    `${path} is ${shown(now)}, and ${before}: what a snapshot has behind it cannot be another`,
  )
}

interface Difference {
  readonly path: string
  readonly now: unknown
  readonly before: unknown
}

function firstDifference(now: unknown, before: unknown, path: string): Difference | undefined {
  if (isObject(now) && isObject(before)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(now)])) {
      const found = firstDifference(now[key], before[key], `${path}.${key}`)
      if (found) return found
    }
    return undefined
  }
  return now === before ? undefined : { path, now, before }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

function shown(value: unknown): string {
  if (value === undefined) return 'absent'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

import { platformOf } from '@muster/agent/platforms'
import { formatDuration, populationOf, type Scenario } from '@muster/shared/scenario'
import { costs } from './costs.ts'
import type { Plan } from './plan.ts'
import { countText } from './range.ts'
import { onlineShare } from './traffic.ts'

/** What will not go as it is meant, as far as that can be told before. */
export function warningsOf(scenario: Scenario, plan: Omit<Plan, 'warnings'>): readonly string[] {
  return [
    ...tooFast(plan),
    ...tooLong(scenario, plan),
    ...tooShort(scenario),
    ...faultsInVain(plan),
    ...policiesInVain(scenario, plan),
  ]
}

/** What the machine of the costs does not keep up with. */
function tooFast({ mode, speed, traffic, cost, simulatedMs, managed }: Omit<Plan, 'warnings'>): readonly string[] {
  if (mode === 'virtual' || speed === undefined) return []
  const { perSecond, what } = traffic.peak
  const bound = what === 'enrolment' ? costs.live.enrolmentsPerSecond : costs.live.checkInsPerSecond
  const warnings: string[] = []
  if (perSecond > bound)
    warnings.push(
      `${what}: ${countText(perSecond)} a second are more than the ${countText(bound)} that were measured: ${countText(managed)} devices at speed ${speed} cannot be kept up with. Lower clock.speed, or run it virtual`,
    )
  const busy = cost.cpuMs.least / Math.max(1, simulatedMs.least / speed)
  if (busy > 2)
    warnings.push(`${busy.toFixed(1)} cores are busy all the time at this speed. Lower clock.speed, or run it virtual`)
  return warnings
}

/** What does not end within the wall limit. */
function tooLong({ limits }: Scenario, { cost }: Omit<Plan, 'warnings'>): readonly string[] {
  if (cost.wallMs.least > limits.wall)
    return [
      `it takes ${formatDuration(cost.wallMs.least)} of wall time at the least, and limits.wall is ${formatDuration(limits.wall)}`,
    ]
  if (cost.wallMs.most > 2 * limits.wall)
    return [
      `with all its timeouts it takes ${formatDuration(cost.wallMs.most)} of wall time, and limits.wall is ${formatDuration(limits.wall)}`,
    ]
  return []
}

/** Conditions that cannot come to hold while devices are silent. */
function tooShort(scenario: Scenario): readonly string[] {
  const { groups } = populationOf(scenario)
  const slowest = groups.reduce(
    (most, { name, platform, temperament }) => {
      const everyMs = temperament.checkInEveryMs ?? platformOf(platform).cadence.steadyMs
      const ms = everyMs / Math.max(0.05, onlineShare(temperament))
      return ms > most.ms ? { name, ms } : most
    },
    { name: '', ms: 0 },
  )
  return scenario.phases.slice(1).flatMap(({ name, until, do: steps }) => {
    const wakes = steps.some((step) => ['assign', 'update', 'rollout', 'sync', 'action'].some((kind) => kind in step))
    const asks = until && /noncompliant|compliant|unknown|nonCompliant/i.test(until.expr)
    if (!until || !asks || wakes || until.timeout >= slowest.ms) return []
    return [
      `phase ${name} waits ${formatDuration(until.timeout)} at most, and wakes nobody: devices of ${slowest.name} speak every ${formatDuration(slowest.ms)} or so`,
    ]
  })
}

function faultsInVain({ faults }: Omit<Plan, 'warnings'>): readonly string[] {
  return faults.flatMap(({ name, times }) => {
    if (times.most === 0) return [`fault ${name} will not happen: the phases are over before its moment`]
    return times.least === 0 ? [`fault ${name} may not happen: the phases may be over before its moment`] : []
  })
}

/** A policy that is assigned to nobody is meant so: others may come from it. */
function policiesInVain(scenario: Scenario, { policies }: Omit<Plan, 'warnings'>): readonly string[] {
  const assigned = new Set([
    ...scenario.policies.flatMap(({ id, assignTo }) => (assignTo.length > 0 ? [id] : [])),
    ...scenario.phases.flatMap((phase) => phase.do.flatMap((step) => ('assign' in step ? [step.assign.policy] : []))),
  ])
  return policies.flatMap(({ id, inTheEnd, atFirst }) =>
    assigned.has(id) && inTheEnd === 0 && atFirst === 0 ? [`policy ${id} is for no device`] : [],
  )
}

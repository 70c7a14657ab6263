import { enrolmentModes, type LinkTemper, type Population, type Presence } from '@muster/shared/contracts'
import type { Scenario } from './schema.ts'

/** How many devices each part of the population has: exact, by the largest remainders. */
export function populationCounts({ size, mix }: Scenario['population']): readonly number[] {
  const total = mix.reduce((sum, { weight }) => sum + weight, 0)
  const quotas = mix.map(({ weight }) => (size * weight) / total)
  const counts = quotas.map(Math.floor)
  const left = size - counts.reduce((sum, count) => sum + count, 0)
  const byRemainder = quotas
    .map((quota, index) => ({ index, remainder: quota - Math.floor(quota) }))
    .sort((a, b) => b.remainder - a.remainder || a.index - b.index)
  for (const { index } of byRemainder.slice(0, left)) counts[index] = (counts[index] ?? 0) + 1
  return counts
}

/** Where a device's part of the population is written down, for membership rules. */
export const PART_ATTRIBUTE = 'extensionAttribute15'

/** Users that a scenario needs when it does not say: two for three devices. */
export const userCount = ({ tenant, population }: Scenario): number =>
  tenant.users.count ?? Math.max(1, Math.ceil((population.size * 2) / 3))

/** The population in the simulation's own terms. */
export function populationOf(scenario: Scenario): Population {
  const counts = populationCounts(scenario.population)
  return {
    seed: scenario.seed,
    users: { count: userCount(scenario), domain: scenario.tenant.users.domain },
    ...arrivalOf(scenario),
    groups: scenario.population.mix.flatMap((mix, index) => {
      const count = counts[index] ?? 0
      if (count === 0) return []
      return [
        {
          name: mix.name,
          platform: mix.platform,
          mode: modeOf(mix),
          count,
          first: 1,
          ...(mix.models ? { models: mix.models } : {}),
          attributes: { ...mix.attributes, [PART_ATTRIBUTE]: mix.name },
          temperament: temperamentOf(scenario.behaviors[mix.behavior ?? '']),
        },
      ]
    }),
  }
}

function modeOf({ platform, enrollment, ownership }: Scenario['population']['mix'][number]): string {
  const modes = enrolmentModes[platform]
  return enrollment ?? (modes.find((mode) => mode.ownership === ownership) ?? modes[0])?.id ?? ''
}

/** How devices arrive: over which time, and how much of it the rate grows until it is what it stays. */
function arrivalOf({ population, phases }: Scenario): Pick<Population, 'enrolOverMs' | 'enrolRampMs'> {
  const enrol = phases.find((phase) => phase.enrol)?.enrol
  if (enrol?.rate === undefined) return { enrolOverMs: enrol?.over ?? population.enrolOver, enrolRampMs: 0 }
  const { rate, ramp = 0 } = enrol
  const evenlyMs = population.size / rate
  // With too few devices for the whole ramp the last one comes while the rate still grows.
  const overMs = evenlyMs >= ramp / 2 ? evenlyMs + ramp / 2 : Math.sqrt(2 * ramp * evenlyMs)
  return { enrolOverMs: Math.round(overMs), enrolRampMs: Math.round(Math.min(ramp, overMs)) }
}

type Temperament = Population['groups'][number]['temperament']

function temperamentOf(behavior: Scenario['behaviors'][string] | undefined): Temperament {
  const { checkIn, apply, online, link } = behavior ?? {}
  return {
    checkInJitter: checkIn?.jitter ?? behavior?.checkInJitter ?? 0.1,
    applyFailure: apply?.fail ?? behavior?.applyFailure ?? 0.004,
    driftFactor: behavior?.driftFactor ?? 1,
    selfHeal: behavior?.selfHeal ?? 0.6,
    selfHealAfterMs: behavior?.selfHealAfter ?? 4 * 3_600_000,
    restartAfterMs: behavior?.restartAfter ?? 2 * 3_600_000,
    userActsAfterMs: behavior?.userActsAfter ?? 3_600_000,
    ...(checkIn?.every === undefined ? {} : { checkInEveryMs: checkIn.every }),
    ...(apply?.duration ? { applyDuration: { p50Ms: apply.duration.p50, p99Ms: apply.duration.p99 } } : {}),
    ...(online ? { presence: presenceOf(online) } : {}),
    ...(link ? { link: linkOf(link) } : {}),
  }
}

const linkOf = ({ latency, loss, duplicate }: NonNullable<Scenario['behaviors'][string]['link']>): LinkTemper => ({
  ...(latency ? { latency: { p50Ms: latency.p50, p99Ms: latency.p99 } } : {}),
  loss,
  duplicate,
})

function presenceOf(online: NonNullable<Scenario['behaviors'][string]['online']>): Presence {
  if (online.pattern === 'duty-cycle')
    return { pattern: online.pattern, upMs: online.up, downMs: online.down, jitterMs: online.jitter }
  const { pattern, timeZone, from, to, share } = online
  return { pattern, timeZone, fromMinute: from, toMinute: to, share }
}

/** Devices of a scenario that will be under management; the rest manage apps only. */
export function managedCount(scenario: Scenario): number {
  return populationOf(scenario).groups.reduce((sum, { platform, mode, count }) => {
    const managed = enrolmentModes[platform].find(({ id }) => id === mode)?.managed ?? true
    return managed ? sum + count : sum
  }, 0)
}

import { platformOf } from '@muster/agent/platforms'
import { enrolmentMode, type PopulationGroup } from '@muster/shared/contracts'
import { DAY_MS } from '@muster/shared/core'
import { managedCount, populationOf, type Scenario, type ScenarioStep } from '@muster/shared/scenario'
import { costs } from './costs.ts'
import { between, exactly, type Range, sumOf, times } from './range.ts'
import type { PlannedPolicy } from './targets.ts'
import type { Timeline } from './timeline.ts'

/** What devices and service will say to each other. */
export interface Traffic {
  readonly checkIns: Range
  readonly reports: Range
  /** Requests and answers, reports and their acknowledgements. */
  readonly messages: Range
  /** Things that devices do by themselves. */
  readonly drifts: Range
  readonly certificates: { readonly issued: number; readonly renewed: Range }
  /** When most happens: check-ins a second, simulated; with pokes, which are spread in wall time, as wall seconds have it. */
  readonly peak: { readonly perSecond: number; readonly what: string }
}

/** Certificates are valid for a year and renewed when a fifth of it is left. */
const RENEWED_EVERY_MS = 292 * DAY_MS

export function trafficOf(scenario: Scenario, timeline: Timeline, policies: readonly PlannedPolicy[]): Traffic {
  const managed = managedCount(scenario)
  const parts = populationOf(scenario).groups.filter(({ platform, mode }) => enrolmentMode(platform, mode)?.managed)
  // Devices that come one after another have half of that time less on average.
  const lifeMs = (total: number): number => Math.max(0, total - populationOf(scenario).enrolOverMs / 2)
  const { least, most } = timeline.lengthMs
  const byThemselves = sumOf(
    parts.map((part) => between(checkInsOf(part, lifeMs(least)), checkInsOf(part, lifeMs(most)))),
  )
  const drifts = sumOf(parts.map((part) => between(driftsOf(part, lifeMs(least)), driftsOf(part, lifeMs(most)))))
  const events = eventsOf(scenario, policies, parts)
  const woken = events.reduce((sum, { devices }) => sum + devices, 0)
  const away = offlineVisits(scenario, timeline)
  const checkIns = sumOf([byThemselves, between(woken * 0.7, woken), away, exactly(managed)])
  const told = events.filter(({ reports }) => reports).reduce((sum, { devices }) => sum + devices, 0)
  const configured = policies.filter(({ type }) => type === 'configuration')
  const waiting = Math.min(
    managed,
    configured.reduce((sum, { inTheEnd }) => sum + (inTheEnd ?? managed), 0),
  )
  const reports = sumOf([
    between(managed, 1.3 * managed + waiting),
    between(told * 0.7, told * 1.3),
    // Drift is told at a check-in: what drifts twice in between is told once, and what heals at once never.
    between(Math.min(drifts.least, checkIns.least) * 0.1, Math.min(drifts.most * 1.6, checkIns.most)),
  ])
  const renewed = between(
    (managed * Math.floor(lifeMs(least) / RENEWED_EVERY_MS)) | 0,
    managed * Math.floor(most / RENEWED_EVERY_MS),
  )
  const messages = sumOf([times(checkIns, 2), times(reports, 2), exactly(2 * managed), times(renewed, 2)])
  const peak = peakOf(scenario, parts, events, policies)
  return { checkIns, reports, messages, drifts, certificates: { issued: managed, renewed }, peak }
}

/** Check-ins of a part by its own rhythm, in so much time of each device. */
function checkInsOf({ platform, count, temperament }: PopulationGroup, lifeMs: number): number {
  const { afterEnrolment, steadyMs } = platformOf(platform).cadence
  let leftMs = lifeMs
  let each = 0
  for (const { everyMs, forMs } of afterEnrolment) {
    each += Math.max(0, Math.min(leftMs, forMs)) / everyMs
    leftMs -= forMs
  }
  const steady = Math.max(0, leftMs) / (temperament.checkInEveryMs ?? steadyMs)
  return count * (each + steady * onlineShare(temperament) + comings(temperament, Math.max(0, leftMs)))
}

type Temperament = PopulationGroup['temperament']

/** Of the time, how much a device is in reach. */
export function onlineShare({ presence }: Temperament): number {
  if (!presence) return 1
  if (presence.pattern === 'duty-cycle') return presence.upMs / (presence.upMs + presence.downMs)
  return (((presence.toMinute - presence.fromMinute) / 1_440) * presence.share * 5) / 7
}

/** How often it comes back into reach, and checks in for that. */
function comings({ presence }: Temperament, ms: number): number {
  if (!presence) return 0
  if (presence.pattern === 'duty-cycle') return ms / (presence.upMs + presence.downMs)
  return ((ms / DAY_MS) * presence.share * 5) / 7
}

function driftsOf({ platform, count, temperament }: PopulationGroup, lifeMs: number): number {
  const perDay = platformOf(platform).drifts.reduce((sum, drift) => sum + drift.perDay, 0)
  return (count * perDay * temperament.driftFactor * lifeMs) / DAY_MS
}

/** Something that makes devices speak, all at once or spread over a time. */
interface Event {
  readonly what: string
  readonly devices: number
  /** They have something to report then. */
  readonly reports: boolean
}

function eventsOf(
  { phases }: Scenario,
  policies: readonly PlannedPolicy[],
  parts: readonly PopulationGroup[],
): readonly Event[] {
  const all = parts.reduce((sum, { count }) => sum + count, 0)
  const targetsOf = (id: string): number => policies.find((policy) => policy.id === id)?.inTheEnd ?? all
  const eventOf = (step: ScenarioStep): Event | undefined => {
    if ('assign' in step)
      return { what: `assign ${step.assign.policy}`, devices: targetsOf(step.assign.policy), reports: true }
    if ('update' in step)
      return { what: `update ${step.update.policy}`, devices: targetsOf(step.update.policy), reports: true }
    if ('rollout' in step)
      return { what: `rollout ${step.rollout.policy}`, devices: targetsOf(step.rollout.policy), reports: true }
    if ('sync' in step) return { what: 'sync', devices: chosen(step.sync, parts), reports: false }
    if ('online' in step) return { what: 'online', devices: chosen(step.online, parts), reports: false }
    if ('drift' in step) return { what: 'drift', devices: 0, reports: true }
    if ('action' in step)
      return { what: step.action.name, devices: step.action.count ?? chosen(step.action, parts), reports: true }
    if ('offline' in step && step.offline.for !== undefined)
      return { what: 'offline', devices: chosen(step.offline, parts), reports: false }
    return undefined
  }
  return phases.flatMap((phase) => phase.do.flatMap((step) => eventOf(step) ?? []))
}

function chosen(
  { in: part, share }: { readonly in?: string | undefined; readonly share: number },
  parts: readonly PopulationGroup[],
): number {
  const named = parts.filter(({ name, platform }) => part === undefined || name === part || platform === part)
  return Math.round(named.reduce((sum, { count }) => sum + count, 0) * share)
}

/** Who comes back from a wave checks in. */
function offlineVisits(scenario: Scenario, { phases }: Timeline): Range {
  const parts = populationOf(scenario).groups
  return sumOf(
    scenario.phases.flatMap((phase, index) =>
      phase.offline.map((offline) => {
        const { every, first } = offline.wave
        const waves = (ms: number): number => (ms <= first ? 0 : Math.ceil((ms - first) / every))
        const { least, most } = phases[index]?.lengthMs ?? exactly(0)
        return times(between(waves(least), waves(most)), chosen(offline, parts))
      }),
    ),
  )
}

function peakOf(
  scenario: Scenario,
  parts: readonly PopulationGroup[],
  events: readonly Event[],
  policies: readonly PlannedPolicy[],
): Traffic['peak'] {
  const { enrolOverMs } = populationOf(scenario)
  const speed = scenario.clock.mode === 'virtual' ? 1 : scenario.clock.speed
  const { enrolmentsPerSecond, pokedPerSecond } = costs.live
  const total = parts.reduce((sum, { count }) => sum + count, 0)
  const quick = parts.reduce((sum, { platform, count }) => {
    const [first] = platformOf(platform).cadence.afterEnrolment
    const together = first && enrolOverMs > 0 ? Math.min(1, first.forMs / enrolOverMs) : 1
    return sum + (first ? (count * together) / (first.everyMs / 1_000) : 0)
  }, 0)
  const steady = parts.reduce(
    (sum, { platform, count, temperament }) =>
      sum + count / ((temperament.checkInEveryMs ?? platformOf(platform).cadence.steadyMs) / 1_000),
    0,
  )
  const enrolling = enrolOverMs > 0 ? (total / (enrolOverMs / 1_000)) * speed : Math.min(total, enrolmentsPerSecond)
  const greatest = Math.max(
    0,
    ...events.map(({ devices }) => devices),
    ...policies.map(({ inTheEnd }) => inTheEnd ?? 0),
  )
  const candidates = [
    { perSecond: enrolling, what: 'enrolment' },
    { perSecond: quick * speed, what: 'the quick check-ins after enrolment' },
    { perSecond: steady * speed, what: 'the devices’ own rhythm' },
    {
      perSecond: events.length > 0 ? Math.min(greatest, pokedPerSecond) : 0,
      what: 'devices that are woken for a policy',
    },
  ]
  return candidates.reduce((most, each) => (each.perSecond > most.perSecond ? each : most))
}

import { HOUR_MS } from '@muster/shared/core'
import {
  formatDuration,
  populationOf,
  type Scenario,
  type ScenarioPhase,
  type ScenarioStep,
} from '@muster/shared/scenario'
import { faultMoment, faultText } from '../runner/fault-text.ts'
import { between, exactly, type Range, sumOf } from './range.ts'

/** A phase as it is expected to be, simulated milliseconds. */
export interface PlannedPhase {
  readonly name: string
  readonly steps: readonly string[]
  /** What goes on beside the steps. */
  readonly during: readonly string[]
  readonly lasts: string
  /** When it begins, from the beginning of the run. */
  readonly fromMs: Range
  readonly lengthMs: Range
}

export interface PlannedFault {
  readonly name: string
  readonly at: string
  readonly what: string
  /** How often it happens. */
  readonly times: Range
}

export interface Timeline {
  /** Enrolment before the first phase, where no phase does it. */
  readonly enrolmentMs: number
  readonly phases: readonly PlannedPhase[]
  readonly faults: readonly PlannedFault[]
  readonly lengthMs: Range
}

/** When everything happens. */
export function timelineOf(scenario: Scenario): Timeline {
  const { enrolOverMs } = populationOf(scenario)
  const inPhase = scenario.phases.some(({ enrol }) => enrol)
  const enrolmentMs = inPhase ? 0 : enrolOverMs
  let fromMs = exactly(enrolmentMs)
  const phases = scenario.phases.map((phase): PlannedPhase => {
    const lengthMs = lengthOf(phase, enrolOverMs)
    const planned = {
      name: phase.name,
      steps: phase.do.map(stepText),
      during: duringOf(phase, lengthMs),
      lasts: lastsText(phase),
      fromMs,
      lengthMs,
    }
    fromMs = sumOf([fromMs, lengthMs])
    return planned
  })
  return { enrolmentMs, phases, faults: faultsOf(scenario, phases), lengthMs: fromMs }
}

/** A phase with a condition ends at once at best, and at worst when it has waited for as long as it may. */
function lengthOf({ do: steps, duration = 0, until, enrol }: ScenarioPhase, enrolOverMs: number): Range {
  const stepsMs = sumOf(steps.map(stepLength))
  const least = Math.max(stepsMs.least, duration, enrol && !until ? enrolOverMs : 0)
  const most = Math.max(stepsMs.most, duration, enrol && !until ? enrolOverMs : 0)
  return between(least, most + (until?.timeout ?? 0))
}

/** A wait takes its time, a ring its soak and at most the time that its gate allows. */
function stepLength(step: ScenarioStep): Range {
  if ('wait' in step) return exactly(step.wait)
  if ('offline' in step) return exactly(step.offline.for ?? 0)
  if (!('rollout' in step)) return exactly(0)
  const { rings, gate } = step.rollout
  return between(
    rings.reduce((sum, { soak }) => sum + soak, 0),
    rings.reduce((sum, { soak }) => sum + soak + (gate?.within ?? 0), 0),
  )
}

/** A step in a few words. */
function stepText(step: ScenarioStep): string {
  const [kind = '', what] = Object.entries(step)[0] ?? []
  if ('wait' in step) return `wait ${formatDuration(step.wait)}`
  const { policy, name, in: part, share } = (what ?? {}) as Record<string, unknown>
  const whom = typeof share === 'number' && share < 1 ? `${Math.round(share * 100)} % of ${part ?? 'all'}` : part
  return [kind, policy ?? name, whom].filter((word) => word !== undefined).join(' ')
}

function lastsText({ until, duration, enrol }: ScenarioPhase): string {
  if (until) return `until ${shortened(until.expr)}, at most ${formatDuration(until.timeout)}`
  if (duration !== undefined) return formatDuration(duration)
  return enrol ? 'until everybody is enrolled' : 'as long as its steps take'
}

const EXPRESSION_MAX = 100

const shortened = (expr: string): string =>
  expr.length > EXPRESSION_MAX ? `${expr.slice(0, EXPRESSION_MAX - 1).trimEnd()}…` : expr

function duringOf({ enrol, drift, offline }: ScenarioPhase, { most }: Range): readonly string[] {
  return [
    ...(enrol ? ['the population enrols'] : []),
    ...drift.map(
      ({ in: part, rate }) => `${part ?? 'all'} drift at ${Number((rate * 24 * HOUR_MS * 100).toFixed(2))} % a day`,
    ),
    ...offline.map(({ in: part, share, wave }) => {
      const waves = most <= wave.first ? 0 : Math.ceil((most - wave.first) / wave.every)
      return `${Math.round(share * 100)} % of ${part ?? 'all'} offline for ${formatDuration(wave.for)}, ${waves} times at most`
    }),
  ]
}

function faultsOf({ faults }: Scenario, phases: readonly PlannedPhase[]): readonly PlannedFault[] {
  const endMs = sumOf(phases.slice(-1).flatMap(({ fromMs, lengthMs }) => [fromMs, lengthMs]))
  return faults.map((fault) => {
    const begins = phases.find(({ name }) => name === fault.at.phase) ?? phases[0]
    const leftMs = (end: number, begin: number): number => end - begin - fault.at.afterMs
    const times = (left: number): number =>
      left < 0 ? 0 : fault.every === undefined ? 1 : 1 + Math.floor(left / fault.every)
    // Each end goes with its own beginning: a phase before that takes long takes the fault along.
    const { least = 0, most = 0 } = begins?.fromMs ?? {}
    return {
      name: fault.name ?? fault.kind,
      at: faultMoment(fault),
      what: faultText(fault),
      times: between(times(leftMs(endMs.least, least)), times(leftMs(endMs.most, most))),
    }
  })
}

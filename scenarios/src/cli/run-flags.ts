import { relative } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { type Chaos, parseDuration, Scenario } from '@muster/shared/scenario'

/** Flags that change what a scenario is, and so belong to the command that repeats a run. */
export interface ScenarioFlags {
  readonly seed?: string
  readonly scale?: string
  readonly speed?: string
  readonly chaos?: string | true
  readonly plant?: string
  /** The snapshot that it goes on from. */
  readonly from?: string
}

/** A scenario as the flags want it. @throws CodedError `cli/usage` */
export function adjusted(scenario: Scenario, { seed, scale, speed, chaos }: ScenarioFlags): Scenario {
  const size =
    scale === undefined
      ? scenario.population.size
      : Math.max(1, Math.round(scenario.population.size * numberOf(scale, '--scale')))
  const clock = clockOf(scenario.clock, speed)
  const wanted = chaos === undefined ? scenario.chaos : chaosOf(chaos)
  if (chaos !== undefined && clock.mode !== 'virtual')
    throw new CodedError('cli/usage', '--chaos needs a virtual world: add --speed virtual')
  return {
    ...scenario,
    seed: seed === 'random' ? String(Math.floor(Math.random() * 1e9)) : (seed ?? scenario.seed),
    clock,
    population: { ...scenario.population, size },
    ...(wanted ? { chaos: wanted } : {}),
  }
}

/** The command that repeats a run. */
export function commandOf(file: string, seed: string, { scale, speed, chaos, plant, from }: ScenarioFlags): string {
  return [
    `muster run ${relative(process.cwd(), file)} --seed ${seed}`,
    ...(scale === undefined ? [] : [`--scale ${scale}`]),
    ...(from === undefined ? [] : [`--from ${from}`]),
    ...(speed === undefined || from !== undefined ? [] : [`--speed ${speed}`]),
    ...(chaos === undefined ? [] : [chaos === true ? '--chaos' : `--chaos ${chaos}`]),
    ...(plant === undefined ? [] : [`--plant ${plant}`]),
  ].join(' ')
}

function clockOf(clock: Scenario['clock'], speed: string | undefined): Scenario['clock'] {
  if (speed === undefined) return clock
  if (speed === 'virtual') return { ...clock, mode: 'virtual' }
  return { ...clock, mode: 'scaled', speed: numberOf(speed, '--speed') }
}

function chaosOf(every: string | true): Chaos {
  const everyMs = every === true ? undefined : parseDuration(every)
  if (every !== true && (everyMs === undefined || everyMs <= 0))
    throw new CodedError('cli/usage', `--chaos takes how often, such as 30m, not ${JSON.stringify(every)}`)
  return Scenario.shape.chaos.unwrap().parse(every === true ? {} : { every })
}

export function numberOf(text: string, flag: string): number {
  const value = Number(text)
  if (Number.isFinite(value) && value > 0) return value
  throw new CodedError('cli/usage', `${flag} must be a number above 0, not ${JSON.stringify(text)}`)
}

import { relative } from 'node:path'
import { CodedError, nearestName } from '@muster/shared/core'
import { type Chaos, parseDuration, Scenario } from '@muster/shared/scenario'
import type { Command } from 'commander'
import { collect } from './arguments.ts'

/** Flags that change what a scenario is, and so belong to the command that repeats a run. */
export interface ScenarioFlags {
  readonly seed?: string
  readonly scale?: string
  readonly speed?: string
  readonly chaos?: string | true
  readonly plant?: string
  /** The snapshot that it goes on from. */
  readonly from?: string
  /** `path=value`. */
  readonly set?: readonly string[]
  /** Names of phases. */
  readonly only?: readonly string[]
  readonly skipFaults?: boolean
  /** False with `--no-thresholds`. */
  readonly thresholds?: boolean
  /** `key=value`. */
  readonly tag?: readonly string[]
}

/** The options of `ScenarioFlags` that say what a scenario is. */
export const withScenarioOptions = (command: Command): Command =>
  command
    .option('--seed <seed>', 'another seed than the scenario has; `random` for a new one')
    .option('--scale <factor>', 'multiply the size of the population')
    .option('--speed <factor>', 'simulated seconds in a wall second, or `virtual`: a whole world in one process')
    .option(
      '--set <path=value>',
      'another value in the scenario, such as phases.settle.duration=2h; again for more',
      collect,
    )
    .option('--only <phase>', 'this phase, and none of those that are not named so; again for more', collect)
    .option('--skip-faults', 'without the faults of the scenario, and without those by chance')
    .option('--no-thresholds', 'without the thresholds of the scenario')
    .option('--tag <key=value>', 'a tag for the report; again for more', collect)

/** A scenario as the flags want it. @throws CodedError `cli/usage` */
export function adjusted(scenario: Scenario, flags: ScenarioFlags): Scenario {
  const { seed, scale, speed, chaos, tag = [] } = flags
  const size =
    scale === undefined
      ? scenario.population.size
      : Math.max(1, Math.round(scenario.population.size * numberOf(scale, '--scale')))
  const clock = clockOf(scenario.clock, speed)
  if (chaos !== undefined && clock.mode !== 'virtual')
    throw new CodedError('cli/usage', '--chaos needs a virtual world: add --speed virtual')
  for (const each of tag)
    if (!/^[^=\s]+=/.test(each)) throw new CodedError('cli/usage', `--tag takes key=value, not ${JSON.stringify(each)}`)
  const { chaos: byChance, ...rest } = lessened(scenario, flags)
  const wanted = chaos === undefined ? byChance : chaosOf(chaos)
  return {
    ...rest,
    metadata: { ...scenario.metadata, tags: [...scenario.metadata.tags, ...tag] },
    seed: seed === 'random' ? String(Math.floor(Math.random() * 1e9)) : (seed ?? scenario.seed),
    clock,
    population: { ...scenario.population, size },
    ...(wanted ? { chaos: wanted } : {}),
  }
}

/** Without what the flags leave out. What is about a phase that is left out is left out as well. */
function lessened(scenario: Scenario, { only, skipFaults, thresholds: keep = true }: ScenarioFlags): Scenario {
  const names = scenario.phases.map(({ name }) => name)
  const left = new Set(only ?? names)
  for (const name of left) {
    if (names.includes(name)) continue
    const near = nearestName(name, names)
    const hint = near ? `; did you mean ${JSON.stringify(near)}?` : `: it has ${names.join(', ')}`
    throw new CodedError('cli/usage', `--only: the scenario has no phase ${JSON.stringify(name)}${hint}`)
  }
  const isThere = (phase: string | undefined): boolean => phase === undefined || left.has(phase)
  const isWithin = (during: readonly string[] | undefined): boolean => !during || during.some((name) => left.has(name))
  const { chaos, ...rest } = scenario
  return {
    ...rest,
    ...(chaos && !skipFaults ? { chaos } : {}),
    phases: scenario.phases.filter(({ name }) => left.has(name)),
    faults: skipFaults ? [] : scenario.faults.filter(({ at }) => isThere(at.phase)),
    // What a fault that does not happen would have to be measured by is left out with it.
    thresholds: scenario.thresholds.filter(
      ({ during, where }) => keep && isWithin(during) && !(skipFaults && where.fault !== undefined),
    ),
    assertions: scenario.assertions.filter(
      ({ at, always, never }) => isThere(at?.phase) && isWithin((always ?? never)?.during),
    ),
  }
}

/** The command that repeats a run. */
export function commandOf(file: string, seed: string, flags: ScenarioFlags): string {
  const { scale, speed, chaos, plant, from, set = [], only = [], skipFaults, thresholds = true, tag = [] } = flags
  const each = (name: string, texts: readonly string[]): readonly string[] =>
    texts.map((text) => `${name} ${inShell(text)}`)
  return [
    `muster run ${inShell(relative(process.cwd(), file))} --seed ${inShell(seed)}`,
    ...(scale === undefined ? [] : [`--scale ${scale}`]),
    ...(from === undefined ? [] : [`--from ${from}`]),
    ...(speed === undefined || from !== undefined ? [] : [`--speed ${speed}`]),
    ...(chaos === undefined ? [] : [chaos === true ? '--chaos' : `--chaos ${chaos}`]),
    ...(plant === undefined ? [] : [`--plant ${plant}`]),
    ...each('--set', set),
    ...each('--only', only),
    ...(skipFaults ? ['--skip-faults'] : []),
    ...(thresholds ? [] : ['--no-thresholds']),
    ...each('--tag', tag),
  ].join(' ')
}

const inShell = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)

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

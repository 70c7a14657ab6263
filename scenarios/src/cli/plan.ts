import {
  formatDuration,
  formatProblem,
  populationOf,
  type Scenario,
  type ScenarioStep,
  userCount,
} from '@muster/shared/scenario'
import type { Command } from 'commander'
import { faultMoment, faultText } from '../runner/fault-text.ts'
import { readScenario } from './read-scenario.ts'

interface Plan {
  readonly name: string
  readonly seed: string
  readonly speed: number
  readonly devices: number
  readonly users: number
  readonly population: readonly {
    readonly name: string
    readonly platform: string
    readonly mode: string
    readonly count: number
  }[]
  readonly phases: readonly {
    readonly name: string
    readonly steps: readonly string[]
    readonly lasts: string
    readonly wallMsMax: number
  }[]
  readonly faults: readonly { readonly name: string; readonly at: string; readonly what: string }[]
  readonly wallMsMax: number
}

/** How long a step may take, simulated: a wait takes its time, a ring its soak and the time that its gate allows. */
function longestMs(step: ScenarioStep): number {
  if ('wait' in step) return step.wait
  if (!('rollout' in step)) return 0
  const { rings, gate } = step.rollout
  return rings.reduce((sum, { soak }) => sum + soak + (gate?.within ?? 0), 0)
}

/** What a scenario will do, without doing it. */
export function planOf(scenario: Scenario): Plan {
  const phases = scenario.phases.map((phase) => {
    const stepsMs = phase.do.reduce((sum, step) => sum + longestMs(step), 0)
    const simulatedMs = phase.until ? stepsMs + phase.until.timeout : Math.max(stepsMs, phase.duration ?? 0)
    const lasts = phase.until
      ? `until ${phase.until.expr}, at most ${formatDuration(phase.until.timeout)}`
      : phase.duration === undefined
        ? 'as long as its steps take'
        : formatDuration(phase.duration)
    return {
      name: phase.name,
      steps: phase.do.map((step) => Object.keys(step)[0] ?? ''),
      lasts,
      wallMsMax: simulatedMs / scenario.clock.speed,
    }
  })
  return {
    name: scenario.metadata.name,
    seed: scenario.seed,
    speed: scenario.clock.speed,
    devices: scenario.population.size,
    users: userCount(scenario),
    population: populationOf(scenario).groups.map(({ name, platform, mode, count }) => ({
      name,
      platform,
      mode,
      count,
    })),
    phases,
    faults: scenario.faults.map((fault) => ({
      name: fault.name ?? fault.kind,
      at: faultMoment(fault),
      what: faultText(fault),
    })),
    wallMsMax: phases.reduce((sum, { wallMsMax }) => sum + wallMsMax, 0),
  }
}

export function addPlan(program: Command): void {
  program
    .command('plan')
    .description('show what a scenario will do, without doing it')
    .argument('<scenario>', 'scenario file')
    .option('--json', 'as JSON')
    .action((file: string, options: { json?: boolean }) => {
      const result = readScenario(file)
      if (!result.ok) {
        for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`)
        process.exitCode = 3
        return
      }
      const plan = planOf(result.scenario)
      if (options.json) process.stdout.write(`${JSON.stringify(plan, null, 2)}\n`)
      else process.stdout.write(planText(plan))
    })
}

function planText(plan: Plan): string {
  const lines = [
    `${plan.name}: ${plan.devices} devices, ${plan.users} users, seed ${plan.seed}, ${plan.speed} simulated seconds a second`,
    '',
    ...plan.population.map(
      ({ name, platform, mode, count }) => `  ${name.padEnd(24)} ${String(count).padStart(6)}  ${platform} by ${mode}`,
    ),
    '',
    ...plan.phases.map(
      ({ name, steps, lasts, wallMsMax }) =>
        `  ${name.padEnd(24)} ${lasts}${wallMsMax > 0 ? ` (${formatDuration(wallMsMax)} wall)` : ''}${steps.length > 0 ? `; ${steps.join(', ')}` : ''}`,
    ),
    ...(plan.faults.length > 0 ? ['', 'beside them'] : []),
    ...plan.faults.map(({ name, at, what }) => `  ${name.padEnd(24)} ${at}: ${what}`),
    '',
    `at most ${formatDuration(plan.wallMsMax)} of wall time in phases, beside enrolment`,
  ]
  return `${lines.join('\n')}\n`
}

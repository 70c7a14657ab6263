import { formatProblem } from '@muster/shared/scenario'
import type { Command } from 'commander'
import { planOf } from '../plan/plan.ts'
import { planText } from '../plan/text.ts'
import { readScenario } from './read-scenario.ts'
import { adjusted, type ScenarioFlags, withScenarioOptions } from './run-flags.ts'

export function addPlan(program: Command): void {
  const command = program
    .command('plan')
    .description('show what a scenario will do and cost, without doing it')
    .argument('<scenario>', 'scenario file')
  withScenarioOptions(command)
    .option('--json', 'as JSON')
    .action((file: string, flags: ScenarioFlags & { readonly json?: boolean }) => {
      const result = readScenario(file, flags.set)
      if (!result.ok) {
        for (const problem of result.problems) process.stderr.write(`${formatProblem(problem)}\n`)
        process.exitCode = 3
        return
      }
      const plan = planOf(adjusted(result.scenario, flags))
      process.stdout.write(flags.json ? `${JSON.stringify(plan, null, 2)}\n` : planText(plan))
    })
}

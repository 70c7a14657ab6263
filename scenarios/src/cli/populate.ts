import { userPrincipalName } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { formatProblem, managedCount, type Scenario } from '@muster/shared/scenario'
import type { Command } from 'commander'
import { contextOf } from '../runner/open-context.ts'
import { populate } from '../runner/populate.ts'
import { prepareTenant } from '../runner/tenant.ts'
import { openGivenStage } from '../stack/given-stage.ts'
import { count } from './arguments.ts'
import { connectionIn, DATA_DIR, readConnection } from './data-directory.ts'
import { abortOnSignal } from './interrupt.ts'
import { readScenario } from './read-scenario.ts'

interface PopulateFlags {
  readonly data: string
  readonly on?: string
  readonly devices?: number
}

/** `populate`: the tenant and the devices of a scenario, on a Muster that runs and goes on running. */
export function addPopulate(program: Command): void {
  program
    .command('populate')
    .description('write the tenant of a scenario into a Muster that runs, and enrol its devices; nothing else happens')
    .argument('<scenario>', 'scenario file')
    .option('--data <dir>', 'data directory of the Muster', DATA_DIR)
    .option('--on <file>', 'connection.json of a Muster that is elsewhere')
    .option('--devices <n>', 'so many, in place of what the scenario says', count)
    .action(async (file: string, flags: PopulateFlags) => {
      const read = readScenario(file)
      if (!read.ok) {
        for (const problem of read.problems) process.stderr.write(`${formatProblem(problem)}\n`)
        process.exitCode = 3
        return
      }
      const { population } = read.scenario
      await fill({ ...read.scenario, population: { ...population, size: flags.devices ?? population.size } }, flags)
    })
}

/** What is there already, from a start before, is left as it is. */
async function fill(scenario: Scenario, { on, data }: PopulateFlags): Promise<void> {
  const stop = new AbortController()
  const release = abortOnSignal(stop)
  const stage = await openGivenStage(on === undefined ? readConnection(data) : connectionIn(on))
  try {
    const onNote = (_: number, what: string, text: string): void => void process.stdout.write(`${what}: ${text}\n`)
    const context = contextOf(stage, { scenario, signal: stop.signal, onNote })
    context.observer.stop()
    const firstUser = `/v1.0/users/${userPrincipalName(1, scenario.tenant.users.domain)}`
    if ((await stage.client.ask('GET', firstUser)).status !== 200) await prepareTenant(context)
    await populate(context)
    const { devices } = (await stage.client.call('GET', '/_muster/stats')) as { devices: { managed: number } }
    if (devices.managed < managedCount(scenario))
      throw new CodedError(
        'simulation/not-enrolled',
        `only ${devices.managed} of ${managedCount(scenario)} devices are enrolled`,
      )
  } finally {
    release()
    await stage.stop()
  }
}

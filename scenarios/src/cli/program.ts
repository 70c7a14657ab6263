import type { Command } from 'commander'
import { addAgents } from './agents.ts'
import { addBroker } from './broker.ts'
import { addControl } from './control.ts'
import { addDeadLetters } from './dead-letters.ts'
import { addDevices } from './devices.ts'
import { addDoctor } from './doctor.ts'
import { addGraph } from './graph.ts'
import { addInit } from './init.ts'
import { MirroredCommand } from './mirrored-command.ts'
import { addPlan } from './plan.ts'
import { addPopulate } from './populate.ts'
import { addReport } from './report.ts'
import { addRun } from './run.ts'
import { addSchema } from './schema.ts'
import { addSnapshot } from './snapshot.ts'
import { addTrust } from './trust.ts'
import { addStack } from './up.ts'
import { addValidate } from './validate.ts'
import { VERSION } from './version.ts'
import { addWorker } from './worker.ts'

/** The command line of Muster. It throws where another would end the process. */
export function createProgram(): Command {
  const program = new MirroredCommand('muster')
    .description(
      'An endpoint-management system on one laptop: an Intune-shaped control service and a live, simulated fleet.',
    )
    .version(VERSION)
    .showHelpAfterError('(see --help)')
    .showSuggestionAfterError()
    .option('--no-color', 'no colours, as with NO_COLOR')
    .addHelpText(
      'after',
      '\nEvery option may be given as MUSTER_<OPTION> in the environment, such as MUSTER_PORT; a flag wins.',
    )
    .hook('preAction', () => {
      if (program.opts()['color'] === false) process.env['NO_COLOR'] = '1'
    })
    .exitOverride()

  for (const add of [
    addStack,
    addControl,
    addBroker,
    addPopulate,
    addRun,
    addReport,
    addValidate,
    addPlan,
    addSnapshot,
    addDevices,
    addDeadLetters,
    addWorker,
    addAgents,
    addDoctor,
    addInit,
    addSchema,
    addGraph,
    addTrust,
  ])
    add(program)
  return program
}

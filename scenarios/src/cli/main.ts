import { errorCatalogue } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { CommanderError } from 'commander'
import { namingDiskFull } from '../stack/disk-full.ts'
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

// A reader who has seen enough (`… | head`) or a terminal that was closed is no reason to leave a run half-way.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })

// A full disk shows first where nobody waits for an answer: in a log.
process.on('uncaughtException', (error) => process.exit(exitCodeOf(error)))

try {
  await program.parseAsync(process.argv)
} catch (error) {
  process.exitCode = exitCodeOf(error)
}

/** Usage is 2, coded errors say their own, the rest is a bug of ours and comes with its stack. */
function exitCodeOf(thrown: unknown): number {
  const error = namingDiskFull(thrown)
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof CodedError) {
    process.stderr.write(`muster: ${error.message} [${error.code}]\n`)
    return errorCatalogue[error.code].exit
  }
  process.stderr.write(
    `muster: this is a bug, please report it\n${error instanceof Error ? error.stack : String(error)}\n`,
  )
  return 1
}

import { errorCatalogue } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { CommanderError } from 'commander'
import { namingDiskFull } from '../stack/disk-full.ts'
import { createProgram } from './program.ts'

// A reader who has seen enough (`… | head`) or a terminal that was closed is no reason to leave a run half-way.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE' && error.code !== 'EIO') throw error
  })

// A full disk shows first where nobody waits for an answer: in a log.
process.on('uncaughtException', (error) => process.exit(exitCodeOf(error)))

try {
  await createProgram().parseAsync(process.argv)
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

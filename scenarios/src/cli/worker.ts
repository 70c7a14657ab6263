import { readFileSync } from 'node:fs'
import { defaultAgentId, runAgent } from '@muster/agent/fleet'
import { SubjectToken } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Command } from 'commander'
import { z } from 'zod'
import { abortOnSignal } from './interrupt.ts'

/** What `muster up` writes for workers on this machine. */
export const WorkerConnection = z.object({
  natsUrl: z.string(),
  user: z.string().exactOptional(),
  password: z.string().exactOptional(),
  tenant: SubjectToken,
  clock: z.object({ originWallMs: z.number(), originMs: z.number(), speed: z.number().positive() }),
})
export type WorkerConnection = z.infer<typeof WorkerConnection>

interface WorkerFlags {
  readonly connection: string
  readonly id?: string
  readonly capacity: string
  readonly data?: string
  readonly logLevel: string
}

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('host devices: an agent process for 1 to 20,000 of them over one connection')
    .option('--connection <file>', 'what `muster up` wrote for workers', '.muster/data/worker.json')
    .option('--id <id>', 'name of this agent; another one than every other')
    .option('--capacity <devices>', 'devices that it takes', '20000')
    .option('--data <dir>', 'keep the fleet here, so that the next start goes on with it')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent', 'info')
    .action(async (flags: WorkerFlags) => {
      const stop = new AbortController()
      abortOnSignal(stop)
      const agentId = flags.id ?? defaultAgentId()
      const capacity = Number(flags.capacity)
      if (!SubjectToken.safeParse(agentId).success)
        throw new CodedError('cli/usage', '--id takes lower-case letters, digits and hyphens, 1 to 40')
      if (!Number.isInteger(capacity) || capacity < 1 || capacity > 20_000)
        throw new CodedError('cli/usage', '--capacity is a whole number from 1 to 20000')
      const connection = readConnection(flags.connection)
      await runAgent(
        {
          ...connection,
          agentId,
          capacity,
          logLevel: flags.logLevel,
          ...(flags.data === undefined ? {} : { dataDir: flags.data }),
        },
        stop.signal,
        () => process.stdout.write(`worker ${agentId} is ready for ${capacity} devices\n`),
      )
    })
}

function readConnection(file: string): WorkerConnection {
  try {
    return WorkerConnection.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw new CodedError(
      'stack/not-running',
      `${file} does not say how to reach a Muster: start one with \`muster up\`, or name its file with --connection`,
      { cause: error },
    )
  }
}

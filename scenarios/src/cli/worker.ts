import { readFileSync } from 'node:fs'
import { type AgentConfig, defaultAgentId, runAgent } from '@muster/agent/fleet'
import { Connection } from '@muster/control'
import { Invitation, PlatformName, SubjectToken } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import type { Command } from 'commander'
import { z } from 'zod'
import { createHttpClient } from '../client/http-client.ts'
import { invite } from '../stack/invite.ts'
import { collect, port as portOf } from './arguments.ts'
import { openHealthDoor } from './health-door.ts'
import { abortOnSignal } from './interrupt.ts'

const Clock = z.object({ originWallMs: z.number(), originMs: z.number(), speed: z.number().positive() })

/** What `muster up` writes for workers on this machine: whom to ask for an invitation, or how to get into a broker that is not ours. */
export const WorkerConnection = z.object({
  natsUrl: z.string(),
  tenant: SubjectToken,
  clock: Clock,
  broker: z.discriminatedUnion('kind', [
    z.object({
      kind: z.literal('own'),
      ca: z.string().exactOptional(),
      /** `connection.json` of the service. */
      service: z.string(),
    }),
    z.object({ kind: z.literal('given'), user: z.string().exactOptional(), password: z.string().exactOptional() }),
  ]),
})
export type WorkerConnection = z.infer<typeof WorkerConnection>

type Entrance = Pick<AgentConfig, 'natsUrl' | 'broker' | 'tenant' | 'clock'>

interface WorkerFlags {
  readonly connection: string
  readonly id?: string
  readonly capacity: string
  readonly data?: string
  readonly healthPort?: number
  readonly platform?: readonly string[]
  readonly logLevel: string
}

export function addWorker(program: Command): void {
  program
    .command('worker')
    .description('host devices: an agent process for 1 to 20,000 of them over one connection')
    .option(
      '--connection <file>',
      'what `muster up` wrote for workers, or an invitation of `muster agents invite`',
      '.muster/data/worker.json',
    )
    .option('--id <id>', 'name of this agent; another one than every other')
    .option('--capacity <devices>', 'devices that it takes', '20000')
    .option('--data <dir>', 'keep the fleet here, so that the next start goes on with it')
    .option('--platform <name>', 'take devices of this platform, and of no other; again for more', collect)
    .option('--health-port <port>', 'answer there on this machine, over HTTP, whether it is well', portOf)
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
      const platforms = flags.platform?.map(platformNamed)
      let isWell = (): boolean => false
      const closeHealth =
        flags.healthPort === undefined ? undefined : await openHealthDoor(flags.healthPort, () => isWell())
      try {
        const connection = await entranceOf(flags.connection, agentId)
        await runAgent(
          {
            ...connection,
            agentId,
            capacity,
            logLevel: flags.logLevel,
            ...(platforms === undefined ? {} : { platforms }),
            ...(flags.data === undefined ? {} : { dataDir: flags.data }),
          },
          stop.signal,
          (fleet) => {
            isWell = () => fleet.isHeard()
            process.stdout.write(`worker ${agentId} is ready for ${capacity} devices\n`)
          },
        )
      } finally {
        closeHealth?.()
      }
    })
}

/** @throws CodedError `cli/usage` */
function platformNamed(text: string): PlatformName {
  const found = PlatformName.options.find((name) => name.toLowerCase() === text.toLowerCase())
  if (found) return found
  throw new CodedError(
    'cli/usage',
    `--platform is one of ${PlatformName.options.join(', ')}, not ${JSON.stringify(text)}`,
  )
}

/** An invitation is used as it is; on this machine the service is asked for one. */
async function entranceOf(file: string, agentId: string): Promise<Entrance> {
  const found = readFile(file)
  const invitation = Invitation.safeParse(found)
  if (invitation.success) return invited(invitation.data, agentId)
  const connection = WorkerConnection.safeParse(found)
  if (!connection.success) throw notRunning(file, connection.error)
  const { broker, ...place } = connection.data
  if (broker.kind === 'given') return { ...place, broker }
  const service = Connection.safeParse(readFile(broker.service))
  if (!service.success) throw notRunning(file, service.error)
  const client = createHttpClient(service.data)
  try {
    const { ca } = broker
    return {
      ...place,
      broker: { kind: 'own', ...(ca === undefined ? {} : { ca }), invitation: await invite(client, { agentId }) },
    }
  } finally {
    client.close()
  }
}

function invited(invitation: Invitation, agentId: string): Entrance {
  const { natsUrl, tenant, clock, ca } = invitation
  if (invitation.agentId !== undefined && invitation.agentId !== agentId)
    throw new CodedError('cli/usage', `the invitation is for ${invitation.agentId}: say --id ${invitation.agentId}`)
  return { natsUrl, tenant, clock, broker: { kind: 'own', ...(ca === undefined ? {} : { ca }), invitation } }
}

function readFile(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw notRunning(file, error)
  }
}

const notRunning = (file: string, cause: unknown): CodedError =>
  new CodedError(
    'stack/not-running',
    `${file} does not say how to reach a Muster: start one with \`muster up\`, or name its file with --connection`,
    { cause },
  )

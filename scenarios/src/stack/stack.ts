import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentBroker, AgentConfig } from '@muster/agent/fleet'
import type { Connection, ControlConfig, GraphConfig } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import type { ClockScale } from '@muster/shared/runtime'
import { createHttpClient } from '../client/http-client.ts'
import { type BrokerPlace, brokerOf, type StackNats } from './broker.ts'
import { type Inviting, invite } from './invite.ts'
import { startProcess } from './managed-process.ts'
import { type OwnPart, openStackPart, type PartOptions, type StackPart } from './stack-part.ts'

export interface StackOptions {
  readonly dataDir: string
  readonly tenant: string
  readonly workers: number
  /** Devices that each worker takes. */
  readonly capacity: number
  readonly clock: ClockScale
  /** Of the HTTPS door; 0 for a free one. */
  readonly port: number
  /** Keep fleets over restarts. */
  readonly keepFleets: boolean
  readonly logLevel: string
  readonly graph?: GraphConfig
  readonly broker?: BrokerPlace
  readonly env: NodeJS.ProcessEnv
  /** A part has ended, or is back. */
  readonly onEvent: (what: string, text: string) => void
  /** A part has ended for good, with what. */
  readonly onLost?: (error: CodedError) => void
}

/** A whole Muster on this machine: broker, control service, workers. */
export interface Stack {
  readonly connection: Connection
  readonly nats: StackNats
  readonly control: StackPart
  /** One that is started again has the devices of before where fleets are kept, and none elsewhere. */
  readonly workers: readonly StackPart[]
  /** Everything in order: workers, service, broker. Idempotent. */
  stop(): Promise<void>
}

/**
 * Start everything and wait until it serves.
 * @throws CodedError `nats/not-found` and what the parts throw; whatever had started is stopped again
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { dataDir, clock, tenant, logLevel, env } = options
  const logs = join(dataDir, 'logs')
  mkdirSync(logs, { recursive: true, mode: 0o700 })
  const openNats = brokerOf(options)
  const stopping: (() => Promise<void>)[] = []
  let ended = false
  const stop = async (): Promise<void> => {
    if (ended) return
    ended = true
    for (const end of stopping.reverse()) await end()
  }
  try {
    const nats = await openNats()
    stopping.push(() => nats.stop())
    const natsUrl = nats.url
    const common = { natsUrl, tenant, clock, logLevel }
    const openPart = (part: Pick<PartOptions, 'kind' | 'name' | 'launch'>): Promise<OwnPart> =>
      openStackPart({
        ...part,
        onEvent: options.onEvent,
        onLost: (error) => {
          if (ended) return
          options.onEvent(`${part.kind}.lost`, error.message)
          options.onLost?.(error)
        },
      })
    const controlConfig: ControlConfig = {
      ...common,
      broker: nats.access,
      dataDir: join(dataDir, 'control'),
      host: '127.0.0.1',
      port: options.port,
      ...(options.graph ? { graph: options.graph } : {}),
    }
    const control = await openPart({
      kind: 'control',
      name: 'the control service',
      launch: (before) => {
        const port = before?.connection ? Number(new URL(before.connection.url).port) : options.port
        const config = { ...controlConfig, port }
        return startProcess({ role: 'control', config }, { logFile: join(logs, 'control.log'), env })
      },
    })
    stopping.push(control.stop)
    const { connection } = control
    if (!connection) throw new CodedError('stack/start-failed', 'the control service did not say where it is')
    const client = createHttpClient(connection)
    stopping.push(async () => client.close())
    const workers: OwnPart[] = []
    stopping.push(async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
    })
    const starting = Array.from({ length: options.workers }, async (_, index) => {
      const agentId = `worker-${index + 1}`
      const config: AgentConfig = {
        ...common,
        broker: await agentBroker(nats, client, agentId),
        agentId,
        capacity: options.capacity,
        ...(options.keepFleets ? { dataDir: join(dataDir, 'fleets') } : {}),
      }
      workers[index] = await openPart({
        kind: 'worker',
        name: agentId,
        launch: () => startProcess({ role: 'agent', config }, { logFile: join(logs, `${agentId}.log`), env }),
      })
    })
    // Also when one fails the others are up before they are ended.
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    return { connection, nats, control, workers, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

/** What lets a worker in. One that was revoked stays outside, unless it was invited by hand. */
async function agentBroker({ access }: StackNats, client: Inviting, agentId: string): Promise<AgentBroker> {
  if (access.kind === 'given') return access
  const { ca } = access
  return { kind: 'own', ...(ca === undefined ? {} : { ca }), invitation: await invite(client, { agentId }) }
}

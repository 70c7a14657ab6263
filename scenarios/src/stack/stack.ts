import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { AgentBroker, AgentConfig } from '@muster/agent/fleet'
import type { Connection, ControlConfig, GraphConfig } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import type { ClockScale } from '@muster/shared/runtime'
import { createHttpClient } from '../client/http-client.ts'
import { type BrokerPlace, brokerOf, type StackNats } from './broker.ts'
import { type Inviting, invite } from './invite.ts'
import { type ManagedProcess, startProcess } from './managed-process.ts'

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

/** The control service through its lives. */
export interface StackControl {
  /** SIGKILL. */
  kill(): Promise<void>
  /** End in order. */
  end(): Promise<void>
  /** Start again on the same data. Resolves when it serves. */
  start(): Promise<void>
  pause(): void
  resume(): void
}

/** A whole Muster on this machine: broker, control service, workers. */
export interface Stack {
  readonly connection: Connection
  readonly nats: StackNats
  readonly control: StackControl
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
    const controlConfig: ControlConfig = {
      ...common,
      broker: nats.access,
      dataDir: join(dataDir, 'control'),
      host: '127.0.0.1',
      port: options.port,
      ...(options.graph ? { graph: options.graph } : {}),
    }
    const controlSurroundings = { logFile: join(logs, 'control.log'), env }
    let control = await startProcess({ role: 'control', config: controlConfig }, controlSurroundings)
    stopping.push(() => control.stop())
    report(control, 'control', options, () => ended)
    const { connection } = control
    if (!connection) throw new CodedError('stack/start-failed', 'the control service did not say where it is')
    const client = createHttpClient(connection)
    stopping.push(async () => client.close())
    const workers: ManagedProcess[] = []
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
      workers.push(await startProcess({ role: 'agent', config }, { logFile: join(logs, `${agentId}.log`), env }))
    })
    // Also when one fails the others are up before they are ended.
    const failed = (await Promise.allSettled(starting)).find(({ status }) => status === 'rejected')
    if (failed?.status === 'rejected') throw failed.reason
    for (const worker of workers) report(worker, 'worker', options, () => ended)
    return {
      connection,
      nats,
      control: {
        kill: async () => {
          await control.kill()
          options.onEvent('control.down', 'the control service was killed')
        },
        end: async () => {
          await control.stop()
          options.onEvent('control.down', 'the control service has ended')
        },
        start: async () => {
          const port = Number(new URL(connection.url).port)
          control = await startProcess({ role: 'control', config: { ...controlConfig, port } }, controlSurroundings)
          report(control, 'control', options, () => ended)
          options.onEvent('control.up', 'the control service serves again')
        },
        pause: () => control.pause(),
        resume: () => control.resume(),
      },
      stop,
    }
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

function report(process: ManagedProcess, name: string, { onEvent, onLost }: StackOptions, ended: () => boolean): void {
  void process.exited.then(({ expected, error }) => {
    if (expected || ended()) return
    onEvent(`${name}.lost`, error.message)
    onLost?.(error)
  })
}

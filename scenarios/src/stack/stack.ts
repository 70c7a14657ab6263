import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Connection, GraphConfig } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import { type ClockScale, type NatsSupervisor, superviseNatsServer } from '@muster/shared/runtime'
import { resolveNatsServer } from '../../../shared/setup/nats-server.mjs'
import { namingDiskFull } from './disk-full.ts'
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
  readonly env: NodeJS.ProcessEnv
  /** A part has ended, or is back. */
  readonly onEvent: (what: string, text: string) => void
  /** A part has ended for good, with what. */
  readonly onLost?: (error: CodedError) => void
}

/** The broker as the stack sees it: its own child, or one that runs elsewhere. */
export interface StackNats
  extends Pick<NatsSupervisor, 'url' | 'pid' | 'kill' | 'revive' | 'pause' | 'resume' | 'stop'> {
  /** Of a server of ours. */
  readonly version: string | undefined
  readonly credentials: { readonly user?: string; readonly password?: string }
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
  const { dataDir, clock, tenant, logLevel } = options
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
    const common = { natsUrl, ...nats.credentials, tenant, clock, logLevel }
    const controlConfig = {
      ...common,
      dataDir: join(dataDir, 'control'),
      host: '127.0.0.1',
      port: options.port,
      ...(options.graph ? { graph: options.graph } : {}),
    }
    let control = await startProcess({ role: 'control', config: controlConfig }, join(logs, 'control.log'))
    stopping.push(() => control.stop())
    report(control, 'control', options, () => ended)
    const { connection } = control
    if (!connection) throw new CodedError('stack/start-failed', 'the control service did not say where it is')
    const workers: ManagedProcess[] = []
    stopping.push(async () => {
      await Promise.all(workers.map((worker) => worker.stop()))
    })
    const starting = Array.from({ length: options.workers }, async (_, index) => {
      const agentId = `worker-${index + 1}`
      const config = {
        ...common,
        agentId,
        capacity: options.capacity,
        ...(options.keepFleets ? { dataDir: join(dataDir, 'fleets') } : {}),
      }
      workers.push(await startProcess({ role: 'agent', config }, join(logs, `${agentId}.log`)))
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
          control = await startProcess(
            { role: 'control', config: { ...controlConfig, port } },
            join(logs, 'control.log'),
          )
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

function report(process: ManagedProcess, name: string, { onEvent, onLost }: StackOptions, ended: () => boolean): void {
  void process.exited.then(({ expected, error }) => {
    if (expected || ended()) return
    onEvent(`${name}.lost`, error.message)
    onLost?.(error)
  })
}

/** `$MUSTER_NATS_URL` names a server that runs already; otherwise one is started from the first binary that is found. */
function brokerOf({ env, dataDir, onEvent, onLost }: StackOptions): () => Promise<StackNats> {
  const given = env['MUSTER_NATS_URL']
  if (given) {
    const nats = elsewhere(given)
    return async () => nats
  }
  const binary = findNatsServer(env)
  return () =>
    superviseNatsServer({
      binary,
      dataDir: join(dataDir, 'nats'),
      onExit: () => onEvent('broker.down', 'nats-server has ended'),
      onRestarted: (downMs) => onEvent('broker.up', `nats-server serves again after ${Math.round(downMs)} ms`),
      onError: (thrown) => {
        const error = namingDiskFull(thrown)
        onEvent('broker.lost', error instanceof Error ? error.message : String(error))
        // It is tried again, but this does not pass by itself.
        if (error instanceof CodedError && error.code !== 'nats/start-failed') onLost?.(error)
      },
    })
}

/** A server that is not ours: used, and left alone. Credentials may stand in its URL. */
function elsewhere(text: string): StackNats {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'nats:' || url.hostname === '')
    throw new CodedError('nats/bad-url', 'MUSTER_NATS_URL must look like nats://user:password@host:4222')
  const [user, password] = [decodeURIComponent(url.username), decodeURIComponent(url.password)]
  return {
    url: `nats://${url.host}`,
    credentials: user === '' ? {} : { user, password },
    pid: undefined,
    version: undefined,
    kill: async () => {
      throw new CodedError('nats/not-ours', 'a broker that MUSTER_NATS_URL names is not killed')
    },
    revive: () => undefined,
    pause: () => {
      throw new CodedError('nats/not-ours', 'a broker that MUSTER_NATS_URL names is not made to hang')
    },
    resume: () => undefined,
    stop: async () => undefined,
  }
}

function findNatsServer(env: NodeJS.ProcessEnv): NonNullable<ReturnType<typeof resolveNatsServer>> {
  let binary: ReturnType<typeof resolveNatsServer>
  try {
    binary = resolveNatsServer({ env })
  } catch (cause) {
    throw new CodedError('nats/not-found', (cause as Error).message, { cause })
  }
  if (!binary) throw new CodedError('nats/not-found', natsMissing)
  return binary
}

const natsMissing = `there is no nats-server on this machine. Any one of these gets it:
  npm test                                   (its set-up installs one)
  go install github.com/nats-io/nats-server/v2@v2.15.2
  apt-get install nats-server                (Debian, Ubuntu), or brew install nats-server
  MUSTER_NATS_BIN=/path/to/nats-server       (one that you have)`

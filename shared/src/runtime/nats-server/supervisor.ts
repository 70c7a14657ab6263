import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { acquireLock, type LockFile } from '../lock-file.ts'
import { type BrokerIdentity, openBrokerIdentity } from '../nats-identity/broker-identity.ts'
import { commandLineOf, identify, isRunning, type ProcessIdentity } from '../process-identity.ts'
import { type NatsChild, startChild } from './child.ts'
import { type ClusterConfig, readAddress, type TlsFiles, writeAddress, writeConfigFile } from './config-file.ts'

export interface SupervisorOptions {
  readonly binary: { readonly path: string; readonly version: string }
  /** Everything that the server keeps lies below. */
  readonly dataDir: string
  /** @default that of the last time, or a free one */
  readonly port?: number
  /** Address to listen at. @default 127.0.0.1 */
  readonly host?: string
  /** With it every connection is encrypted. PEM. */
  readonly tls?: { readonly certificateChainPem: string; readonly keyPem: string }
  /** The cluster that it is part of. @default none: it is alone */
  readonly cluster?: ClusterConfig & { readonly serverName: string }
  /** What its process is started with. @default what this one has */
  readonly env?: NodeJS.ProcessEnv
  /** JetStream's limit on disk, bytes. @default 8 GiB */
  readonly storeBytesMax?: number
  /** Told when the server ended without being asked to, and when it serves again. */
  readonly onExit?: () => void
  readonly onRestarted?: (downMs: number) => void
  readonly onError?: (error: unknown) => void
}

/** A nats-server that is kept running. */
export interface NatsSupervisor {
  readonly url: string
  readonly monitorUrl: string
  /** Who may come, and as what. */
  readonly identity: BrokerIdentity
  readonly version: string
  /** Of the server that runs now; `undefined` while it is down. */
  readonly pid: number | undefined
  /** Fault injection: kill it; it comes back on the same port after `downMs`, or `revive`. Resolves when it has ended. */
  kill(options?: { downMs?: number }): Promise<void>
  /** Let a server that was killed come back now, however long it was to be down. */
  revive(): void
  /** Fault injection: hang it, as a stopped process, until it is resumed. */
  pause(): void
  resume(): void
  /** End it for good: gracefully, then by force. Idempotent. */
  stop(): Promise<void>
}

const STOP_TIMEOUT_MS = 10_000
const RESTART_MIN_MS = 50
const RESTART_MAX_MS = 5_000
const STORE_BYTES_MAX = 8 * 1_073_741_824
const LOOPBACK = '127.0.0.1'
const ANYWHERE = '0.0.0.0'

/** Where the identity of the server of a directory is. */
export const brokerIdentityDir = (dataDir: string): string => join(dataDir, 'identity')

/**
 * Start a nats-server and keep it running on the same port. A server that a crashed supervisor left behind is ended first.
 * @throws CodedError `runtime/locked`, `nats/port-taken`, `nats/disk-full`, `nats/start-failed`
 */
export async function superviseNatsServer(options: SupervisorOptions): Promise<NatsSupervisor> {
  const { dataDir, binary } = options
  const portsDir = join(dataDir, 'ports')
  mkdirSync(portsDir, { recursive: true, mode: 0o700 })
  const lock = acquireLock<ProcessIdentity>(join(dataDir, 'nats.lock'), 'the NATS server of this directory', endOrphan)
  try {
    return await supervise(options, lock, {
      config: join(dataDir, 'nats.conf'),
      address: join(dataDir, 'nats.json'),
      log: join(dataDir, 'nats.log'),
      accountsDir: join(dataDir, 'accounts'),
      tls: { certFile: join(dataDir, 'tls.pem'), keyFile: join(dataDir, 'tls.key') },
      portsDir,
      // Formats differ between minor versions, and a store is not always readable by an older server.
      storeDir: join(dataDir, `jetstream-${binary.version.split('.').slice(0, 2).join('.')}`),
    })
  } catch (error) {
    lock.release()
    throw error
  }
}

interface Paths {
  readonly config: string
  readonly address: string
  readonly log: string
  readonly accountsDir: string
  readonly tls: TlsFiles
  readonly portsDir: string
  readonly storeDir: string
}

async function supervise(
  options: SupervisorOptions,
  lock: LockFile<ProcessIdentity>,
  paths: Paths,
): Promise<NatsSupervisor> {
  const before = readAddress(paths.address)
  const identity = openBrokerIdentity(brokerIdentityDir(options.dataDir))
  const host = options.host ?? LOOPBACK
  if (options.tls) writeTls(paths.tls, options.tls)
  let stopping = false
  let downUntilMs = 0
  let child: NatsChild | undefined
  let settled: Promise<void> = Promise.resolve()

  const start = async (port: number, monitorPort: number): Promise<NatsChild> => {
    writeConfigFile(paths.config, {
      name: options.cluster?.serverName ?? 'muster-1',
      host,
      port,
      monitorPort,
      portsDir: paths.portsDir,
      storeDir: paths.storeDir,
      storeBytesMax: options.storeBytesMax ?? STORE_BYTES_MAX,
      accountsDir: paths.accountsDir,
      trust: identity.trust(),
      ...(options.tls ? { tls: paths.tls } : {}),
      ...(options.cluster ? { cluster: options.cluster } : {}),
    })
    const started = await startChild(options.binary.path, paths, options.env)
    child = started
    settled = started.exited.then(() => afterExit(started))
    const running = identify(started.pid)
    if (running) lock.note(running)
    return started
  }

  const afterExit = async ({ port, monitorPort }: NatsChild): Promise<void> => {
    child = undefined
    if (stopping) return
    const sinceMs = Date.now()
    options.onExit?.()
    for (let waitMs = RESTART_MIN_MS; !stopping; waitMs = Math.min(RESTART_MAX_MS, waitMs * 2)) {
      const notBeforeMs = Date.now() + waitMs
      await pauseUntil(
        () => Math.max(notBeforeMs, downUntilMs),
        () => stopping,
      )
      if (stopping) return
      try {
        await start(port, monitorPort)
        options.onRestarted?.(Date.now() - sinceMs)
        return
      } catch (error) {
        options.onError?.(error)
        // It runs, though something about it could not be written down.
        if (child) return
      }
    }
  }

  const stop = async (): Promise<void> => {
    stopping = true
    // One that was just being started again may come up yet.
    do {
      if (child) await end(child)
      await settled
    } while (child)
  }
  let first: NatsChild
  try {
    first = await firstStart(start, options.port, before?.port)
    writeAddress(paths.address, { port: first.port })
  } catch (error) {
    // On a full disk the server may run and the note of it fail.
    await stop()
    throw error
  }
  return {
    url: `${options.tls ? 'tls' : 'nats'}://${host === ANYWHERE ? LOOPBACK : host}:${first.port}`,
    monitorUrl: `http://127.0.0.1:${first.monitorPort}`,
    identity,
    version: options.binary.version,
    get pid() {
      return child?.pid
    },
    kill: async ({ downMs = 0 } = {}) => {
      const victim = child
      if (!victim) return
      downUntilMs = Date.now() + downMs
      victim.process.kill('SIGKILL')
      await victim.exited
    },
    revive: () => {
      downUntilMs = 0
    },
    pause: () => void child?.process.kill('SIGSTOP'),
    resume: () => void child?.process.kill('SIGCONT'),
    stop: async () => {
      await stop()
      lock.release()
    },
  }
}

/** Where it was before, so that clients of the last time find it again; elsewhere when somebody else is there now. */
async function firstStart(
  start: (port: number, monitorPort: number) => Promise<NatsChild>,
  wanted: number | undefined,
  before: number | undefined,
): Promise<NatsChild> {
  if (wanted !== undefined || before === undefined) return start(wanted ?? -1, -1)
  try {
    return await start(before, -1)
  } catch (error) {
    if (error instanceof CodedError && error.code === 'nats/port-taken') return start(-1, -1)
    throw error
  }
}

function writeTls({ certFile, keyFile }: TlsFiles, tls: NonNullable<SupervisorOptions['tls']>): void {
  writeFileSync(keyFile, tls.keyPem, { mode: 0o600 })
  writeFileSync(certFile, tls.certificateChainPem, { mode: 0o600 })
}

/** SIGTERM, and SIGKILL when it takes too long. Older servers exit with 1 on SIGTERM, so the code says nothing. */
async function end(child: NatsChild): Promise<void> {
  child.process.kill('SIGCONT')
  child.process.kill('SIGTERM')
  const force = setTimeout(() => child.process.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await child.exited
  clearTimeout(force)
}

/** A supervisor before this one died and left its server: end exactly that process, if it still is what it was. */
function endOrphan(server: ProcessIdentity): void {
  if (!isRunning(server) || !commandLineOf(server.pid).includes('nats-server')) return
  process.kill(server.pid, 'SIGKILL')
  const deadline = Date.now() + 5_000
  while (isRunning(server)) {
    if (Date.now() > deadline)
      throw new CodedError('nats/start-failed', `process ${server.pid}, left by an earlier run, does not end`)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
  }
}

async function pauseUntil(atMs: () => number, cut: () => boolean): Promise<void> {
  while (Date.now() < atMs() && !cut())
    await new Promise((resolve) => setTimeout(resolve, Math.min(50, Math.max(0, atMs() - Date.now()))))
}

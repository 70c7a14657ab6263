import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readdirSync, readFileSync, rmSync, statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { CodedError } from '@muster/shared/core'

/** A running nats-server, ready for clients. */
export interface NatsChild {
  readonly process: ChildProcess
  readonly pid: number
  readonly port: number
  readonly monitorPort: number
  /** Resolves when it has ended, however. */
  readonly exited: Promise<void>
}

export interface ChildPaths {
  readonly config: string
  readonly portsDir: string
  readonly log: string
}

const READY_TIMEOUT_MS = 30_000
/** A server is ready in a tenth of a second; one that is not after so long may lack something. */
const SUSPICIOUS_AFTER_MS = 2_000
/** With less free space than this nothing of use can be written. */
const FREE_BYTES_MIN = 65_536
const LOG_BYTES_MAX = 16 * 1_048_576
/** What it makes is for its owner only: older servers would let the group read their stores. The shell becomes the server. */
const PRIVATELY = 'umask 077 && exec "$0" "$@"'

/**
 * Start nats-server and wait until it serves, JetStream included. It gets its own process group, so that Ctrl-C in a
 * terminal reaches only the supervisor, and a watchdog that ends it should the supervisor die without a word.
 * @throws CodedError `nats/port-taken`, `nats/disk-full`, `nats/start-failed`
 */
export async function startChild(binary: string, paths: ChildPaths, env?: NodeJS.ProcessEnv): Promise<NatsChild> {
  const logStart = rotate(paths.log)
  const log = openSync(paths.log, 'a', 0o600)
  const start = ['-c', PRIVATELY, binary, '-c', paths.config]
  const child = spawn('/bin/sh', start, { stdio: ['ignore', log, log], detached: true, env })
  closeSync(log)
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  const { pid } = child
  if (pid === undefined) throw new CodedError('nats/start-failed', `${binary} cannot be started`)
  const watchdog = watch(pid, env)
  void exited.then(() => watchdog.kill('SIGKILL'))
  try {
    const ports = await whenReady(pid, paths.portsDir, exited)
    return { process: child, pid, ...ports, exited }
  } catch (error) {
    child.kill('SIGKILL')
    await exited
    const log = readFileSync(paths.log, 'utf8').slice(logStart)
    throw isFull(paths.portsDir) ? diskFull(error) : explain(error, log)
  }
}

/** A shell that waits for its input to close, which happens when the supervisor is gone, and then ends the server. */
function watch(pid: number, env?: NodeJS.ProcessEnv): ChildProcess {
  const watchdog = spawn('/bin/sh', ['-c', 'read line; kill -9 "$1" 2>/dev/null', 'sh', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    env,
  })
  watchdog.on('error', () => undefined)
  watchdog.unref()
  ;(watchdog.stdin as unknown as { unref?: () => void }).unref?.()
  return watchdog
}

async function whenReady(
  pid: number,
  portsDir: string,
  exited: Promise<void>,
): Promise<{ port: number; monitorPort: number }> {
  let gone = false
  void exited.then(() => {
    gone = true
  })
  const deadline = Date.now() + READY_TIMEOUT_MS
  const suspiciousFrom = Date.now() + SUSPICIOUS_AFTER_MS
  while (Date.now() < deadline) {
    if (gone) throw new Error('the server ended while starting')
    const ports = readPorts(pid, portsDir)
    if (ports && (await isHealthy(ports.monitorPort))) return ports
    // It runs on without its ports file, and can say so nowhere.
    if (!ports && Date.now() > suspiciousFrom && isFull(portsDir)) throw new Error('the disk is full')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`the server was not ready in ${READY_TIMEOUT_MS / 1_000} s`)
}

function readPorts(pid: number, portsDir: string): { port: number; monitorPort: number } | undefined {
  try {
    const file = readdirSync(portsDir).find((name) => name.endsWith(`_${pid}.ports`))
    if (!file) return undefined
    const ports = JSON.parse(readFileSync(join(portsDir, file), 'utf8')) as { nats?: string[]; monitoring?: string[] }
    const port = Number(new URL(ports.nats?.[0] ?? '').port)
    const monitorPort = Number(new URL(ports.monitoring?.[0] ?? '').port)
    return port > 0 && monitorPort > 0 ? { port, monitorPort } : undefined
  } catch {
    return undefined
  }
}

async function isHealthy(monitorPort: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${monitorPort}/healthz?js-enabled-only=true`, {
      signal: AbortSignal.timeout(1_000),
    })
    return answer.ok
  } catch {
    return false
  }
}

function explain(error: unknown, log: string): CodedError {
  const lines = log.trim().split('\n').slice(-5).join('\n')
  if (/address already in use/i.test(log)) {
    return new CodedError(
      'nats/port-taken',
      `the port ${portIn(log)}for nats-server is taken by another program: end that one, or choose another port`,
      { cause: error },
    )
  }
  if (/no space left on device|insufficient storage/i.test(log)) {
    return diskFull(error)
  }
  const reason = error instanceof Error ? error.message : String(error)
  return new CodedError('nats/start-failed', `nats-server did not start: ${reason}\n${lines}`, { cause: error })
}

const diskFull = (cause: unknown): CodedError =>
  new CodedError(
    'nats/disk-full',
    'the disk that holds the store of nats-server is full: free some space and start again',
    {
      cause,
    },
  )

/** Whether there is no room left where this path is. Answers false where that cannot be told. */
function isFull(path: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(path)
    return bavail * bsize < FREE_BYTES_MIN
  } catch {
    return false
  }
}

/** Start a new log when the old one has grown large; answers where in the file the coming lines begin. */
function rotate(path: string): number {
  try {
    const { size } = statSync(path)
    if (size <= LOG_BYTES_MAX) return size
    rmSync(path)
  } catch {
    // There is none yet.
  }
  return 0
}

/** "127.0.0.1:4222: bind: address already in use", as its log has it. */
function portIn(log: string): string {
  const port = /:(\d+): bind: address already in use/i.exec(log)?.[1]
  return port ? `${port} ` : ''
}

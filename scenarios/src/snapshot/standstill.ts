import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { brokerProof, openSqliteStore } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import {
  brokerIdentityDir,
  childEnvironment,
  createNatsBus,
  isRunning,
  type ProcessIdentity,
} from '@muster/shared/runtime'
import { WorkerConnection } from '../cli/worker.ts'

/** The processes of a Muster that runs on a data directory. */
export interface RunningParts {
  readonly stack: ProcessIdentity
  readonly workers: readonly ProcessIdentity[]
  readonly control: ProcessIdentity
  /** Absent where it is none of ours. */
  readonly broker: ProcessIdentity | undefined
}

const LOOK_EVERY_MS = 50
const DRAIN_MAX_MS = 10_000
/** Should this process die meanwhile, somebody else lets the parts go on. */
const STANDSTILL_MAX_S = 300

/**
 * Bring a running Muster to rest, do something with its files, and let it go on. Its workers are stopped first; what they
 * have sent is taken in by the service and committed, and what the service has decided is told; then service and broker are
 * stopped too. For devices it is as if the machine had been asleep.
 * @throws CodedError `snapshot/not-at-rest` when the service does not get done, and what `work` throws
 */
export async function atStandstill<T>(dataDir: string, parts: RunningParts, work: () => Promise<T>): Promise<T> {
  const stopped: ProcessIdentity[] = []
  const stop = (part: ProcessIdentity): void => {
    stopped.push(part)
    signal(part, 'SIGSTOP')
  }
  const all = [parts.stack, ...parts.workers, parts.control, ...(parts.broker ? [parts.broker] : [])]
  const beganMs = Date.now()
  const guard = startGuard(all)
  try {
    for (const part of [parts.stack, ...parts.workers]) stop(part)
    await drained(dataDir, () => stop(parts.control))
    if (parts.broker) stop(parts.broker)
    const value = await work()
    if (Date.now() - beganMs >= STANDSTILL_MAX_S * 1_000)
      throw new CodedError(
        'snapshot/not-at-rest',
        `saving took longer than ${STANDSTILL_MAX_S} s: end the Muster first`,
      )
    return value
  } finally {
    for (const part of stopped.reverse()) signal(part, 'SIGCONT')
    endGuard(guard)
  }
}

/** Wait until nothing waits in the broker's stream and in the outbox; the service is stopped at that moment. */
async function drained(dataDir: string, stopControl: () => void): Promise<void> {
  const { natsUrl, broker, tenant } = WorkerConnection.parse(
    JSON.parse(readFileSync(join(dataDir, 'worker.json'), 'utf8')),
  )
  const name = 'snapshot'
  const access = broker.kind === 'own' ? { ...broker, identityDir: brokerIdentityDir(join(dataDir, 'nats')) } : broker
  const proof = brokerProof(access, 'service', name, tenant)
  const bus = await createNatsBus({ url: natsUrl, ...proof, name, role: 'service', tenant })
  const store = openSqliteStore(join(dataDir, 'control', 'muster.db'))
  const waiting = async (): Promise<string | undefined> => {
    const { messages } = await bus.streamInfo('REPORTS')
    if (messages > 0) return `${messages} messages with reports`
    return (await store.outbox.oldest(1)).length > 0 ? 'messages to devices' : undefined
  }
  try {
    const sinceMs = Date.now()
    for (let what = await waiting(); what !== undefined; what = await waiting()) {
      if (Date.now() - sinceMs >= DRAIN_MAX_MS)
        throw new CodedError(
          'snapshot/not-at-rest',
          `${what} were not dealt with in ${DRAIN_MAX_MS / 1_000} s: try again when the service is not busy, or save it when it is down`,
        )
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS))
    }
    stopControl()
    const late = await waiting()
    if (late !== undefined)
      throw new CodedError('snapshot/not-at-rest', `${late} came up at the last moment: try again`)
  } finally {
    await store.close()
    await bus.close()
  }
}

function signal(part: ProcessIdentity, name: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    if (isRunning(part)) process.kill(part.pid, name)
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** In a group of its own, so that what ends this process does not end it. */
function startGuard(parts: readonly ProcessIdentity[]): ChildProcess {
  const pids = parts.map(({ pid }) => pid).join(' ')
  const guard = spawn('/bin/sh', ['-c', `sleep ${STANDSTILL_MAX_S}; kill -CONT ${pids}`], {
    detached: true,
    env: childEnvironment(process.env),
    stdio: 'ignore',
  })
  guard.unref()
  return guard
}

function endGuard({ pid }: ChildProcess): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

import { type ChildProcess, fork } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Connection } from '@muster/control'
import type { ErrorCode } from '@muster/shared/contracts'
import { CodedError } from '@muster/shared/core'
import { childEnvironment } from '@muster/shared/runtime'
import type { ChildNews, ChildOrder } from './child.ts'

export interface Exit {
  /** It was asked to end. */
  readonly expected: boolean
  /** What it failed with; `stack/part-lost` if it could not say. */
  readonly error: CodedError
}

export interface ManagedProcess {
  readonly pid: number
  /** What the control service said of itself when it was ready. */
  readonly connection: Connection | undefined
  /** Resolves when the process has ended, however. */
  readonly exited: Promise<Exit>
  kill(): Promise<void>
  /** Hang it, as a stopped process, until it is resumed. */
  pause(): void
  resume(): void
  /** SIGTERM, and SIGKILL after a while. Idempotent. */
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 60_000
/** Devices are long-lived: a large nursery would only be memory that idle devices seem to cost. */
const heapFlags = { agent: ['--max-semi-space-size=4'], control: [] } as const

const STOP_TIMEOUT_MS = 15_000
const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

interface Surroundings {
  /** Its output goes there. */
  readonly logFile: string
  /** Of the command that starts it; what is for the command alone is left out. */
  readonly env: NodeJS.ProcessEnv
}

/**
 * Start a child process in its role and wait until it is ready.
 * @throws CodedError what the child failed with, or `stack/start-failed`
 */
export async function startProcess(order: ChildOrder, { logFile, env }: Surroundings): Promise<ManagedProcess> {
  const log = openSync(logFile, 'a', 0o600)
  const child = fork(CHILD, [order.role], {
    stdio: ['ignore', log, log, 'ipc'],
    env: childEnvironment(env),
    execArgv: ['--disable-warning=ExperimentalWarning', ...heapFlags[order.role]],
    detached: true,
  })
  closeSync(log)
  let stopping = false
  let failure: CodedError | undefined
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => {
      const text = `${order.role} ended with ${signal ?? `exit code ${code}`}; see ${logFile}`
      resolve({ expected: stopping, error: failure ?? new CodedError('stack/part-lost', text) })
    })
  })
  const ready = whenReady(child, exited, order.role, logFile, (error) => {
    failure = error
  })
  child.send(order)
  const stop = async (): Promise<void> => {
    stopping = true
    child.kill('SIGCONT')
    child.kill('SIGTERM')
    const force = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(force)
  }
  try {
    const connection = await ready
    return {
      pid: child.pid ?? 0,
      connection,
      exited,
      stop,
      pause: () => void child.kill('SIGSTOP'),
      resume: () => void child.kill('SIGCONT'),
      kill: async () => {
        stopping = true
        child.kill('SIGKILL')
        await exited
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function whenReady(
  child: ChildProcess,
  exited: Promise<Exit>,
  role: string,
  logFile: string,
  onFailed: (error: CodedError) => void,
): Promise<Connection | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new CodedError(
            'stack/start-failed',
            `${role} was not ready in ${READY_TIMEOUT_MS / 1_000} s; see ${logFile}`,
          ),
        ),
      READY_TIMEOUT_MS,
    )
    child.on('message', (news: ChildNews) => {
      clearTimeout(timer)
      if (news.type === 'ready') resolve(news.connection)
      else {
        const { code, message } = news
        onFailed(new CodedError((code as ErrorCode | undefined) ?? 'stack/part-lost', message))
        reject(new CodedError((code as ErrorCode | undefined) ?? 'stack/start-failed', message))
      }
    })
    void exited.then(({ error }) => {
      clearTimeout(timer)
      reject(new CodedError('stack/start-failed', error.message))
    })
  })
}

import type { Connection } from '@muster/control'
import type { CodedError } from '@muster/shared/core'
import type { ManagedProcess } from './managed-process.ts'

/** A process of the stack through its lives. */
export interface StackPart {
  /** SIGKILL. */
  kill(): Promise<void>
  /** End in order. */
  end(): Promise<void>
  /** Start again as it was. Resolves when it serves; throws what its start fails with, and may be tried again. */
  start(): Promise<void>
  pause(): void
  resume(): void
}

/** The same for who has started it. */
export interface OwnPart extends StackPart {
  /** What it said of itself when it was ready for the first time. */
  readonly connection: Connection | undefined
  /** End whatever life it is in, without a word. */
  stop(): Promise<void>
}

export interface PartOptions {
  /** What its events begin with. */
  readonly kind: 'control' | 'worker'
  /** What it is called in a sentence. */
  readonly name: string
  /** Begins a life, after the one before where there was one. */
  readonly launch: (before: ManagedProcess | undefined) => Promise<ManagedProcess>
  readonly onEvent: (what: string, text: string) => void
  /** It has ended, and nobody had asked for it. */
  readonly onLost: (error: CodedError) => void
}

/**
 * Start a process that can be killed and started again.
 * @throws CodedError what its start fails with
 */
export async function openStackPart({ kind, name, launch, onEvent, onLost }: PartOptions): Promise<OwnPart> {
  const live = async (before: ManagedProcess | undefined): Promise<ManagedProcess> => {
    const process = await launch(before)
    void process.exited.then(({ expected, error }) => {
      if (!expected) onLost(error)
    })
    return process
  }
  let process = await live(undefined)
  return {
    connection: process.connection,
    kill: async () => {
      await process.kill()
      onEvent(`${kind}.down`, `${name} was killed`)
    },
    end: async () => {
      await process.stop()
      onEvent(`${kind}.down`, `${name} has ended`)
    },
    start: async () => {
      process = await live(process)
      onEvent(`${kind}.up`, `${name} serves again`)
    },
    pause: () => process.pause(),
    resume: () => process.resume(),
    stop: () => process.stop(),
  }
}

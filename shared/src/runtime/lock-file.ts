import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { CodedError } from '@muster/shared/core'
import { identify, isRunning, type ProcessIdentity } from './process-identity.ts'

export interface LockFile<Note> {
  /** Keep something with the lock for whoever finds it after a crash. */
  note(value: Note): void
  release(): void
}

interface Content<Note> {
  readonly holder: ProcessIdentity
  readonly note?: Note
}

/**
 * Hold `path` for this process. A lock whose holder is gone is taken over; its note goes to `inherit` first.
 * @throws CodedError `runtime/locked` while another process holds it
 */
export function acquireLock<Note>(path: string, what: string, inherit?: (note: Note) => void): LockFile<Note> {
  const holder = identify(process.pid)
  if (!holder) throw new Error('cannot tell the start time of this process')
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  for (let attempt = 0; !create(path, { holder }); attempt++) {
    const found = read<Note>(path)
    if (found && isRunning(found.holder)) {
      throw new CodedError(
        'runtime/locked',
        `${what} is in use by process ${found.holder.pid} (${path}). End that one first, or use another --data directory`,
      )
    }
    if (attempt > 3)
      throw new CodedError('runtime/locked', `${path} cannot be taken over; remove it if no Muster is running`)
    if (found?.note !== undefined) inherit?.(found.note)
    rmSync(path, { force: true })
  }
  return {
    note: (note) => {
      const content: Content<Note> = { holder, note }
      const draft = `${path}.${process.pid}`
      rmSync(draft, { force: true })
      create(draft, content)
      renameSync(draft, path)
    },
    release: () => {
      if (read<Note>(path)?.holder.pid === process.pid) rmSync(path, { force: true })
    },
  }
}

function create(path: string, content: unknown): boolean {
  let file: number
  try {
    file = openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  writeSync(file, JSON.stringify(content))
  closeSync(file)
  return true
}

/** What a lock says; `undefined` when it is gone or was cut off while being written. */
function read<Note>(path: string): Content<Note> | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Content<Note>
  } catch {
    return undefined
  }
}

import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What a process holds of the machine. */
export interface ProcessState {
  readonly pid: number
  readonly part: string
  readonly rssBytes: number
  /** Files, sockets and pipes that it has open. */
  readonly handles: number
}

/**
 * The processes of a Muster that this one has started, by part: as `/proc` shows them, so that what they say of themselves is not asked.
 * One that ends while it is looked at is left out.
 * @throws Error where there is no `/proc`
 */
export function childrenNow(): readonly ProcessState[] {
  const pids = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return pids.filter(Boolean).flatMap((pid) => {
    try {
      const part = partOf(Number(pid))
      return part === undefined ? [] : [stateOf(Number(pid), part)]
    } catch {
      return []
    }
  })
}

function stateOf(pid: number, part: string): ProcessState {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const rssBytes = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
  return { pid, part, rssBytes, handles: readdirSync(`/proc/${pid}/fd`).length }
}

/** A part is told by how it was started: the broker's program, or the role that stands behind a child's script. */
function partOf(pid: number): string | undefined {
  const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').filter(Boolean)
  if (words[0]?.endsWith('nats-server')) return 'broker'
  const script = words.findIndex((word) => word.endsWith('child.ts'))
  return script === -1 ? undefined : words[script + 1]
}

/** Bytes of the files below a directory; what goes away meanwhile counts as nothing. */
export function bytesBelow(dir: string): number {
  let bytes = 0
  for (const name of namesIn(dir)) {
    try {
      bytes += statSync(join(dir, name)).size
    } catch {
      // Gone meanwhile.
    }
  }
  return bytes
}

function namesIn(dir: string): readonly string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
  } catch {
    return []
  }
}

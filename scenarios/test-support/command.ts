import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { natsBinary } from '../../shared/test-support/nats.ts'

const MUSTER = fileURLToPath(new URL('../bin/muster.mjs', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Started {
  readonly child: ChildProcess
  readonly ended: Promise<Ended>
  /** What it has printed so far. */
  printed(): string
}

/** The command line as a process of its own, in a directory of its own. */
export function startMuster(cwd: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = spawn(process.execPath, [MUSTER, ...args], {
    cwd,
    env: { ...process.env, MUSTER_NATS_BIN: natsBinary().path, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  const ended: Promise<Ended> = once(child, 'close').then(([code]) => ({ code: code as number | null, stdout, stderr }))
  return { child, ended, printed: () => stdout }
}

/** Processes that work in this directory, or name it in their command line. */
export function processesOf(place: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return (
          readlinkSync(`/proc/${pid}/cwd`).startsWith(place) ||
          readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(place)
        )
      } catch {
        return false
      }
    })
    .map(Number)
}

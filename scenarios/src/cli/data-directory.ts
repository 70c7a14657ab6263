import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { Connection, connectionFile } from '@muster/control'
import { CodedError } from '@muster/shared/core'
import { type ClockScale, isRunning, type ProcessIdentity } from '@muster/shared/runtime'
import { z } from 'zod'

export const DATA_DIR = '.muster/data'

const ClockFile = z.object({ originWallMs: z.number(), originMs: z.number(), speed: z.number().positive() })

/** Who serves a data directory. */
export const pidFile = (dataDir: string): string => join(dataDir, 'stack.pid')

/** Simulated time never goes back: it runs on from where the clock of the directory is by now, at the speed of this start. */
export function continuedClock(dataDir: string, speed: number): ClockScale {
  const path = join(dataDir, 'clock.json')
  const originWallMs = Date.now()
  let originMs = originWallMs
  try {
    const before = ClockFile.parse(JSON.parse(readFileSync(path, 'utf8')))
    originMs = Math.floor(before.originMs + (originWallMs - before.originWallMs) * before.speed)
  } catch {
    // The first start.
  }
  const clock = { originWallMs, originMs, speed }
  writePrivate(path, clock)
  return clock
}

/** JSON for its owner only, there whole or not at all. */
export function writePrivate(path: string, value: unknown): void {
  const draft = `${path}.${process.pid}`
  writeFileSync(draft, JSON.stringify(value), { mode: 0o600 })
  renameSync(draft, path)
}

/** The process that serves a data directory, if one does. */
export function runningStack(dataDir: string): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(pidFile(dataDir), 'utf8')) as ProcessIdentity
    return isRunning(identity) ? identity : undefined
  } catch {
    return undefined
  }
}

/** @throws CodedError `runtime/locked` when one serves it already */
export function refuseSecond(dataDir: string): void {
  const running = runningStack(dataDir)
  if (running)
    throw new CodedError(
      'runtime/locked',
      `a Muster runs here already, as process ${running.pid}; \`muster down\` ends it`,
    )
}

/** How to reach the Muster of a data directory. @throws CodedError `stack/not-running` */
export function readConnection(dataDir: string): Connection {
  const resolved = resolve(dataDir)
  try {
    if (runningStack(resolved))
      return Connection.parse(JSON.parse(readFileSync(connectionFile(join(resolved, 'control')), 'utf8')))
  } catch {
    // It says below what to do.
  }
  throw new CodedError(
    'stack/not-running',
    `no Muster runs on ${dataDir}: start one with \`muster up\`, or name its directory with --data`,
  )
}

/** How to reach a Muster, as it wrote it. @throws CodedError `stack/not-running` */
export function connectionIn(file: string): Connection {
  try {
    return Connection.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new CodedError(
      'stack/not-running',
      `${file} does not say how to reach a Muster: ${(cause as Error).message}`,
      {
        cause,
      },
    )
  }
}

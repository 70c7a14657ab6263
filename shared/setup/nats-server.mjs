// @ts-check
import { spawnSync } from 'node:child_process'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The version that set-up installs, and the oldest that is used. */
export const NATS_VERSION = '2.15.2'
export const NATS_VERSION_MIN = '2.9.10'

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** Where set-up puts what it installs. Inside the project, so that nothing else on the machine changes. */
export const cacheDir = join(ROOT, '.muster', 'cache')

const EXECUTABLE = process.platform === 'win32' ? 'nats-server.exe' : 'nats-server'

/** The binary in the cache. @param {string} [dir] */
export const cachedNatsServer = (dir = cacheDir) => join(dir, `nats-server-${NATS_VERSION}`, EXECUTABLE)

/**
 * @typedef {object} NatsServer
 * @property {string} path
 * @property {string} version
 * @property {'MUSTER_NATS_BIN' | 'PATH' | 'cache'} source
 */

/**
 * The nats-server to use: `$MUSTER_NATS_BIN`, then the PATH and /usr/sbin, then the cache; `undefined` when there is none.
 * One on the PATH that is too old is passed over for the cache; one that was named is an error.
 *
 * @param {{ env: Record<string, string | undefined>, cacheDir?: string }} options
 * @returns {NatsServer | undefined}
 * @throws {Error} when `$MUSTER_NATS_BIN` is no nats-server, or one that is too old
 */
export function resolveNatsServer({ env, cacheDir: cache = cacheDir }) {
  const named = env['MUSTER_NATS_BIN']
  if (named) {
    const version = versionOf(named)
    if (!version) throw new Error(`MUSTER_NATS_BIN is ${named}, which is no nats-server that runs here`)
    if (isOlder(version, NATS_VERSION_MIN))
      throw new Error(`MUSTER_NATS_BIN is ${named}, version ${version}; ${NATS_VERSION_MIN} or newer is needed`)
    return { path: named, version, source: 'MUSTER_NATS_BIN' }
  }
  const cached = found(cachedNatsServer(cache), 'cache')
  const dirs = [...(env['PATH'] ?? '').split(delimiter).filter(Boolean), '/usr/sbin']
  for (const dir of dirs) {
    const server = found(join(dir, EXECUTABLE), 'PATH')
    if (server) return server
  }
  return cached
}

/**
 * @param {string} path
 * @param {NatsServer['source']} source
 * @returns {NatsServer | undefined}
 */
function found(path, source) {
  if (!isExecutable(path)) return undefined
  const version = versionOf(path)
  return version && !isOlder(version, NATS_VERSION_MIN) ? { path, version, source } : undefined
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** What the binary says of itself: `nats-server: v2.15.2`. @param {string} path */
export function versionOf(path) {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 })
  return /v?(\d+\.\d+\.\d+)/.exec(stdout ?? '')?.[1]
}

/** @param {string} version @param {string} than */
export function isOlder(version, than) {
  const a = version.split('.').map(Number)
  const b = than.split('.').map(Number)
  for (let index = 0; index < 3; index++) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

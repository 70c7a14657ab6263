// @ts-check
import { readFileSync, rmSync, writeFileSync } from 'node:fs'

const ASK_EVERY_MS = 200

/**
 * One set-up at a time: a second one waits for the first. The lock of a process that is gone is taken over.
 *
 * @param {string} path
 * @param {AbortSignal} signal
 */
export async function acquireSetupLock(path, signal) {
  let told = false
  for (;;) {
    signal.throwIfAborted()
    try {
      writeFileSync(path, String(process.pid), { flag: 'wx' })
      return { release: () => rmSync(path, { force: true }) }
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
    }
    if (!holderLives(path)) {
      rmSync(path, { force: true })
      continue
    }
    if (!told) process.stderr.write('set-up: another one is at work; waiting for it\n')
    told = true
    await new Promise((done) => setTimeout(done, ASK_EVERY_MS))
  }
}

/** @param {string} path */
function holderLives(path) {
  try {
    const pid = Number(readFileSync(path, 'utf8'))
    // A lock that is being written has no number yet.
    if (!Number.isInteger(pid) || pid <= 0) return true
    process.kill(pid, 0)
    return true
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM'
  }
}

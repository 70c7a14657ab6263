// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const TICK_MS = 5_000
const TAIL_LINES = 15

/**
 * Steps of the set-up, each a line with its time. What a step prints goes to a log; its end is shown when it fails. An
 * aborted signal ends the step's whole process group.
 *
 * @param {{ cwd: string, logDir: string, signal: AbortSignal }} options
 */
export function createSteps({ cwd, logDir, signal }) {
  let count = 0
  return {
    /**
     * @param {string} name
     * @param {string} file
     * @param {readonly string[]} args
     * @param {string} [advice] what to say when it fails
     * @param {Record<string, string | undefined>} [env]
     */
    async run(name, file, args, advice, env = process.env) {
      signal.throwIfAborted()
      const log = join(logDir, `set-up-${++count}.log`)
      const output = openSync(log, 'w')
      const startedMs = Date.now()
      const seconds = () => `${((Date.now() - startedMs) / 1_000).toFixed(0)} s`
      process.stderr.write(`set-up: ${name} …\n`)
      const tick = setInterval(() => process.stderr.write(`set-up: ${name} … ${seconds()}\n`), TICK_MS)
      try {
        const code = await inGroup(file, args, { cwd, env, output, signal })
        signal.throwIfAborted()
        if (code !== 0)
          throw new Error(`${name} failed${advice ? `: ${advice}` : ''}\n${tail(log)}\n(all of it: ${log})`)
        process.stderr.write(`set-up: ${name} done in ${seconds()}\n`)
      } finally {
        clearInterval(tick)
        closeSync(output)
      }
    },
    signal,
  }
}

/**
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string | undefined>, output: number, signal: AbortSignal }} options
 * @returns {Promise<number>}
 */
function inGroup(file, args, { cwd, env, output, signal }) {
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', output, output],
      detached: process.platform !== 'win32',
    })
    const kill = () => {
      try {
        if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, 'SIGKILL')
        else child.kill('SIGKILL')
      } catch {
        // It has ended already.
      }
    }
    signal.addEventListener('abort', kill, { once: true })
    child.on('error', () => done(127))
    child.on('exit', (code) => {
      signal.removeEventListener('abort', kill)
      done(code ?? 1)
    })
  })
}

/** @param {string} log */
const tail = (log) => readFileSync(log, 'utf8').trim().split('\n').slice(-TAIL_LINES).join('\n')

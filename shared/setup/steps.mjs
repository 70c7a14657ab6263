// @ts-check
import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const TICK_MS = 5_000
const TAIL_LINES = 15
const GRACE_MS = 1_000

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} file
 * @property {readonly string[]} args
 * @property {Record<string, string | undefined>} env
 * @property {string} [advice] what to say when it fails
 * @property {number} [graceMs] how long it may take to end when it is interrupted
 *
 * @typedef {{ run(step: Step): Promise<void>, signal: AbortSignal }} Steps
 */

/**
 * Steps of the set-up, each a line with its time. What a step prints goes to a log; its end is shown when it fails. An
 * aborted signal ends the step's whole process group.
 *
 * @param {{ cwd: string, logDir: string, signal: AbortSignal }} options
 * @returns {Steps}
 */
export function createSteps({ cwd, logDir, signal }) {
  let count = 0
  return {
    async run({ name, file, args, env, advice, graceMs = GRACE_MS }) {
      signal.throwIfAborted()
      const log = join(logDir, `set-up-${++count}.log`)
      const output = openSync(log, 'w')
      const startedMs = Date.now()
      const seconds = () => `${((Date.now() - startedMs) / 1_000).toFixed(0)} s`
      process.stderr.write(`set-up: ${name} …\n`)
      const tick = setInterval(() => process.stderr.write(`set-up: ${name} … ${seconds()}\n`), TICK_MS)
      try {
        const code = await inGroup(file, args, { cwd, env, output, signal, graceMs })
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
 * Run a command in a process group of its own. When the signal is aborted the group is interrupted, as a terminal would,
 * so that a package manager can finish what must not be cut; what is left of the group after that is killed.
 *
 * @param {string} file
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Record<string, string | undefined>, output: number, signal: AbortSignal, graceMs: number }} options
 * @returns {Promise<number>} its exit code
 */
function inGroup(file, args, { cwd, env, output, signal, graceMs }) {
  return new Promise((done) => {
    const child = spawn(file, args, {
      cwd,
      env,
      stdio: ['ignore', output, output],
      detached: process.platform !== 'win32',
    })
    /** @param {NodeJS.Signals} name */
    const send = (name) => {
      try {
        if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, name)
        else child.kill(name)
      } catch {
        // It has ended already.
      }
    }
    /** @type {NodeJS.Timeout | undefined} */
    let force
    const interrupt = () => {
      send('SIGINT')
      force = setTimeout(() => send('SIGKILL'), graceMs)
    }
    signal.addEventListener('abort', interrupt, { once: true })
    /** @param {number} code */
    const end = (code) => {
      signal.removeEventListener('abort', interrupt)
      clearTimeout(force)
      if (signal.aborted) send('SIGKILL')
      done(code)
    }
    child.on('error', () => end(127))
    child.on('exit', (code) => end(code ?? 1))
  })
}

/** @param {string} log */
const tail = (log) => readFileSync(log, 'utf8').trim().split('\n').slice(-TAIL_LINES).join('\n')

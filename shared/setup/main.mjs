// @ts-check
import { spawn } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { constants } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installNatsServer } from './install-nats-server.mjs'
import { acquireSetupLock } from './lock.mjs'
import { cacheDir, resolveNatsServer } from './nats-server.mjs'
import { findNode } from './node.mjs'
import { installPackages } from './packages.mjs'
import { createSteps } from './steps.mjs'

/*
 * Set-up, then a command: what `npm start`, `npm test` and the other scripts run. It has no dependency and runs on Node 18
 * and newer. What it installs stays inside the project: node_modules and .muster/cache.
 */

const ROOT = resolve(fileURLToPath(new URL('../..', import.meta.url)))

/** Virtual worlds make much that is soon of no use: with room for it, less of that is carried along. Mebibytes. */
const ROOM = '--max-semi-space-size=64'

/** What a script may ask for: arguments for the pinned Node. @type {Record<string, string[]>} */
const commands = {
  start: [ROOM, 'scenarios/bin/muster.mjs', 'run', 'scenarios/first-day.yaml'],
  test: ['node_modules/vitest/vitest.mjs', 'run'],
  muster: [ROOM, 'scenarios/bin/muster.mjs'],
  bench: [ROOM, 'scenarios/bench/main.ts'],
  lint: ['node_modules/@biomejs/biome/bin/biome', 'ci'],
  typecheck: ['node_modules/typescript/bin/tsc', '-b', 'tsconfig.json', 'tsconfig.tests.json'],
  knip: ['node_modules/knip/bin/knip.js'],
  licences: ['scenarios/src/house/check-licences.ts'],
  audit: ['scenarios/src/house/check-audit.ts'],
  sbom: ['scenarios/src/house/write-bill-of-materials.ts'],
  'docker-verify': ['docker/src/verify.ts'],
  docs: ['scenarios/src/house/write-pages.ts'],
  'graph-model': ['control/src/graph/model/generate/main.ts'],
}

/** What to do when there is no Node that is new enough. */
const noNode = `Node 24 is needed. Its binary comes as a package, which npm has not installed or which does not run on this system (${process.platform}-${process.arch}).
Any one of these helps:
  npm config delete omit           (if optional packages are left out)
  a Node 24 on the PATH            (https://nodejs.org, nvm install 24, fnm use 24)`

const [name = '', ...rest] = process.argv.slice(2)
const command = commands[name]
if (!command) {
  process.stderr.write(`set-up: there is no ${JSON.stringify(name)}; there are ${Object.keys(commands).join(', ')}\n`)
  process.exit(2)
}

const stop = new AbortController()
/** @type {NodeJS.Signals | undefined} */
let received
for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    received ??= signal
    stop.abort()
  })
}

try {
  await setUp()
} catch (error) {
  if (stop.signal.aborted) {
    process.stderr.write('set-up: interrupted; the next start does what is left\n')
    process.exit(128 + constants.signals[received ?? 'SIGINT'])
  }
  process.stderr.write(`set-up: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exit(4)
}
process.exit(await run([...command, ...rest]))

async function setUp() {
  mkdirSync(cacheDir, { recursive: true })
  const lock = await acquireSetupLock(join(cacheDir, 'set-up.lock'), stop.signal)
  try {
    const steps = createSteps({ cwd: ROOT, logDir: cacheDir, signal: stop.signal })
    await installPackages(steps, { root: ROOT, env: process.env })
    if (!findNode()) throw new Error(noNode)
    if (!process.env['MUSTER_NATS_URL'] && !resolveNatsServer({ env: process.env }))
      await installNatsServer(steps, process.env)
  } finally {
    lock.release()
  }
}

/** Run the command under the pinned Node, handing on signals; answers its exit code. @param {string[]} args @returns {Promise<number>} */
function run(args) {
  return new Promise((done) => {
    const child = spawn(findNode() ?? process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: ROOT,
      stdio: 'inherit',
      // A terminal's foreground group must stay one; elsewhere the child is alone, and hears of signals from here only.
      detached: process.platform !== 'win32' && !process.stdin.isTTY,
      env: { ...process.env, NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? join(cacheDir, 'compile-cache') },
    })
    stop.signal.addEventListener('abort', () => child.kill(received))
    if (stop.signal.aborted) child.kill(received)
    child.on('error', (error) => {
      process.stderr.write(`set-up: ${error.message}\n`)
      done(4)
    })
    child.on('exit', (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 1)))
  })
}

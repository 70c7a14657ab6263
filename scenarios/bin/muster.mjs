#!/usr/bin/env node
// @ts-check
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'
import { findNode } from '../../shared/setup/node.mjs'

// The product runs its TypeScript as it is, which takes Node 24; this file runs on older ones and hands over.
const [major = 0] = process.versions.node.split('.').map(Number)
const entry = fileURLToPath(new URL('../src/cli/main.ts', import.meta.url))

if (major >= 24) {
  await import(entry)
} else {
  const node = findNode()
  if (!node) {
    process.stderr.write(
      'muster: Node 24 is needed and is not set up yet. Run `npm start` or `npm test` once; they set it up.\n',
    )
    process.exit(4)
  }
  const child = spawn(node, ['--disable-warning=ExperimentalWarning', entry, ...process.argv.slice(2)], {
    stdio: 'inherit',
  })
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 1)))
}

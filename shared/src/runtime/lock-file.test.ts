import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { acquireLock } from './lock-file.ts'
import { identify } from './process-identity.ts'

let dir: string
let path: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-lock-'))
  path = join(dir, 'a.lock')
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

it('holds off a second holder, names the first, and is free after release', () => {
  const lock = acquireLock(path, 'the thing')
  expect(() => acquireLock(path, 'the thing')).toThrow(`in use by process ${process.pid}`)
  lock.release()
  expect(existsSync(path)).toBe(false)
  acquireLock(path, 'the thing').release()
})

it('takes over from a process that is gone, with what it had noted', async () => {
  const other = spawn('/bin/sleep', ['60'])
  const holder = identify(other.pid ?? 0)
  writeFileSync(path, JSON.stringify({ holder, note: 'left behind' }))
  expect(() => acquireLock(path, 'the thing')).toThrow(`in use by process ${other.pid}`)
  other.kill('SIGKILL')
  await once(other, 'exit')
  const inherited: unknown[] = []
  acquireLock<string>(path, 'the thing', (note) => inherited.push(note)).release()
  expect(inherited).toEqual(['left behind'])
})

it('is not fooled by another process that has the number now', () => {
  const self = identify(process.pid)
  writeFileSync(path, JSON.stringify({ holder: { ...self, startedAt: 'long ago', startTicks: 1 } }))
  acquireLock(path, 'the thing').release()
})

it('takes over a lock that was cut off while it was written', () => {
  writeFileSync(path, '{"holder": {"pi')
  acquireLock(path, 'the thing').release()
})

import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkSum } from './install-nats-server.mjs'
import { acquireSetupLock } from './lock.mjs'
import { cachedNatsServer, isOlder, resolveNatsServer } from './nats-server.mjs'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'muster-set-up-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

/** A program that says it is a nats-server of some version. */
function fake(path: string, version: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\necho "nats-server: v${version}"\n`)
  chmodSync(path, 0o755)
  return path
}

describe('which nats-server is used', () => {
  const resolve = (env: Record<string, string>) => resolveNatsServer({ env, cacheDir: join(dir, 'cache') })
  const PATH = () => join(dir, 'bin')

  it('the named one before one on the PATH before the cached one', () => {
    const named = fake(join(dir, 'named'), '2.14.0')
    const onPath = fake(join(dir, 'bin', 'nats-server'), '2.10.1')
    fake(cachedNatsServer(join(dir, 'cache')), '2.15.2')
    expect(resolve({ PATH: PATH(), MUSTER_NATS_BIN: named })).toEqual({
      path: named,
      version: '2.14.0',
      source: 'MUSTER_NATS_BIN',
    })
    expect(resolve({ PATH: PATH() })).toEqual({ path: onPath, version: '2.10.1', source: 'PATH' })
  })

  it('passes over one on the PATH that is too old or cannot be executed', () => {
    fake(join(dir, 'bin', 'nats-server'), '2.8.4')
    const found = resolve({ PATH: PATH() })
    expect(found?.path).not.toBe(join(dir, 'bin', 'nats-server'))
    chmodSync(join(dir, 'bin', 'nats-server'), 0o644)
    expect(resolve({ PATH: PATH() })?.path).not.toBe(join(dir, 'bin', 'nats-server'))
  })

  it('says what is wrong with a named one', () => {
    const old = fake(join(dir, 'old'), '2.8.4')
    expect(() => resolve({ MUSTER_NATS_BIN: old })).toThrow(/2\.8\.4; 2\.9\.10 or newer/)
    expect(() => resolve({ MUSTER_NATS_BIN: join(dir, 'nowhere') })).toThrow(/nowhere, which is no nats-server/)
  })

  it.each([
    ['2.9.9', '2.9.10', true],
    ['2.10.0', '2.9.10', false],
    ['2.9.10', '2.9.10', false],
    ['1.99.99', '2.0.0', true],
  ])('%s is older than %s: %s', (version, than, wanted) => expect(isOlder(version, than)).toBe(wanted))
})

describe('the lock of set-up', () => {
  const never = new AbortController().signal
  const path = () => join(dir, 'set-up.lock')

  it('makes a second one wait until the first is done', async () => {
    const first = await acquireSetupLock(path(), never)
    const order: string[] = []
    const second = acquireSetupLock(path(), never).then((lock) => {
      order.push('second')
      lock.release()
    })
    await new Promise((done) => setTimeout(done, 300))
    order.push('first')
    first.release()
    await second
    expect(order).toEqual(['first', 'second'])
    expect(existsSync(path())).toBe(false)
  })

  it.each([
    ['that is gone', '999999999 5'],
    ['whose number another one has by now', `${process.pid} 5`],
  ])('is taken over from a process %s', async (_, holder) => {
    writeFileSync(path(), holder)
    const lock = await acquireSetupLock(path(), never)
    expect(readFileSync(path(), 'utf8')).toMatch(new RegExp(`^${process.pid} (?!5$)`))
    lock.release()
  })

  it('is taken over when its writer died before it gave its name', async () => {
    writeFileSync(path(), '')
    utimesSync(path(), 0, 0)
    const lock = await acquireSetupLock(path(), never)
    lock.release()
    expect(existsSync(path())).toBe(false)
  })

  it('gives up when it is told to', async () => {
    const first = await acquireSetupLock(path(), never)
    const stop = new AbortController()
    const second = acquireSetupLock(path(), stop.signal)
    stop.abort(new Error('Ctrl-C'))
    await expect(second).rejects.toThrow('Ctrl-C')
    first.release()
  })
})

it('takes a download only for what its checksum says', () => {
  const bytes = new TextEncoder().encode('a release')
  const sum = createHash('sha256').update(bytes).digest('hex')
  expect(() => checkSum(`${sum}  other.zip\n${sum}  it.tar.gz\n`, 'it.tar.gz', bytes)).not.toThrow()
  expect(() => checkSum(`${sum}  it.tar.gz`, 'it.tar.gz', new Uint8Array([1]))).toThrow(/not what its checksum says/)
  expect(() => checkSum(`${sum}  other.zip`, 'it.tar.gz', bytes)).toThrow(/do not name/)
})
